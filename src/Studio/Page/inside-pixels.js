import { api } from "./api.js";
import { element, field, notice, numbers } from "./dom.js";
import { largest, paintMap } from "./inside-paint.js";

const patchSize = 16;

// Both directions between sound and picture: a place of the picture and what of the sound draws it; a part of the sound and the pixels it
// moves.
export function pixelPanels(inside) {
  const picture = element("canvas.picture"), spectrum = element("canvas.spectrum");
  const patch = [24, 24, patchSize, patchSize], region = [8, 16, 12, 32];
  const levels = element("canvas.spectrum", { role: "img", ariaLabel: "What of the sound moves the chosen place of the picture" });
  const pixels = element("canvas.picture", { role: "img", ariaLabel: "Which pixels the chosen part of the sound moves" });
  const fromPixels = choices({ gradient: "gradient", integrated: "integrated gradients",
    occlusion: "occlusion: parts silenced one by one" });
  const fromSound = choices({ silence: "that part silenced", gradient: "gradient: that part a little louder" });
  const [timeOfLevels, timeOfPixels] = [element("p.quiet.time"), element("p.quiet.time")];

  const showLevels = latest(async () => {
    const begin = performance.now();
    const { map, milliseconds } = await api.saliency(inside.run, inside.window, inside.noise, patch, fromPixels.value);
    const { values, shape: [frames, mels] } = numbers(map), [allFrames, allMels] = inside.spectrum;
    // Time to the right, low frequencies at the bottom; the map may have larger cells than the spectrogram.
    const upright = Float32Array.from({ length: allFrames * allMels }, (_, i) => {
      const frame = i % allFrames, mel = allMels - 1 - Math.floor(i / allFrames);
      return values[Math.floor(frame * frames / allFrames) * mels + Math.floor(mel * mels / allMels)];
    });
    paintMap(levels, allFrames, allMels, upright, i => 255 - 0.8 * inside.level(i % allFrames, allMels - 1 - Math.floor(i / allFrames)));
    timeOfLevels.textContent = told(milliseconds, begin);
  });

  const showPixels = latest(async () => {
    const begin = performance.now();
    const { map, milliseconds } = await api.pixels(inside.run, inside.window, inside.noise, region, fromSound.value);
    const { values, shape: [height, width] } = numbers(map);
    paintMap(pixels, width, height, values, i => inside.gray(i));
    const most = largest(values);
    timeOfPixels.textContent = `${told(milliseconds, begin)} The pixel that moves most: ${fromSound.value === "silence"
      ? `${(50 * most).toPrecision(2)} % of the way from black to white.` : `${(12.5 * most).toPrecision(2)} % of that way for 10 dB.`}`;
  });

  const overPicture = chooser("The picture. Click, or use the arrow keys, to choose a place of it.", picture, patch,
    () => [inside.looked.drawn.size, inside.looked.drawn.size], showLevels, false);
  const overSound = chooser("The spectrogram. Drag, or use the arrow keys to move and with Shift to resize, to choose a part of it.",
    spectrum, region, () => inside.spectrum, showPixels, true);
  fromPixels.addEventListener("change", showLevels);
  fromSound.addEventListener("change", showPixels);

  const legend = brighter => element("p.quiet.legend", {}, element("b", {}, element("span.brighter"), `${brighter} brighter`),
    element("b", {}, element("span.darker"), "darker"));
  const panels = element("div.both", {},
    element("section.panel.stack", {}, element("h2", {}, "What of the sound draws a place"), element("p.quiet", {},
      "Choose a place of the picture, with the mouse or the arrow keys. Beside it, the sound in time (to the right) and pitch (upwards)."),
      element("div.pair", {}, overPicture, levels), legend("more of this makes the place"), 
      field("How it is found", fromPixels), timeOfLevels),
    element("section.panel.stack", {}, element("h2", {}, "Which pixels a part of the sound draws"), element("p.quiet", {},
      "Choose a part of the sound: drag over it, or move it with the arrow keys and resize it with Shift. Beside it, the pixels "
      + "that it moves."),
      element("div.pair.sound-first", {}, overSound, pixels), legend("the part makes it"), 
      field("How it is found", fromSound), timeOfPixels));

  return { panels, picture, spectrum, async show() {
    overPicture.place();
    overSound.place();
    await Promise.all([showLevels(), showPixels()]);
  } };
}

function choices(all) {
  return element("select", {}, Object.entries(all).map(([value, text]) => element("option", { value }, text)));
}

function told(milliseconds, begin) {
  return `${milliseconds.toFixed(0)} ms in the networks, ${(performance.now() - begin).toFixed(0)} ms until it was drawn.`;
}

// Calls `work`; while it runs, calls are remembered as one, which is made behind it.
function latest(work) {
  let working = null, again = false;
  return function call() {
    if (working) {
      again = true;
      return working;
    }
    working = (async () => {
      try {
        do {
          again = false;
          await work();
        } while (again);
      } catch (error) {
        notice(error);
      } finally {
        working = null;
      }
    })();
    return working;
  };
}

// A canvas with a frame on it, [left, top, width, height] of its extents, moved with mouse or keyboard; where it can be drawn, its size is
// chosen too. What is drawn is counted from the bottom, as pitch is.
function chooser(label, canvas, frame, extents, changed, drawn) {
  const mark = element("div.patch"), place = element("div.patched", { tabIndex: 0, role: "application", ariaLabel: label }, canvas, mark);
  const set = (left, top, width, height) => {
    const [wide, high] = extents();
    frame[2] = Math.max(1, Math.min(wide, width));
    frame[3] = Math.max(1, Math.min(high, height));
    frame[0] = Math.max(0, Math.min(wide - frame[2], left));
    frame[1] = Math.max(0, Math.min(high - frame[3], top));
    place.place();
    changed();
  };
  place.place = () => {
    const [wide, high] = extents();
    mark.style.left = `${100 * frame[0] / wide}%`;
    mark.style.top = `${100 * (drawn ? high - frame[1] - frame[3] : frame[1]) / high}%`;
    mark.style.width = `${100 * frame[2] / wide}%`;
    mark.style.height = `${100 * frame[3] / high}%`;
  };
  const at = event => {
    const box = canvas.getBoundingClientRect(), [wide, high] = extents(), down = (event.clientY - box.top) / box.height;
    return [Math.floor((event.clientX - box.left) / box.width * wide), Math.floor((drawn ? 1 - down : down) * high)];
  };
  let first = null;
  place.addEventListener("pointerdown", event => {
    const [x, y] = at(event);
    place.setPointerCapture(event.pointerId);
    if (drawn) first = [x, y];
    else first = [];
    if (!drawn) set(x - (frame[2] >> 1), y - (frame[3] >> 1), frame[2], frame[3]);
  });
  place.addEventListener("pointermove", event => {
    if (!first) return;
    const [x, y] = at(event);
    if (drawn) set(Math.min(x, first[0]), Math.min(y, first[1]), Math.abs(x - first[0]) + 1, Math.abs(y - first[1]) + 1);
    else set(x - (frame[2] >> 1), y - (frame[3] >> 1), frame[2], frame[3]);
  });
  for (const over of ["pointerup", "pointercancel"]) place.addEventListener(over, () => first = null);
  place.addEventListener("keydown", event => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    const [x, y] = [step[0] * (drawn ? 2 : 4), step[1] * 4 * (drawn ? -1 : 1)];
    if (event.shiftKey && drawn) set(frame[0], frame[1], frame[2] + x, frame[3] + y);
    else set(frame[0] + x, frame[1] + y, frame[2], frame[3]);
  });
  return place;
}
