import { element } from "./dom.js";
import { drawn } from "./charts.js";

// What the discriminator gave real, wrong and generated pairs: a strip for each, a column for each step, 0 at the bottom and 1 at the top.
// A column has its samples as dots, or the density of many steps' samples; over it lie the mean and the quartiles.
const kinds = [["real pairs", "--real"], ["wrong pairs", "--wrong"], ["generated", "--fake"]];
const strip = 92, between = 10, left = 34, bottom = 20;

// The columns of a table of steps: [{ step, kinds: [{ counts, mean, low, middle, high }] }].
export function densities({ step, scoreReal, scoreWrong, scoreFake, scores, bins }) {
  return step.map((at, i) => {
    const bytes = scores?.[i] ? atob(scores[i]) : "";
    const kind = (means, which) => !means || means[i] === null ? null
      : { mean: means[i], ...(bytes ? spread(Uint8Array.from({ length: bins }, (_, bin) => bytes.charCodeAt(which * bins + bin))) : {}) };
    return { step: at, kinds: [kind(scoreReal, 0), kind(scoreWrong, 1), kind(scoreFake, 2)] };
  });
}

// The columns of steps whose samples are known, a byte each.
export function dots(steps) {
  return steps.map(({ step, real, wrong, fake }) => ({ step, kinds: [real, wrong, fake].map(text => {
    const samples = Array.from(atob(text), letter => letter.charCodeAt(0) / 255).sort((a, b) => a - b);
    const at = share => samples[Math.floor(share * (samples.length - 1))];
    return samples.length === 0 ? null
      : { samples, mean: samples.reduce((sum, one) => sum + one, 0) / samples.length, low: at(.25), middle: at(.5), high: at(.75) };
  }) }));
}

// Quartiles of counts in equal parts from 0 to 1.
function spread(counts) {
  const all = counts.reduce((sum, one) => sum + one, 0);
  const at = share => {
    let before = 0;
    for (let bin = 0; bin < counts.length; bin++) {
      if (counts[bin] > 0 && before + counts[bin] >= share * all) return (bin + (share * all - before) / counts[bin]) / counts.length;
      before += counts[bin];
    }
    return 1;
  };
  return all === 0 ? {} : { counts, low: at(.25), middle: at(.5), high: at(.75) };
}

export function strips(signal) {
  const canvas = element("canvas.strips", { role: "img", ariaLabel: "Nothing yet" }), said = element("p.quiet.said", {}, " ");
  const place = element("div", {}, canvas, said);
  let columns = [], shown = -1, plotWidth = 1;
  const redraw = drawn(place, signal, width => {
    const some = kinds.map((_, kind) => kind).filter(kind => columns.some(column => column.kinds[kind]));
    const height = some.length * (strip + between) + bottom, ratio = devicePixelRatio;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    const pen = canvas.getContext("2d"), style = getComputedStyle(document.documentElement), color = name => style.getPropertyValue(name).trim();
    pen.scale(ratio, ratio);
    pen.font = "12px system-ui, sans-serif";
    plotWidth = width - left - 4;
    const x = i => left + i * plotWidth / columns.length, wide = Math.max(1, plotWidth / Math.max(1, columns.length));
    some.forEach((kind, row) => {
      const [name, tone] = kinds[kind], top = row * (strip + between) + 4, y = value => top + (1 - value) * (strip - 8);
      pen.fillStyle = color("--ground");
      pen.fillRect(left, y(1), plotWidth, y(0) - y(1));
      pen.fillStyle = color("--quiet");
      pen.textAlign = "right";
      for (const mark of [0, .5, 1]) pen.fillText(mark === .5 ? "½" : mark, left - 6, y(mark) + 4);
      pen.fillStyle = color(tone);
      columns.forEach((column, i) => {
        const { samples, counts } = column.kinds[kind] ?? {};
        if (samples) {
          pen.globalAlpha = .45;
          const dot = Math.max(2, Math.min(4, wide * .8));
          for (const value of samples) pen.fillRect(x(i) + (wide - dot) / 2, y(value) - dot / 2, dot, dot);
        } else if (counts) {
          for (let bin = 0; bin < counts.length; bin++) {
            if (counts[bin] === 0) continue;
            pen.globalAlpha = .08 + .55 * counts[bin] / 255;
            pen.fillRect(x(i), y((bin + 1) / counts.length), wide + .5, (y(0) - y(1)) / counts.length + .5);
          }
        }
      });
      pen.globalAlpha = 1;
      pen.strokeStyle = color("--text");
      for (const [key, line, dash] of [["low", 1, [2, 3]], ["high", 1, [2, 3]], ["mean", 2, []]]) {
        pen.beginPath();
        pen.lineWidth = line;
        pen.setLineDash(dash);
        columns.forEach((column, i) => {
          const value = column.kinds[kind]?.[key];
          if (value !== undefined) pen.lineTo(x(i) + wide / 2, y(value));
        });
        pen.stroke();
      }
      pen.setLineDash([]);
      pen.textAlign = "left";
      pen.font = "600 12px system-ui, sans-serif";
      const label = pen.measureText(name).width;
      pen.fillStyle = color("--panel");
      pen.globalAlpha = .8;
      pen.fillRect(left + 4, y(1) + 3, label + 10, 17);
      pen.globalAlpha = 1;
      pen.fillStyle = color(tone);
      pen.fillText(name, left + 9, y(1) + 16);
      pen.font = "12px system-ui, sans-serif";
    });
    if (columns.length > 0) {
      pen.fillStyle = color("--quiet");
      pen.textAlign = "left";
      pen.fillText(`step ${columns[0].step}`, left, height - 4);
      pen.textAlign = "right";
      pen.fillText(String(columns.at(-1).step), width - 4, height - 4);
    }
    if (shown >= 0 && columns[shown]) {
      pen.fillStyle = color("--accent");
      pen.fillRect(x(shown) + wide / 2, 0, 1, height - bottom);
    }
    say();
  });
  function say() {
    const column = columns[shown] ?? columns.at(-1);
    canvas.ariaLabel = said.textContent = !column ? "Nothing yet" : `Step ${column.step}: ` + kinds.map(([name], kind) => {
      const { mean, low, high } = column.kinds[kind] ?? {};
      return mean === undefined ? "" : `${name} ${mean.toFixed(2)}` + (low === undefined ? "" : ` (middle half ${low.toFixed(2)} to ${high.toFixed(2)})`);
    }).filter(text => text).join(", ") + ".";
  }
  canvas.addEventListener("pointermove", event => {
    const at = Math.floor((event.offsetX - left) / plotWidth * columns.length);
    shown = at >= 0 && at < columns.length ? at : -1;
    redraw();
  });
  canvas.addEventListener("pointerleave", () => { shown = -1; redraw(); });
  return {
    place,
    update(next) {
      columns = next;
      say();
      redraw();
    },
  };
}
