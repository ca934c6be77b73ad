import { element } from "./dom.js";

const dashes = [[], [6, 4], [2, 3], [10, 3, 2, 3]];
const light = ["#8a3b12", "#1d5f8a", "#1c6b3c", "#6b2f86", "#7a5a00", "#a4231f"];
const dark = ["#f0a06a", "#7fbfee", "#7fd6a0", "#d3a5ec", "#e2c15c", "#ff9c94"];

// A chart of curves [{ name, x, y }], each also dashed in its own way, so that color is not all that tells them apart.
// It follows the width of its place and the theme.
export function chart(title, xTitle, curves, signal) {
  const place = element("div.chart", { role: "img" });
  const panel = element("section.panel", {}, element("h2", {}, title), place);
  let plot;
  const theme = matchMedia("(prefers-color-scheme: dark)");
  function draw() {
    plot?.destroy();
    place.ariaLabel = `${title}: ${curves.map(describe).join("; ") || "nothing yet"}`;
    const colors = theme.matches ? dark : light, style = getComputedStyle(document.documentElement);
    const axis = { stroke: style.getPropertyValue("--quiet"), grid: { stroke: style.getPropertyValue("--edge"), width: 1 } };
    const x = [...new Set(curves.flatMap(curve => curve.x))].sort((a, b) => a - b);
    const data = [x, ...curves.map(curve => {
      const at = new Map(curve.x.map((value, i) => [value, curve.y[i]]));
      return x.map(value => at.get(value) ?? null);
    })];
    plot = new uPlot({
      width: Math.max(240, place.clientWidth), height: 240, scales: { x: { time: false } },
      axes: [{ ...axis, label: xTitle }, axis],
      series: [{ label: xTitle }, ...curves.map((curve, i) => ({
        label: curve.name, stroke: colors[i % colors.length], width: 2, dash: dashes[Math.floor(i / colors.length) % dashes.length], spanGaps: true,
        points: { show: curve.x.length < 40 },
      }))],
    }, data, place);
  }
  const watch = new ResizeObserver(() => plot ? plot.setSize({ width: Math.max(240, place.clientWidth), height: 240 }) : draw());
  watch.observe(place);
  theme.addEventListener("change", draw, { signal });
  signal.addEventListener("abort", () => { watch.disconnect(); plot?.destroy(); });
  return {
    panel,
    update(next) {
      curves = next;
      if (plot) draw();
    },
  };
}

function describe(curve) {
  return curve.y.length ? `${curve.name} ends at ${Number(curve.y.at(-1)).toPrecision(3)}` : `${curve.name} has not begun`;
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
