import { api } from "./api.js";
import { element, facts, field, notice, numbers, paintValues, percent } from "./dom.js";
import { arithmeticView, inputName } from "./inside-arithmetic.js";
import { bars, curve, extremes, largest, paintColors } from "./inside-paint.js";
import { decibels, power, radialMean } from "./inside-spectrum.js";

const mostShown = 64;

// One layer: what it made, channel by channel and number by number, the spectrum of that, and what it has learned.
export function layerPanel(inside) {
  const panel = element("section.panel.stack.layer", { id: "layer" }, element("h2", {}, "A layer"),
    element("p.quiet", {}, "Choose a layer of the networks above."));
  let shown = null;

  async function show(network, name) {
    const output = inside.layers.get(`${network} ${name}`);
    if (!output) return;
    const plan = inside.plans.find(one => one.name === network).layers.find(one => one.name === name);
    const { values, shape } = numbers(output.output), [height, width, channels] = shape.length === 3 ? shape : [...rectangle(shape[0]), 1];
    const same = shown?.network === network && shown.name === name;
    shown = { network, name, plan, values, height, width, channels, list: shape.length !== 3,
      channel: same ? Math.min(shown.channel, channels - 1) : 0, place: same ? shown.place : [height >> 1, width >> 1] };
    const made = madeView(inside, shown);
    panel.replaceChildren(element("h2", {}, `${network}, ${name}: ${plan.kind}`), facts([
      ["output", shape.join(" × ")], ["mean", `${short(output.output.mean)}, standard deviation ${short(output.output.deviation)}`],
      ["from", `${short(output.output.least)} to ${short(output.output.most)}; ${percent(output.output.zeros)} are zero`],
      ["learned", `${plan.parameters.toLocaleString("en")} numbers${plan.weight.length ? ", weight " + plan.weight.join(" × ") : ""}`],
    ]), made, await learnedView(inside, shown));
  }

  return { panel, show, get shown() { return shown; } };
}

// The channels, the chosen one large with the arithmetic of one of its numbers, and its spectrum.
function madeView(inside, shown) {
  const { values, height, width, channels, list } = shown, large = element("canvas"), frame = element("div.place");
  const made = element("div.stack"), said = element("p.value", { role: "status" }), spectrum = element("div.stack");
  const arithmetic = arithmeticView(inside, shown, made, said);
  const board = element("div.board", { tabIndex: 0, role: "application",
    ariaLabel: "The channel, number by number. Move the mouse over it, or use the arrow keys." }, large, frame);
  board.style.aspectRatio = `${width} / ${height}`;
  const grid = element("div.channels", { tabIndex: 0, role: "region", ariaLabel: "Channels" });

  const chooseChannel = channel => {
    shown.channel = channel;
    paintValues(large, values, [height, width, channels], channel);
    for (const button of grid.querySelectorAll("button")) button.ariaPressed = String(Number(button.value) === channel);
    spectrum.replaceChildren(...spectrumView(shown));
    choosePlace(...shown.place);
  };
  const choosePlace = (row, column) => {
    shown.place = [Math.max(0, Math.min(height - 1, row)), Math.max(0, Math.min(width - 1, column))];
    frame.style.left = `${100 * shown.place[1] / width}%`;
    frame.style.top = `${100 * shown.place[0] / height}%`;
    frame.style.width = `${100 / width}%`;
    frame.style.height = `${100 / height}%`;
    arithmetic();
  };
  for (const pointed of ["pointermove", "pointerdown"]) board.addEventListener(pointed, event => {
    const box = large.getBoundingClientRect();
    const row = Math.floor((event.clientY - box.top) / box.height * height);
    const column = Math.floor((event.clientX - box.left) / box.width * width);
    if (row !== shown.place[0] || column !== shown.place[1]) choosePlace(row, column);
  });
  board.addEventListener("keydown", event => {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!step) return;
    event.preventDefault();
    choosePlace(shown.place[0] + step[0], shown.place[1] + step[1]);
  });

  const fill = count => grid.replaceChildren(...Array.from({ length: count }, (_, channel) => {
    const canvas = element("canvas");
    paintValues(canvas, values, [height, width, channels], channel);
    return element("button", { value: channel, ariaLabel: `Channel ${channel}`, ariaPressed: String(channel === shown.channel),
      onclick: () => chooseChannel(channel) }, canvas);
  }), ...(count < channels ? [element("button.more", { value: "all", onclick: () => fill(channels) }, `all ${channels}`)] : []));
  if (channels > 1) fill(Math.min(channels, mostShown));
  chooseChannel(shown.channel);

  return element("div.made", {},
    element("div.stack", {}, element("h3", {}, list ? "Its numbers, row by row" : "The chosen channel"), board, said,
      element("p.quiet", {}, "From the least, black, to the most, white. Point at a number, or walk with the arrow keys. All is "
        + "counted from 0.")),
    element("div.stack", {}, element("h3", {}, "The arithmetic of that number"), made),
    channels > 1 ? element("div.stack.all", {}, element("h3", {}, `${channels} channels`), grid) : null,
    height > 4 && width > 4 && !list ? element("div.stack.all", {}, element("h3", {}, "Spectrum"), spectrum) : null);
}

// The power of the chosen channel, or of all on the average, by spatial frequency.
function spectrumView(shown) {
  const { values, height, width, channels } = shown;
  if (height <= 4 || width <= 4 || shown.list) return [];
  const canvas = element("canvas", { role: "img", ariaLabel: "The two-dimensional power spectrum, frequency 0 in the middle" });
  const radial = element("div"), range = element("p.quiet");
  const which = element("select", {}, element("option", { value: "one" }, `channel ${shown.channel}`),
    channels > 1 ? element("option", { value: "all", selected: shown.spectrum === "all" }, `the mean of ${channels} channels`) : null);
  const channelOf = channel => Float32Array.from({ length: height * width }, (_, i) => values[i * channels + channel]);
  const draw = () => {
    shown.spectrum = which.value;
    const powers = new Float64Array(height * width);
    for (const channel of which.value === "all" ? Array(channels).keys() : [shown.channel])
      power(channelOf(channel), height, width).forEach((value, i) => powers[i] += value);
    const levels = decibels(powers), mean = decibels(radialMean(powers, height, width));
    paintColors(canvas, width, height, i => Array(3).fill(255 * (1 + levels[i] / 60)));
    radial.replaceChildren(curve("The mean power from the slowest waves to waves of two places, in decibels", mean));
    range.textContent = "Mean power by frequency: slow waves left, waves of two places right; "
      + `${(-extremes(mean)[0]).toFixed(0)} dB from the bottom to the top.`;
  };
  which.addEventListener("change", draw);
  draw();
  return [element("div.spectra", {}, element("div.stack", {}, field("Of", which), canvas, element("p.quiet", {},
    "Slow waves in the middle, fast ones at the edge, the mean left out; 60 dB from black to white.")),
    element("div.stack", {}, range, radial,
      element("p.quiet", {}, 
        "A transposed convolution with stride 2 writes even and odd places with different parts of its kernel; where these disagree, a "
        + "checkerboard stays, and the spectrum is bright in the middle of its left and upper edges and in the corner between, where waves "
        + "of two places lie.")))];
}

// Filters as pictures with a slider over the input's channels; bars for a normalization.
async function learnedView(inside, shown) {
  const { network, name, plan } = shown;
  if (plan.kind === "batch normalization") {
    const learned = await api.normalization(inside.run, network, name);
    return element("div.stack", {}, element("h3", {}, "What it has learned"), element("p.quiet", {},
      "Mean and variance are those of the training, by which every number is normalized; scale and shift are learned. One bar a channel."),
    element("div.bars-of", {}, ["mean", "variance", "scale", "shift"].map(what => {
      const values = learned[what];
      const [least, most] = extremes(values);
      return element("figure", {}, bars(`${what} of each channel, from ${short(least)} to ${short(most)}`, values),
        element("figcaption", {}, `${what}, ${short(least)} to ${short(most)}`));
    })));
  }
  if (plan.inputs === 0) return "";
  const first = plan.inputs === 3 && plan.kind === "convolution" ? -1 : 0;
  const grid = element("div.channels", { tabIndex: 0, role: "region", ariaLabel: "Filters" });
  const slider = element("input", { type: "range", min: first, max: plan.inputs - 1, step: 1, value: first,
    ariaLabel: "Channel of the input" });
  const said = element("span"), draw = async () => {
    const input = Number(slider.value);
    said.textContent = input < 0 ? "Of its input: all three colors"
      : `Of its input: ${inputName(inside, shown, input)}, one of ${plan.inputs}`;
    const answer = await api.filters(inside.run, network, name, input);
    // Numbers are sent in 255 steps from the least of all filters to the most: a filter of a few steps is as good as zero.
    const pictures = { ...numbers(answer), step: (answer.most - answer.least) / 255 };
    if (Number(slider.value) === input) fill(pictures, Math.min(answer.shape[0], mostShown));
  };
  const fill = (pictures, count) => {
    const { values, step, shape: [all, height, width, colors = 1] } = pictures, length = height * width * colors;
    grid.replaceChildren(...Array.from({ length: count }, (_, i) => {
      const canvas = element("canvas", { role: "img", ariaLabel: `Filter ${i}` });
      const filter = values.slice(i * length, (i + 1) * length), most = Math.max(largest(filter), 8 * step);
      paintValues(canvas, filter.map(value => value / most), [height, width, colors]);
      return canvas;
    }), ...(count < all ? [element("button.more", { onclick: () => fill(pictures, all) }, `all ${all}`)] : []));
  };
  slider.addEventListener("input", () => draw().catch(notice));
  await draw();
  return element("div.stack", {}, element("h3", {}, "Filters"), element("p.quiet", {}, {
    linear: plan.inputs === 1 ? "For each output its row of the weight, as a rectangle."
      : network === "generator" ? "What the chosen number draws in each channel of the output."
        : "What each output looks for in the chosen channel of the image before it.",
    "transposed convolution": "What one number of the chosen input channel draws in each channel of the output.",
  }[plan.kind] ?? "What each channel of the output looks for in the chosen input channel.", " Gray is zero, white adds, black takes away."),
  plan.inputs > 1 ? element("label.field", {}, said, slider) : null, grid);
}

// Height and width whose product is a count, as near to a square as there are.
function rectangle(count) {
  let height = Math.floor(Math.sqrt(count));
  while (count % height !== 0) height--;
  return [height, count / height];
}

function short(number) {
  return Number(number.toPrecision(3)).toString();
}
