import { api, firstRun } from "./api.js";
import { element, facts, field, notice, numbers, paint, percent } from "./dom.js";
import { acts, nodeOf, tapeStrip, title } from "./tape.js";

const ticks = 45;

// What an op does, for somebody who meets it here.
const meanings = {
  "matrix product": "Each number of the result is a row of the first times a column of the second, added up: every output looks at every input.",
  convolution: "A small kernel slides over the picture; each number of the result is a patch times the kernel, added up.",
  "convolution input gradient": "A transposed convolution: each number of the input paints its kernel into the result, which gets larger. It is the derivative of a convolution by its input, so the engine has one op for both.",
  "convolution add leaky relu": "A convolution, its bias added, and what is negative made five times smaller, in one pass over memory.",
  "batch norm": "Each channel is shifted and scaled so that the batch has mean 0 and deviation 1 there, then scaled and shifted by what was learned.",
  "leaky relu": "What is negative is made smaller; without such a bend, layers in a row would be no more than one layer.",
  "add leaky relu": "A bias is added, and what is negative made smaller.",
  tanh: "Squeezes every number into −1 to 1: black to white.",
  softplus: "log(1 + eˣ). As a loss it is nearly 0 where the score is right by far, and grows in a straight line where it is wrong.",
  affine: "Times a number, plus a number.",
  add: "Added, number by number; what has an extent of one is repeated.",
  subtract: "Subtracted, number by number.", multiply: "Multiplied, number by number.", divide: "Divided, number by number.",
  sum: "Added up along axes. Its derivative hands the same gradient to everything that was added.",
  reshape: "The same numbers under another shape; nothing is computed.",
  slice: "A part along one axis. Its derivative puts zeros around the gradient.",
  concatenate: "Joined along one axis. Its derivative cuts the gradient apart again.",
  square: "x².", abs: "|x|.", "log softmax": "Scores to logarithms of probabilities that add up to 1.",
  "leaky relu gradient": "Used as a mask here: what is not asked for becomes 0.",
};

// One step of training, taken apart.
export async function stepPage(place, words, signal) {
  const { runs } = await api.runs();
  const usable = runs.filter(run => run.makesImages !== run.makesSounds && run.state !== "damaged");
  place.append(element("h1", {}, "Step"), element("p.lead", {},
    "Training is one small step made thousands of times. Here is one: everything that is computed in it, what each number's share in the mistake was, and what changed."));
  if (usable.length === 0) {
    place.append(element("div.panel", {}, element("p", {}, "No run here can be stepped through yet: it takes one that draws pictures of sounds, or sounds of pictures. In a terminal, this trains a small one: "),
      element("p", {}, element("code", {}, "dotnet run -- train s2i --preset tiny"))));
    return;
  }

  const run = element("select", {}, usable.map(one => element("option", { value: one.id, selected: one === firstRun(usable, words[0]) }, one.id)));
  const who = [["both", "Both, one after the other"], ["discriminator", "The discriminator alone"], ["generator", "The generator alone"]];
  const movers = who.map(([value, words], i) => element("input", { type: "radio", name: "mover", value, checked: i === 0 }));
  const number = (label, least, most) => element("input", { type: "number", min: least, max: most, step: "any", ariaLabel: label });
  const rate = number("Learning rate", 0, 1), seeking = number("Mode seeking", 0, 100), naming = number("Auxiliary", 0, 100);
  const coding = number("Code head", 0, 1000), target = number("Real target", 0.5, 1), wrong = element("input", { type: "checkbox" });
  const make = element("button.main", { disabled: true }, "Make a step"), back = element("button", { disabled: true }, "Back to the checkpoint");
  const other = element("button", { disabled: true }, "Other pairs");
  const state = element("p.quiet", { ariaLive: "polite" }, "Opening the run …"), terms = element("div.terms");
  const verdict = element("section.panel.stack"), tapePanel = element("section.panel.stack"), weights = element("section.panel.stack");
  let start, step = null, pairs = 0, strip = null, found = [], position = 0, playing = null, detailOf = null;

  async function open() {
    stop();
    [make.disabled, back.disabled, other.disabled] = [true, true, true];
    state.textContent = "Opening the run …";
    try {
      start = await api.stepStart(run.value);
      pairs = 0;
      fill();
      if (start.last) show(start.last);
      else await again();
    } catch (error) {
      state.textContent = error.message;
      if (!signal.aborted) notice(error);
    }
  }

  function fill() {
    const { settings } = start;
    [rate.value, seeking.value, naming.value, coding.value, target.value] =
      [shorter(settings.learningRate), settings.modeSeeking, settings.auxiliary, settings.codeHead, settings.realTarget];
    wrong.checked = settings.wrongPairs;
    terms.replaceChildren(...[
      field("Mode seeking: other noise, other picture", seeking),
      start.hasNames && field("Naming the instrument, in both losses", naming),
      start.hasCodes && field("Telling the code from the picture, in both losses", coding),
      field("What real pairs should score", target),
      start.hasWrongPairs && element("label.row", {}, wrong, "Show the discriminator wrong pairs as well"),
    ].filter(Boolean));
    say();
  }

  function say() {
    state.textContent = `${start.stepsBefore.toLocaleString("en")} steps of training lie behind the checkpoint, ${step ? step.made : 0} of yours after it.`
      + (start.hasOptimizers ? "" : " This run came without its optimizers. Adam begins anew here and moves every weight by the whole learning rate at first; so that is set to a tenth of training's.");
    [make.disabled, back.disabled, other.disabled] = [false, step === null, step === null];
  }

  async function again() {
    stop();
    make.disabled = true;
    state.textContent = "Making the step …";
    const mover = movers.find(one => one.checked).value;
    try {
      show(await api.step(run.value, {
        discriminator: mover !== "generator", generator: mover !== "discriminator", learningRate: asNumber(rate), modeSeeking: asNumber(seeking),
        auxiliary: asNumber(naming), codeHead: asNumber(coding), realTarget: asNumber(target), wrongPairs: wrong.checked, pairs,
      }));
    } catch (error) {
      say();
      if (!signal.aborted) notice(error);
    }
  }

  function show(made) {
    if (signal.aborted) return;
    step = made;
    say();
    make.textContent = "Step again";
    showVerdict();
    showWeights();
    showTape();
  }

  function showVerdict() {
    const { before, after, classes } = step;
    const cell = (pixels, now, later) => {
      const canvas = element("canvas", { role: "img", ariaLabel: "A sample" });
      paint(canvas, step.size, pixels);
      return element("td", {}, canvas, scored(now, later));
    };
    const scored = (now, later) => element("span.scores", {}, `${(100 * now).toFixed(1)} → ${percent(later)}`);
    const row = (name, cells) => element("tr", {}, element("th", { scope: "row" }, name), cells);
    const rows = [row("Real", step.real.map((pixels, i) => cell(pixels, before.real[i], after.real[i])))];
    if (step.wrong) rows.push(row("Wrong", step.wrong.map((pixels, i) => cell(pixels, before.wrong[i], after.wrong[i]))));
    rows.push(row(start.makesImages ? "Drawn, before" : "Made, before", before.pictures.map((pixels, i) => cell(pixels, before.generated[i], after.generated[i]))),
      row("after", after.pictures.map(pixels => {
        const canvas = element("canvas", { role: "img", ariaLabel: "The same after the step" });
        paint(canvas, step.size, pixels);
        return element("td", {}, canvas);
      })));
    verdict.replaceChildren(element("h2", {}, "What the discriminator says, before and after the step"), element("p.quiet", {},
      "Each sample comes with a condition, and the discriminator gives one probability: that the sample is real and belongs to it. Real ones belong to it; wrong ones are real and belong to something else; "
      + `the last are the generator's, from the same noise before and after. It should say 100 % to the first row and 0 % to the others, the generator wants 100 % for its own. What it makes here is rougher than on Play: while it trains, the generator normalizes by these few alone.`),
    element("div.scroll", { tabIndex: 0, role: "region", ariaLabel: "The samples and their scores" }, element("table.verdict", {},
      element("thead", {}, element("tr", {}, element("td", {}), classes.map(name => element("th", { scope: "col" }, name.replace("_", " "))))), element("tbody", {}, rows))),
    facts([["The discriminator's loss", `${three(before.discriminatorLoss)} → ${three(after.discriminatorLoss)}`],
      ["The generator's loss", `${three(before.generatorLoss)} → ${three(after.generatorLoss)}`]]));
  }

  function showWeights() {
    const rows = step.weights.map(weight => {
      const canvas = element("canvas.histogram", { role: "img", ariaLabel: `From ${three(-weight.edge)} to ${three(weight.edge)}` });
      histogram(canvas, weight.before, weight.after);
      return element("tr", {}, element("th", { scope: "row" }, `${weight.network}.${weight.name}`), element("td.number", {}, weight.shape.join("×")),
        element("td.number", {}, `${three(weight.norm)} → ${three(weight.normAfter)}`), element("td.number", {}, weight.change === 0 ? "unchanged" : three(weight.change)),
        element("td.number", {}, weight.gradientNorm === null ? "none" : three(weight.gradientNorm)), element("td", {}, canvas));
    });
    weights.replaceChildren(element("h2", {}, "The weights, before and after"), element("p.quiet", {},
      "Length is the root of the sum of all squares. Adam divides each gradient by its usual size, so nearly every weight moves by about the learning rate, whether its gradient is large or small. The bars are the weights after the step, the line those before."),
    element("div.scroll.weights", { tabIndex: 0, role: "region", ariaLabel: "The weights" }, element("table", {}, element("thead", {}, element("tr", {},
      ["Weight", "Shape", "Length", "Moved by", "Gradient's length", "How they are spread"].map(name => element("th", { scope: "col" }, name)))), element("tbody", {}, rows))));
  }

  const slider = element("input", { type: "range", min: 0, value: 0, step: 1, ariaLabel: "Event of the tape" });
  const happened = element("p.happened", { ariaLive: "off" }), detail = element("div.detail"), play = element("button", {}, "Play");
  const jumps = element("div.row");

  function showTape() {
    const { events } = step;
    strip = tapeStrip(step, at => { stop(); go(at); });
    strip.place.addEventListener("keydown", event => {
      const to = { ArrowRight: position + 1, ArrowLeft: position - 1, Home: 0, End: events.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      stop();
      go(to);
    });
    slider.max = events.length - 1;
    found = acts(step);
    jumps.replaceChildren(...found.map(act => element("button", { onclick: () => { stop(); go(act.first); } }, actName(act))));
    tapePanel.replaceChildren(element("h2", {}, "The tape"), element("p.quiet", {},
      "While the losses are computed, every op is written onto a tape: what it made, and of what. Then the tape is walked back from the loss: each op turns the gradient of its result into gradients of what it was given, by one line of calculus. "
      + "What arrives at a weight says which way to move it. Boxes are ops; below them are the weights (round) and what is given (dashed)."),
    element("div.row", {}, play, jumps), slider, strip.place, happened, detail);
    detailOf = null;

    // The current node can be brought into view once there is room, and again when the room has changed.
    new ResizeObserver(() => strip.show(position)).observe(strip.place);
    go(found.find(act => act.back)?.first ?? events.length - 1);
  }

  const actName = ({ back, generator }) => generator ? back ? "The generator's gradients" : "Forward again, for the generator"
    : back ? "The discriminator's gradients" : "Forward";

  function go(to) {
    position = Math.max(0, Math.min(step.events.length - 1, to));
    slider.value = position;
    const event = step.events[position], node = step.nodes[nodeOf(event)];
    const act = found.findLast(one => one.first <= position);
    happened.textContent = `${position + 1} of ${step.events.length}. ` + (event < 0
      ? !act.back ? `A walk back while the loss is still being made: the slope of the scores along the real pictures, which the penalty R1 holds down. It is at ${node.name || `${node.op} (${node.group})`}.` : `The gradient of ${node.name || `${node.op} (${node.group})`} is complete, its length ${three(node.gradientNorm)}: `
        + (node.op === null ? "it is what the optimizer gets." : "it goes on to what the op was made of.")
      : node.op === null ? `${node.name} comes onto the tape.` : `${node.op} (${node.group}) has made ${shape(node.shape)}.`);
    strip.show(position);
    showNode(nodeOf(event));
  }

  // One question at a time, and the newest that was asked meanwhile.
  let asking = false;
  async function showNode(index) {
    if (asking || detailOf === index) return;
    asking = true;
    const shown = step;
    try {
      const node = step.nodes[index], looked = await api.stepNode(run.value, index);
      if (signal.aborted || shown !== step) return;
      detailOf = index;
      drawNode(index, node, looked);
    } catch (error) {
      if (!signal.aborted && shown === step) notice(error);
      detailOf = index;
    } finally {
      asking = false;
      const wanted = nodeOf(step.events[position]);
      if (!signal.aborted && detailOf !== wanted) showNode(wanted);
    }
  }

  function drawNode(index, node, { numbers: values, gradient }) {
    const link = (to, words) => element("button", { onclick: () => { stop(); go(step.events.indexOf(to)); } }, words ?? (step.nodes[to].name || title(step.nodes[to])));
    detail.replaceChildren(element("h3", {}, node.op === null ? node.name : `${title(node)}`),
      node.op !== null && meanings[node.op] ? element("p", {}, meanings[node.op]) : "",
      element("div.twins", {},
        element("div", {}, element("h4", {}, "Its values"), values.values.length === 1 ? "" : tiles(values, node, false), facts([
          ["shape", shape(node.shape)], ...(node.attributes ? [["told", node.attributes]] : []), ...statistics(values)])),
        element("div", {}, element("h4", {}, "The gradient that came to it"), gradient ? gradient.values.length === 1 ? "" : tiles(gradient, node, true) : element("p.quiet", {}, noGradient(node)),
          gradient ? facts(statistics(gradient)) : "")),
      ...(node.inputs.length ? [element("h4", {}, "Made of, and the line of the derivative"), element("ul.lines", {}, node.inputs.map((input, i) => element("li", {},
        link(input), element("pre", { tabIndex: 0 }, element("code", {}, dedent(node.derivatives[i]))))))] : []),
      ...(strip.users[index].length ? [element("h4", {}, "Used by"), element("div.row", {}, strip.users[index].map(user => link(user)))] : []));
  }

  const noGradient = node => node.group === "given" ? "None: nobody asked how it should have been." : "None: no walk back came here. In the generator's turn the discriminator's weights are not asked, and who does not move is not either.";

  function stop() {
    clearInterval(playing);
    playing = null;
    play.textContent = "Play";
  }

  play.addEventListener("click", () => {
    if (playing) return stop();
    if (position === step.events.length - 1) position = -1;
    play.textContent = "Pause";
    playing = setInterval(() => {
      if (signal.aborted || position >= step.events.length - 1) return stop();
      go(position + 1);
    }, ticks);
  });
  signal.addEventListener("abort", stop);
  slider.addEventListener("input", () => { stop(); go(Number(slider.value)); });
  make.addEventListener("click", again);
  other.addEventListener("click", () => { pairs++; again(); });
  back.addEventListener("click", async () => {
    try {
      start = await api.stepReset(run.value);
      [step, pairs] = [null, 0];
      stop();
      fill();
      make.textContent = "Make a step";
      for (const panel of [verdict, tapePanel, weights]) panel.replaceChildren(element("p.quiet", {}, "Back at the checkpoint. Make a step."));
    } catch (error) {
      notice(error);
    }
  });
  run.addEventListener("change", () => { step = null; open(); });

  place.append(element("div.columns", {},
    element("section.panel.stack", {}, element("h2", {}, "The step"), field("Run", run),
      element("fieldset", {}, element("legend", {}, "Who moves"), who.map(([, words], i) => element("label.row", {}, movers[i], words))),
      element("div.row.low", {}, field("Learning rate", rate), element("button", { onclick: () => rate.value = shorter(asNumber(rate) * 10) }, "× 10"),
        element("button", { onclick: () => rate.value = shorter(asNumber(rate) / 10) }, "÷ 10")),
      terms, element("div.row", {}, make, other, back), state),
    verdict), element("div.stack.below", {}, tapePanel, weights));
  await open();
}

const asNumber = input => input.value.trim() === "" ? 0 : Number(input.value);
const shorter = value => Number(value.toPrecision(6));
const three = value => { const n = Number(value); return n !== 0 && (Math.abs(n) < 1e-3 || Math.abs(n) >= 1e5) ? n.toExponential(2) : n.toPrecision(3); };
const shape = extents => extents.length ? extents.join(" × ") : "a single number";

const statistics = one => [["mean", three(one.mean)], ["deviation", three(one.deviation)], ["from", `${three(one.least)} to ${three(one.most)}`],
  ["length", three(one.norm)], ["zeros", percent(one.zeros)], ...(one.values.length ? [["the numbers", one.values.map(three).join("  ")]] : [])];

// The source of a lambda of several lines stands as deep as it did in its file.
function dedent(code) {
  const lines = code.split("\n"), depth = Math.min(...lines.slice(1).filter(line => line.trim()).map(line => line.search(/\S/)), 40);
  return lines.map((line, i) => i === 0 ? line : line.slice(depth)).join("\n");
}

// Tiles of numbers: red above zero, blue below; pictures in their colors.
function tiles(one, node, isGradient) {
  const { values } = numbers(one.picture), { count, row, height, width, channels } = one;
  const rows = Math.ceil(count / row), across = row * (width + 1) - 1, down = rows * (height + 1) - 1;
  const canvas = element("canvas.tiles", { role: "img", ariaLabel: one.what }), image = new ImageData(across, down);
  const most = Math.max(Math.abs(one.picture.least), Math.abs(one.picture.most)) || 1, scale = channels === 3 && !isGradient && most <= 1.001 ? 1 : most;
  for (let tile = 0; tile < count; tile++) {
    for (let pixel = 0; pixel < height * width; pixel++) {
      const x = tile % row * (width + 1) + pixel % width, y = Math.floor(tile / row) * (height + 1) + Math.floor(pixel / width);
      const to = 4 * (y * across + x), from = (tile * height * width + pixel) * channels, value = values[from] / scale, rest = 255 * (1 - Math.abs(value));
      for (let color = 0; color < 3; color++)
        image.data[to + color] = channels === 3 ? (values[from + color] / scale + 1) * 127.5 : color === (value > 0 ? 0 : 2) ? 255 : rest;
      image.data[to + 3] = 255;
    }
  }
  canvas.width = across;
  canvas.height = down;
  canvas.getContext("2d").putImageData(image, 0, 0);
  canvas.style.width = `${across * Math.max(1, Math.min(24, Math.floor(420 / across), Math.floor(260 / down)))}px`;
  return element("figure", {}, canvas, element("figcaption.quiet", {}, `${one.what}${channels === 3 ? "" : "; red above 0, blue below"}`));
}

// Bars for the weights after the step, a line for those before.
function histogram(canvas, before, after) {
  const style = getComputedStyle(document.documentElement), most = Math.max(...before, ...after), width = 6;
  canvas.width = before.length * width;
  canvas.height = 36;
  const context = canvas.getContext("2d"), heightOf = count => Math.sqrt(count / most) * 34;
  context.fillStyle = style.getPropertyValue("--edge");
  after.forEach((count, i) => context.fillRect(i * width, 36 - heightOf(count), width - 1, heightOf(count)));
  context.strokeStyle = style.getPropertyValue("--accent");
  context.lineWidth = 1.5;
  context.beginPath();
  before.forEach((count, i) => {
    context.lineTo(i * width, 36 - heightOf(count));
    context.lineTo((i + 1) * width, 36 - heightOf(count));
  });
  context.stroke();
}
