import { element } from "./dom.js";

const dashes = [[], [6, 4], [2, 3], [10, 3, 2, 3]];
const light = ["#8a3b12", "#1d5f8a", "#1c6b3c", "#6b2f86", "#7a5a00", "#a4231f"];
const dark = ["#f0a06a", "#7fbfee", "#7fd6a0", "#d3a5ec", "#e2c15c", "#ff9c94"];
const height = 220;

export const theme = matchMedia("(prefers-color-scheme: dark)");

// Calls `draw` when `place` is seen, has another width, or the theme changes; what is out of sight costs nothing. The answer asks for it again.
export function drawn(place, signal, draw) {
  let seen = false, due = true, width = 0;
  const now = () => {
    if (!seen || !due || place.clientWidth === 0) return;
    due = false;
    width = place.clientWidth;
    draw(width);
  };
  const again = () => { due = true; now(); };
  const sight = new IntersectionObserver(entries => { seen = entries.at(-1).isIntersecting; now(); }, { rootMargin: "200px" });
  const size = new ResizeObserver(() => { if (place.clientWidth !== width) again(); });
  sight.observe(place);
  size.observe(place);
  theme.addEventListener("change", again, { signal });
  signal.addEventListener("abort", () => { sight.disconnect(); size.disconnect(); });
  return again;
}

// A chart of curves [{ name, x, y }], each also dashed in its own way, so that color is not all that tells them apart. It follows the width
// of its place and the theme. Dragging along it enlarges a part; a double click shows all again.
// With `gaps`, a line is broken where a number is not known.
export function chart(title, xTitle, curves, signal, { about, format, gaps = false } = {}) {
  const place = element("div.chart", { role: "img" });
  const say = () => place.ariaLabel = `${title}: ${curves.map(describe).join("; ") || "nothing yet"}`;
  say();
  const panel = element("section.panel.charted", {}, element("h2", {}, title), about ? element("p.quiet", {}, about) : null, place);
  let plot, names = "";
  const redraw = drawn(place, signal, width => {
    const data = table(curves);
    const key = [theme.matches, ...curves.map(curve => curve.name)].join();
    if (plot && key === names) {
      if (plot.width !== width) plot.setSize({ width, height });
      plot.setData(data);
      return;
    }
    plot?.destroy();
    names = key;
    const colors = theme.matches ? dark : light, style = getComputedStyle(document.documentElement);
    const axis = { stroke: style.getPropertyValue("--quiet"), grid: { stroke: style.getPropertyValue("--edge"), width: 1 },
      ticks: { stroke: style.getPropertyValue("--edge"), width: 1 } };
    plot = new uPlot({
      width, height, scales: { x: { time: false } }, cursor: { sync: { key: xTitle } },
      axes: [{ ...axis, label: xTitle, labelSize: 20, size: 36 }, { ...axis, size: 58, values: format ? (_, values) => values.map(format) : undefined }],
      series: [{ label: xTitle }, ...curves.map((curve, i) => ({
        label: curve.name, stroke: colors[i % colors.length], width: 1.5, dash: dashes[Math.floor(i / colors.length) % dashes.length], spanGaps: !gaps,
        value: (_, value) => value === null ? "–" : format ? format(value) : Number(value).toPrecision(4),
        points: { show: curve.x.length < 40 },
      }))],
    }, data, place);
  });
  signal.addEventListener("abort", () => plot?.destroy());
  return {
    panel,
    update(next) {
      curves = next;
      say();
      redraw();
    },
  };
}

// Curves in uPlot's form: all x there are, and the y of each curve at them.
function table(curves) {
  if (curves.length > 0 && curves.every(curve => curve.x === curves[0].x)) return [curves[0].x, ...curves.map(curve => curve.y)];
  const x = [...new Set(curves.flatMap(curve => curve.x))].sort((a, b) => a - b);
  return [x, ...curves.map(curve => {
    const at = new Map(curve.x.map((value, i) => [value, curve.y[i]]));
    return x.map(value => at.get(value) ?? null);
  })];
}

function describe(curve) {
  const last = curve.y.findLast(value => value !== null);
  return last === undefined ? `${curve.name} has not begun` : `${curve.name} ends at ${Number(last).toPrecision(3)}`;
}

// The curves of the adversarial stage of a run, from its lines of metrics.
export function ganCurves(metrics, names) {
  const lines = metrics.filter(line => line.stage === "gan");
  return Object.entries(names).map(([key, name]) => {
    const with_ = lines.filter(line => line[key] !== null && line[key] !== undefined);
    return { name, x: with_.map(line => line.epoch), y: with_.map(line => line[key]) };
  });
}

export const lossNames = { discriminator_loss: "discriminator", generator_loss: "generator" };
export const scoreNames = { score_real: "real pairs", score_wrong: "wrong pairs", score_fake: "generated" };
export const accuracyNames = { train_accuracy: "training conditions", validation_accuracy: "validation conditions" };
