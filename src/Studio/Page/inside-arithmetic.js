import { api } from "./api.js";
import { element, notice } from "./dom.js";
import { largest, paintColors, signed } from "./inside-paint.js";

// Shows in `place` how the chosen number of a layer was made, and in `said` the number. What is asked for while an answer is on its way is
// asked for when it has come; the last wins.
export function arithmeticView(inside, shown, place, said) {
  let asking = false, again = false;
  return async function ask() {
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    try {
      do {
        again = false;
        const [row, column] = shown.place, at = shown.list ? [0, 0, row * shown.width + column] : [row, column, shown.channel];
        const made = await api.arithmetic(inside.run, inside.looked.look, shown.network, shown.name, at);
        if (again) continue;
        said.textContent = (shown.list ? `number ${at[2]}` : `row ${row}, column ${column}, channel ${shown.channel}`)
          + `: ${exact(made.shown)}`;
        const name = channel => inputName(inside, shown, channel);
        place.replaceChildren(...(made.normalized ? normalization(made) : products(made, shown.plan, name)));
      } while (again);
    } catch (error) {
      // The server keeps a few looks only: look once more at the same sound.
      if (error.status === 404) await inside.look();
      else notice(error);
    } finally {
      asking = false;
    }
  };
}

function normalization(made) {
  const { input, mean, variance, epsilon, scale, shift } = made.normalized;
  return [equation([
    ["its input", exact(input)], ["less the mean of training", exact(input - mean), plus(-mean)],
    ["by the standard deviation", exact((input - mean) / Math.sqrt(variance + epsilon)), `÷ √(${exact(variance)} + ${epsilon})`],
    ["times the scale", exact((input - mean) / Math.sqrt(variance + epsilon) * scale), `× ${exact(scale)}`],
    ["and the shift", exact(made.beforeActivation), plus(shift)], ...end(made)])];
}

// What a channel of a layer's input is: the code and the noise are joined to others on the way.
export function inputName(inside, { network, name, plan }, channel) {
  const code = inside.heard.code.length, own = network === "generator" && name === "project" ? 0
    : network === "discriminator" && name === "mix" ? plan.inputs - code : Infinity;
  if (plan.kind === "convolution" && plan.inputs === 3) return ["red", "green", "blue"][channel];
  if (channel >= own + code) return `noise ${channel - own - code}`;
  if (channel >= own) return `code ${channel - own}`;
  return `${plan.kind === "linear" && plan.inputs === 1 ? "number" : "channel"} ${channel}`;
}

function products(made, plan, name) {
  const { rows, columns, largest: channels, others, sum, bias } = made.products;
  const taps = rows.length * columns.length, count = channels.length + others;
  return [
    element("p.quiet", {}, where(plan, rows, columns, count)),
    equation([[`the sum of ${(taps * count).toLocaleString("en")} products`, exact(sum)],
      ...(bias === null ? [] : [["and the bias", exact(made.beforeActivation), plus(bias)]]), ...end(made)]),
    channels.length ? contributions(made.products, name) : ""];
}

// Which places of the input reach the number.
function where(plan, rows, columns, count) {
  const inputs = (what, steps) => list(what, steps.map(step => step.input));
  const kernels = (what, steps) => list(what, steps.map(step => step.kernel));
  if (plan.kind === "transposed convolution") {
    const taps = rows.length * columns.length;
    return `${taps === 1 ? "One place of the input reaches it" : `${taps} places of the input reach it`}: `
      + `${inputs("row", rows)} through ${kernels("row", rows)} of the kernel, `
      + `${inputs("column", columns)} through ${kernels("column", columns)}. `
      + `Inputs come to stand ${plan.stride} apart in the output, the stride, so the rest of the kernel misses this place.`;
  }
  if (plan.kind === "convolution")
    return `The kernel lies on ${inputs("row", rows)} and ${inputs("column", columns)} of the input; what hangs over the edge is 0.`;
  return `Each of ${(count * rows.length * columns.length).toLocaleString("en")} inputs has a weight of its own.`;
}

function end(made) {
  const off = Math.abs(made.result - made.shown);
  return [...(made.activation ? [["behind " + made.activation, exact(made.result)]] : []),
    ["the layer itself, in float32", exact(made.shown), off === 0 ? "the same" : `${off.toExponential(0)} off`]];
}

// Lines of a calculation: what, the operation, and what there is then.
function equation(lines) {
  return element("table.equation", {}, element("tbody", {}, lines.map(([what, value, operation = ""], i) =>
    element(i === lines.length - 1 ? "tr.final" : "tr", {}, element("th", { scope: "row" }, what),
      element("td.number", {}, operation), element("td.number", {}, value)))));
}

// A line for each channel that gave much: its patch of the input, the kernel, and what came of it.
function contributions({ rows, columns, largest: channels, others, othersSum, sum }, name) {
  const [height, width] = [rows.length, columns.length];
  const mostInput = largest(channels.flatMap(one => one.inputs)), mostWeight = largest(channels.flatMap(one => one.weights));
  const mostSum = Math.max(...channels.map(one => Math.abs(one.sum)), Math.abs(othersSum));
  const patch = (values, most, label) => {
    const canvas = element("canvas.patch-of", { role: "img", ariaLabel: label });
    canvas.style.aspectRatio = `${width} / ${height}`;
    paintColors(canvas, width, height, i => signed(values[i] / most));
    return canvas;
  };
  const bar = value => {
    const filled = element(value < 0 ? "span.less" : "span.more");
    filled.style.width = `${50 * Math.abs(value) / (mostSum || 1)}%`;
    return element("td.bar", { ariaHidden: "true" }, element("div", {}, filled));
  };
  const row = one => element("tr", {}, element("th", { scope: "row" }, name(one.channel)),
    element("td.factors", {}, height * width === 1 ? `${exact(one.inputs[0])} × ${exact(one.weights[0])}`
      : element("div.factors", {}, patch(one.inputs, mostInput, `Its ${height} by ${width} inputs`), "×",
        patch(one.weights, mostWeight, `Its ${height} by ${width} weights`))),
    element("td.number", {}, exact(one.sum)), bar(one.sum));
  const table = element("table.contributions", {},
    element("caption", {}, `${others ? "What gave most" : "What gave something"}: red more than zero, blue less`),
    element("tbody", {}, channels.map(row),
      others ? element("tr", {}, element("th", { scope: "row" }, `${others} more`), element("td", {}, "together"),
        element("td.number", {}, exact(othersSum)), bar(othersSum)) : null,
      element("tr.final", {}, element("th", { scope: "row" }, "the sum"), element("td"), element("td.number", {}, exact(sum)),
        element("td.bar"))));
  return element("div.scroll", { tabIndex: 0, role: "region", ariaLabel: "What each channel of the input gave" }, table);
}

// 3, 4, 5, 6 as "rows 3 to 6"; 1, 3 as "rows 1, 3"; 2 as "row 2".
function list(what, numbers) {
  const run = numbers.length > 2 && numbers.every((number, i) => i === 0 || number === numbers[i - 1] + 1);
  const said = run ? `${numbers[0]} to ${numbers.at(-1)}` : numbers.join(", ");
  return `${what}${numbers.length === 1 ? "" : "s"} ${said.replaceAll("-", "−")}`;
}

function plus(number) {
  return `${number < 0 ? "−" : "+"} ${exact(Math.abs(number))}`;
}

function exact(number) {
  const size = Math.abs(number), plain = size === 0 || size >= 1e-4 && size < 1e5;
  return (plain ? Number(number.toPrecision(5)).toString() : number.toExponential(3)).replace("-", "−");
}
