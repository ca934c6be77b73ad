import { api, firstRun } from "./api.js";
import { element, facts, field, notice, numbers, paint, paintSpectrum, paintValues, percent } from "./dom.js";
import { diagram } from "./inside-diagram.js";
import { layerPanel } from "./inside-layer.js";
import { pixelPanels } from "./inside-pixels.js";
import { windowLength } from "./sound.js";

// What happens inside the networks while they hear a note and draw its player.
export async function insidePage(place, words, signal) {
  const [{ runs }, instruments] = await Promise.all([api.runs(), api.instruments()]);
  const whole = runs.filter(run => run.state !== "damaged"), usable = whole.filter(run => run.makesImages);
  place.append(element("h1", {}, "Inside"), element("p.lead", {},
    "One note goes through all networks of a run. See what each layer made of it, how every number came about, which part of the sound "
    + "draws which place of the picture, and back."));
  if (usable.length === 0) {
    place.append(element("div.panel", {}, element("p", {}, whole.length
      ? "This page looks into runs that draw pictures of sounds, and the runs here make sounds of pictures. This trains one in minutes:"
      : "No run here draws pictures of sounds yet. In a terminal, this trains one in minutes:"),
    element("p", {}, element("code", {}, "dotnet run -- train s2i --scenario pose"))));
    return;
  }

  const run = element("select", {}, usable.map(one => element("option", { value: one.id, selected: one === firstRun(usable, words[0]) }, one.id)));
  const choose = chosen => element("select", {}, instruments.map(({ name }) =>
    element("option", { value: name, selected: name === chosen }, name.replace("_", " "))));
  const instrument = choose("sax"), other = choose("tuba");
  const note = element("input", { type: "range", min: 0, max: 1, step: 0.02, value: 0.5,
    ariaLabel: "Pitch, from the lowest to the highest note" });
  const drawn = element("div"), doubted = element("div.doubted");

  // What all parts of the page look at: the run, the sound, the noise, what came of them, and the layer that was chosen.
  const inside = { run: run.value, window: null, noise: [], plans: [], looked: null, layers: new Map(),
    heard: null, spectrum: [1, 1], level: null, gray: null, chosen: null, look };
  const pixels = pixelPanels(inside), layer = layerPanel(inside), networks = diagram(inside, chooseLayer, signal);

  const windowOf = async name => {
    const { lowest, highest } = instruments.find(one => one.name === name);
    const samples = await api.note(name, Math.round(lowest + Number(note.value) * (highest - lowest)));
    return samples.slice(windowLength / 4, windowLength / 4 + windowLength);
  };

  async function look() {
    try {
      const id = run.value, { noiseSize } = usable.find(one => one.id === id);
      if (inside.noise.length !== noiseSize) inside.noise = new Array(noiseSize).fill(0);
      const [window, otherWindow] = await Promise.all([windowOf(instrument.value), windowOf(other.value)]);
      const [plans, looked, { heard }] = await Promise.all([api.networks(id), api.look(id, window, inside.noise),
        api.play(id, window, inside.noise)]);
      const layers = new Map(looked.layers.map(one => [`${one.network} ${one.name}`, one]));
      Object.assign(inside, { run: id, window, plans, looked, layers, heard, spectrum: [heard.frames, heard.mels] });
      const levels = atob(heard.levels), bytes = atob(looked.drawn.pixels);
      inside.level = (frame, mel) => levels.charCodeAt(frame * heard.mels + mel);
      inside.gray = pixel => (bytes.charCodeAt(3 * pixel) + bytes.charCodeAt(3 * pixel + 1) + bytes.charCodeAt(3 * pixel + 2)) / 3;
      paintSpectrum(pixels.spectrum, heard.frames, heard.mels, heard.levels);
      paint(pixels.picture, looked.drawn.size, looked.drawn.pixels);
      drawn.replaceChildren(facts([["the judge sees", `${looked.drawn.seen.replace("_", " ")}, ${percent(looked.drawn.probability)}`],
        ...(looked.drawn.score === null ? [] : [["the discriminator believes", percent(looked.drawn.score)]])]));
      networks.show();
      if (!inside.chosen || !layers.has(inside.chosen.join(" ")))
        inside.chosen = ["generator", looked.layers.findLast(one => one.network === "generator").name];
      await Promise.all([chooseLayer(...inside.chosen), pixels.show(), showDoubt(otherWindow)]);
    } catch (error) {
      if (!signal.aborted) notice(error);
    }
  }

  async function chooseLayer(network, name) {
    inside.chosen = [network, name];
    for (const button of networks.panel.querySelectorAll(".network button"))
      button.ariaPressed = String(button.closest(".network").ariaLabel === network && button.querySelector(".name").textContent === name);
    try {
      await layer.show(network, name);
    } catch (error) {
      if (!signal.aborted) notice(error);
    }
  }

  async function showDoubt(otherWindow) {
    const windows = new Float32Array(2 * windowLength);
    windows.set(inside.window);
    windows.set(otherWindow, windowLength);
    const scored = await api.doubt(inside.run, windows, inside.noise);
    doubted.replaceChildren(...scored.map(one => {
      const canvas = element("canvas", { role: "img", ariaLabel: one.what });
      const map = element("canvas", { role: "img", ariaLabel: "The map before the score" });
      const colors = numbers(one.picture), seen = numbers(one.map);
      paintValues(canvas, colors.values, colors.shape);
      paintValues(map, seen.values, [4, 4, 1], 0);
      return element("figure", {}, canvas, element("figcaption", {}, `${one.what}: ${percent(one.score)}`), map);
    }));
    doubt.hidden = scored.length === 0;
  }

  const doubt = element("section.panel.stack", {}, element("h2", {}, "Before the discriminator"), element("p.quiet", {},
    "Three pictures, each with the code of this note: its own picture, that of the other instrument, and its own in pieces. The "
    + "discriminator is to believe the first alone. Below each the 4×4 map that its score is made of. In the pose scenario its wrong "
    + "pairs were the same instrument in another pose: it learned poses, and hardly tells instruments apart by this score."),
    element("div.row", {}, field("The other instrument", other)), doubted);
  for (const control of [run, instrument, other, note]) control.addEventListener("change", look);
  const another = element("button", { onclick() {
    inside.noise = inside.noise.map(() => 4 * Math.random() - 2);
    look();
  } }, "Another player");
  const left = whole.length - usable.length;

  place.append(element("div.stack.inside", {},
    element("section.panel.note", {}, element("div.row", {}, field("Run", run), field("Instrument", instrument), field("Pitch", note),
      another), drawn,
      left ? element("p.quiet", {}, "This page looks into runs that draw pictures of sounds; "
        + (left === 1 ? "one here makes sounds of pictures and is not listed." : `${left} here make sounds of pictures and are not listed.`)) : ""),
    pixels.panels, networks.panel, layer.panel, doubt));
  await look();
}
