import { api } from "./api.js";
import { element, facts, field, notice, numbers, paint, paintSigned, paintSpectrum, paintValues, percent } from "./dom.js";
import { windowLength } from "./sound.js";

const noiseSize = 10, patchSize = 16, mostChannels = 64;

// What happens inside the networks while they hear a note and draw its player.
export async function insidePage(place, words, signal) {
  const [{ runs }, instruments] = await Promise.all([api.runs(), api.instruments()]);
  const usable = runs.filter(run => run.makesImages && (run.state === "finished" || run.state === "running"));
  place.append(element("h1", {}, "Inside"), element("p.lead", {},
    "One note goes through all networks of a run. Choose a layer to see what it made of the note; choose a place of the picture to see which part of the sound drew it."));
  if (usable.length === 0) {
    place.append(element("div.panel", {}, element("p", {}, "No run here draws pictures of sounds yet. In a terminal, this trains one in minutes: "),
      element("p", {}, element("code", {}, "dotnet run -- train s2i --scenario pose"))));
    return;
  }

  const run = element("select", {}, usable.map(one => element("option", { value: one.id, selected: one.id === words[0] }, one.id)));
  const choose = chosen => element("select", {}, instruments.map(one => element("option", { value: one.name, selected: one.name === chosen }, one.name.replace("_", " "))));
  const instrument = choose("violin"), other = choose("tuba");
  const note = element("input", { type: "range", min: 0, max: 1, step: 0.02, value: 0.5, ariaLabel: "Pitch, from the lowest to the highest note" });
  const diagram = element("section.panel.stack"), detail = element("section.panel", { ariaLive: "polite" }, element("h2", {}, "A layer"),
    element("p.quiet", {}, "Choose a layer of the networks."));
  const picture = element("canvas.picture"), spectrum = element("canvas.spectrum", { role: "img", ariaLabel: "The spectrogram of the note" });
  const cause = element("canvas.spectrum", { role: "img", ariaLabel: "Which parts of the sound move the chosen place of the picture" });
  const integrated = element("input", { type: "checkbox" }), doubted = element("div.doubted"), drawn = element("div");
  const noise = new Array(noiseSize).fill(0), patch = [24, 24, patchSize, patchSize];
  let window, otherWindow, plans, looked, layers, chosen = null;

  const windowOf = async name => {
    const { lowest, highest } = instruments.find(one => one.name === name);
    const samples = await api.note(name, Math.round(lowest + Number(note.value) * (highest - lowest)));
    return samples.slice(windowLength / 4, windowLength / 4 + windowLength);
  };

  async function look() {
    try {
      [window, otherWindow] = await Promise.all([windowOf(instrument.value), windowOf(other.value)]);
      [plans, looked] = await Promise.all([api.networks(run.value), api.look(run.value, window, noise)]);
      layers = new Map(looked.layers.map(layer => [`${layer.network} ${layer.name}`, layer]));
      const heard = (await api.play(run.value, window, noise)).heard;
      if (heard) paintSpectrum(spectrum, heard.frames, heard.mels, heard.levels);
      paint(picture, looked.drawn.size, looked.drawn.pixels);
      drawn.replaceChildren(facts([["the judge sees", `${looked.drawn.seen.replace("_", " ")}, ${percent(looked.drawn.probability)}`]]));
      showDiagram();
      if (chosen) await showLayer(...chosen);
      await Promise.all([showCause(), showDoubt()]);
    } catch (error) {
      if (!signal.aborted) notice(error);
    }
  }

  function showDiagram() {
    diagram.replaceChildren(element("h2", {}, "The networks"), ...plans.map(network => element("div", {},
      element("p.quiet", {}, `${network.name}: ${network.layers.reduce((sum, layer) => sum + layer.parameters, 0).toLocaleString("en")} parameters`),
      element("div.layers", {}, network.layers.map(layer => {
        const output = layers.get(`${network.name} ${layer.name}`);
        return element("button", { disabled: !output, onclick: () => showLayer(network.name, layer.name).catch(notice) }, layer.name,
          element("small", {}, layer.kind),
          element("small", {}, output ? `${output.output.shape.join("×")} · ${output.milliseconds.toFixed(2)} ms` : "not on the way"));
      })))));
  }

  async function showLayer(network, name) {
    chosen = [network, name];
    const { output, milliseconds } = layers.get(`${network} ${name}`);
    const plan = plans.find(one => one.name === network).layers.find(one => one.name === name);
    const { values, shape } = numbers(output);
    const image = shape.length === 3 ? shape : [1, shape[0], 1];
    const shown = Math.min(image[2], mostChannels);
    const channels = Array.from({ length: shown }, (_, channel) => {
      const canvas = element("canvas", { role: "img", ariaLabel: `Channel ${channel + 1}` });
      paintValues(canvas, values, image, channel);
      return canvas;
    });
    const weight = plan.weight.length > 0 ? await api.weight(run.value, network, name) : null;
    detail.replaceChildren(element("h2", {}, `${network}, ${name}: ${plan.kind}`), facts([
      ["output", output.shape.join(" × ")], ["mean", output.mean.toPrecision(3)], ["standard deviation", output.deviation.toPrecision(3)],
      ["from", `${output.least.toPrecision(3)} to ${output.most.toPrecision(3)}`], ["zeros", percent(output.zeros)],
      ["parameters", plan.parameters.toLocaleString("en")], ["time", `${milliseconds.toFixed(2)} ms`],
      ...(weight ? [["weight", weight.shape.join(" × ")], ["weights from", `${weight.least.toPrecision(3)} to ${weight.most.toPrecision(3)}`]] : []),
    ]), element("p.quiet", {}, shape.length === 3 ? `${shown} of ${image[2]} channels, each from its least (black) to its most (white)` : "Its numbers"),
    element("div.channels", { tabIndex: 0, role: "region", ariaLabel: "Channels" }, channels),
    weight && weight.shape.length === 4 ? filters(weight) : "");
  }

  async function showCause() {
    frame.style.left = `${100 * patch[0] / looked.drawn.size}%`;
    frame.style.top = `${100 * patch[1] / looked.drawn.size}%`;
    frame.style.width = frame.style.height = `${100 * patchSize / looked.drawn.size}%`;
    paintSigned(cause, numbers(await api.saliency(run.value, window, noise, patch, integrated.checked)));
  }

  async function showDoubt() {
    const windows = new Float32Array(2 * windowLength);
    windows.set(window);
    windows.set(otherWindow, windowLength);
    const scored = await api.doubt(run.value, windows, noise);
    doubted.replaceChildren(...scored.map(one => {
      const canvas = element("canvas", { role: "img", ariaLabel: one.what }), map = element("canvas", { role: "img", ariaLabel: "The map before the score" });
      const pixels = numbers(one.picture), seen = numbers(one.map);
      paintValues(canvas, pixels.values, pixels.shape);
      paintValues(map, seen.values, [4, 4, 1], 0);
      return element("figure", {}, canvas, element("figcaption", {}, `${one.what}: ${percent(one.score)}`), map);
    }));
    doubt.hidden = scored.length === 0;
  }

  const frame = element("div.patch"), patched = element("div.patched", { tabIndex: 0, role: "application",
    ariaLabel: "The picture. Click, or use the arrow keys, to choose a place of it." }, picture, frame);
  const move = (x, y) => {
    const most = looked.drawn.size - patchSize;
    patch[0] = Math.max(0, Math.min(most, Math.round(x)));
    patch[1] = Math.max(0, Math.min(most, Math.round(y)));
    showCause().catch(notice);
  };
  patched.addEventListener("click", event => {
    const box = picture.getBoundingClientRect(), scale = looked.drawn.size / box.width;
    move((event.clientX - box.left) * scale - patchSize / 2, (event.clientY - box.top) * scale - patchSize / 2);
  });
  patched.addEventListener("keydown", event => {
    const step = { ArrowLeft: [-4, 0], ArrowRight: [4, 0], ArrowUp: [0, -4], ArrowDown: [0, 4] }[event.key];
    if (!step) return;
    event.preventDefault();
    move(patch[0] + step[0], patch[1] + step[1]);
  });
  const doubt = element("section.panel.stack", {}, element("h2", {}, "Before the discriminator"), element("p.quiet", {},
    "Three pictures, each with the code of this note: its own picture, that of the other instrument, and its own in pieces. Below each the 4×4 map that the score is made of."),
    element("div.row", {}, field("The other instrument", other)), doubted);
  integrated.addEventListener("change", () => showCause().catch(notice));
  for (const control of [run, instrument, other, note]) control.addEventListener("change", look);

  place.append(element("div.columns", {},
    element("div.stack", {},
      element("section.panel.stack", {}, element("h2", {}, "Sound and picture"), element("div.row", {}, field("Run", run), field("Instrument", instrument)),
        field("Pitch", note), spectrum, patched, drawn,
        element("button", { onclick: () => { noise.forEach((_, i) => noise[i] = 4 * Math.random() - 2); look(); } }, "Another player")),
      element("section.panel.stack", {}, element("h2", {}, "What of the sound draws that place"), cause,
        element("p.quiet.legend", {}, element("span.brighter"), "more of this makes it brighter ", element("span.darker"), "darker"),
        element("label.row", {}, integrated, "along the whole way from silence (integrated gradients)"))),
    element("div.stack", {}, diagram, detail, doubt)));
  await look();
}

// The first filters of a layer: for each output channel the kernel of its first input, or its three colors where it sees a picture.
function filters({ shape: [outputs, height, width, inputs], ...weight }) {
  const { values } = numbers({ ...weight, shape: [] });
  const shown = Math.min(outputs, mostChannels), length = height * width * inputs;
  return element("div", {}, element("p.quiet", {}, `${shown} of ${outputs} kernels of ${height}×${width}${inputs === 3 ? ", in color" : ", of the first input channel"}`),
    element("div.channels", { tabIndex: 0, role: "region", ariaLabel: "Kernels" }, Array.from({ length: shown }, (_, i) => {
      const canvas = element("canvas", { role: "img", ariaLabel: `Kernel ${i + 1}` });
      const kernel = values.slice(i * length, (i + 1) * length), most = kernel.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-12);
      paintValues(canvas, kernel.map(value => value / most), [height, width, inputs], inputs === 3 ? undefined : 0);
      return canvas;
    })));
}
