import { api } from "../api.js";
import { element, facts, field, notice, paintSpectrum, percent } from "../dom.js";
import { fileDrop, requireSize, save, wavOf } from "./files.js";
import { normal } from "./noise.js";
import { spoken } from "./picture.js";

const shownSize = 128;

// The other direction: a picture goes in, and the network makes the sound of whoever is seen.
export function reversePanel(runs, drawn, sounds, signal) {
  const run = element("select", {}, runs.map(one => element("option", { value: one.id }, one.id)));
  const given = element("canvas.given", { role: "img", ariaLabel: "The picture that was given" });
  const spectrum = element("canvas.spectrum", { role: "img", ariaLabel: "The spectrogram that was made: time to the right, low frequencies at the bottom" });
  const said = element("div", {}, element("p.quiet", {}, "No picture was given yet."));
  const middle = () => new Array(runs.find(one => one.id === run.value).noiseSize).fill(0);
  let noise = middle(), picture = null, samples = null;

  async function make(blob) {
    const made = await api.sound(run.value, blob, noise);
    if (signal.aborted) return;
    picture = blob;
    samples = made.samples;
    await show(blob);
    paintSpectrum(spectrum, made.frames, made.mels, made.levels);
    said.replaceChildren(facts([
      made.seen ? ["seen", `${spoken(made.seen)}, ${percent(made.seenProbability)}`] : null,
      ["the judge hears", `${spoken(made.heard)}, ${percent(made.probability)}`],
      made.score === null ? null : ["the discriminator", element("span", {},
        element("meter", { value: made.score, ariaLabel: "real and of this picture" }), ` ${percent(made.score)} real and of this picture`)],
      ["picture to sound", `${made.milliseconds.toFixed(0)} ms`],
    ].filter(row => row)));
    for (const button of [again, saving, other]) button.disabled = false;
    sounds(samples);
  }

  // Its middle square, as the network sees it. The server has looked at it before: what claims to be huge never comes here.
  async function show(blob) {
    const bitmap = await createImageBitmap(blob), side = Math.min(bitmap.width, bitmap.height);
    given.width = given.height = shownSize;
    const pen = given.getContext("2d");
    pen.imageSmoothingEnabled = side > shownSize;
    pen.drawImage(bitmap, (bitmap.width - side) / 2, (bitmap.height - side) / 2, side, side, 0, 0, shownSize, shownSize);
    bitmap.close();
  }

  const button = (text, onclick, disabled) =>
    element("button", { disabled, async onclick() { try { await onclick(); } catch (error) { notice(error); } } }, text);
  const again = button("Play it again", () => sounds(samples), true);
  const saving = button("Save as WAV", () => save(wavOf(samples), "sound.wav"), true);
  const other = button("Another sound of it", () => { noise = noise.map(normal); return make(picture); }, true);
  const using = drawn && button("Use the picture above", async () => {
    if (!drawn.current) throw new Error("Play a sound first: there is no picture yet.");
    await make(await new Promise(done => drawn.canvas.toBlob(done)));
  });
  run.addEventListener("change", () => {
    noise = middle();
    if (picture) make(picture).catch(notice);
  });
  return element("section.panel.stack", {}, element("h2", {}, "From a picture to a sound"),
    element("p.quiet", {}, drawn
      ? "The other direction: who is seen is heard. The sound that is made is played, and drawn again: from picture to sound to picture."
      : "Who is seen is heard."),
    element("div.row", {}, field("Run that makes sounds", run), using),
    fileDrop("A picture of a player, chosen or dropped here", "image/*", async file => {
      requireSize(file, 32, "make it smaller");
      await make(file);
    }),
    element("div.answered", {}, given, spectrum), said, element("div.row", {}, again, other, saving));
}
