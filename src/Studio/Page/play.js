import { api } from "./api.js";
import { element, facts, field, notice, paint, paintSpectrum, percent } from "./dom.js";
import { keyboard } from "./keyboard.js";
import { decode, listen, play } from "./sound.js";

const noiseSize = 10, mostPicturesASecond = 30, stripLength = 16;

// Sounds in, the player on the screen while they sound.
export async function playPage(place, words, signal) {
  const [{ runs }, instruments] = await Promise.all([api.runs(), api.instruments()]);
  const usable = runs.filter(run => run.makesImages && run.state !== "damaged");
  place.append(element("h1", {}, "Play"), element("p.lead", {},
    "A sound goes in, and the network draws who plays it, many times a second. Press a key, play a song, open a file of your own, or let it listen."));
  if (usable.length === 0) {
    place.append(element("div.panel", {}, element("p", {}, "No run here draws pictures of sounds yet. In a terminal, this trains one in minutes: "),
      element("p", {}, element("code", {}, "dotnet run -- train s2i --scenario pose"))));
    return;
  }

  const run = element("select", {}, usable.map(one => element("option", { value: one.id, selected: one.id === words[0] }, one.id)));
  const instrument = element("select", {}, instruments.map(one => element("option", { value: one.name, selected: one.name === "violin" }, one.name.replace("_", " "))));
  const picture = element("canvas.picture", { role: "img", ariaLabel: "The picture of the sound" });
  const spectrum = element("canvas.spectrum", { role: "img", ariaLabel: "The spectrogram of the sound: time to the right, low frequencies at the bottom" });
  const said = element("div"), strip = element("div.filmstrip", { tabIndex: 0, role: "region", ariaLabel: "The last pictures" });
  const noise = new Array(noiseSize).fill(0);
  let code = null, source = null, busy = false, drawn = [];

  // At most one request is on its way: a slow machine shows fewer pictures, never late ones.
  async function ask(request) {
    if (busy) return;
    busy = true;
    try {
      const begin = performance.now(), answer = await request();
      if (!signal.aborted && answer) show(answer.heard, answer.drawn ?? (answer.pixels ? answer : null), performance.now() - begin);
    } catch (error) {
      stop();
      notice(error);
    } finally {
      busy = false;
    }
  }

  function show(heard, picked, milliseconds) {
    if (heard) {
      code = heard.code;
      paintSpectrum(spectrum, heard.frames, heard.mels, heard.levels);
    }
    if (!picked) return;
    paint(picture, picked.size, picked.pixels);
    const now = performance.now();
    drawn = [...drawn.filter(time => now - time < 1000), now];
    const frame = element("canvas");
    paint(frame, picked.size, picked.pixels);
    strip.append(frame);
    while (strip.children.length > stripLength) strip.firstChild.remove();
    said.replaceChildren(facts([
      heard?.heard ? ["heard", `${heard.heard.replace("_", " ")}, ${percent(heard.probability)}`] : null,
      ["the judge sees", `${picked.seen.replace("_", " ")}, ${percent(picked.probability)}`],
      picked.score === null ? null : ["the discriminator", element("span", {}, element("meter", { value: picked.score, ariaLabel: "real and of this sound" }),
        ` ${percent(picked.score)} real and of this sound`)],
      ["sound to picture", `${milliseconds.toFixed(0)} ms`], ["pictures in the last second", String(drawn.length)],
    ].filter(row => row)));
    saving.disabled = false;
  }

  const redraw = () => code && ask(() => api.draw(run.value, code, noise));

  let last = 0;
  function follow(time) {
    if (signal.aborted) return;
    requestAnimationFrame(follow);
    if (!source || busy || time - last < 1000 / mostPicturesASecond) return;
    const window = source.window();
    last = time;
    if (window) ask(() => api.play(run.value, window, noise));
  }

  function stop() {
    source?.stop();
    source = null;
    stopping.disabled = true;
  }

  function begin(next) {
    stop();
    source = next;
    stopping.disabled = false;
  }

  async function open(file) {
    try {
      begin(play(await decode(file), () => stopping.disabled = true));
    } catch (error) {
      notice(error);
    }
  }

  const stopping = element("button", { onclick: stop, disabled: true }, "Stop");
  const saving = element("button", { disabled: true, onclick: () => save(picture, "player.png") }, "Save the picture");
  const kept = new Map();
  const keys = keyboard(async number => {
    const name = `${instrument.value} ${number}`;
    if (!kept.has(name)) kept.set(name, await api.note(instrument.value, number));
    begin(play(kept.get(name), () => stopping.disabled = true));
  }, signal);
  const compass = () => {
    const { lowest, highest } = instruments.find(one => one.name === instrument.value);
    keys.show(lowest, highest);
  };
  instrument.addEventListener("change", compass);
  run.addEventListener("change", () => { code = null; });

  const file = element("input", { type: "file", accept: "audio/*" });
  file.addEventListener("change", () => file.files[0] && open(file.files[0]));
  const drop = element("div.drop", {}, field("A sound file of your own, chosen or dropped here", file));
  drop.addEventListener("dragover", event => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", event => {
    event.preventDefault();
    drop.classList.remove("over");
    if (event.dataTransfer.files[0]) open(event.dataTransfer.files[0]);
  });

  const song = element("button.main", {
    async onclick() {
      begin(play(await api.song(instrument.value, Math.floor(72 * Math.random())), () => stopping.disabled = true));
    },
  }, "Play a song");
  const microphone = element("button", { async onclick() { try { begin(await listen()); } catch (error) { notice(error); } } }, "Listen to the microphone");

  place.append(element("div.columns", {},
    element("section.panel", { ariaLabel: "Picture" }, picture, said, element("div.row", {}, saving,
      element("button", { onclick: () => saveStrip(strip) }, "Save the strip")), strip),
    element("div.stack", {},
      element("section.panel.stack", {}, element("h2", {}, "Sound"),
        element("div.row", {}, field("Run", run), field("Instrument", instrument)),
        element("div.row", {}, song, microphone, stopping), keys.place, drop, spectrum),
      noiseSliders(noise, redraw),
      interpolation(() => code && { code, noise: [...noise] }, (mixed, z) => {
        z.forEach((value, i) => noise[i] = value);
        ask(() => api.draw(run.value, mixed, z));
      }))));
  compass();
  requestAnimationFrame(follow);
  signal.addEventListener("abort", stop);
}

// A slider for each number of the noise z: what the sound leaves open, such as who plays and how the picture is lit.
function noiseSliders(noise, changed) {
  const sliders = noise.map((value, i) => {
    const slider = element("input", { type: "range", min: -3, max: 3, step: 0.05, value, ariaLabel: `Noise ${i + 1}` });
    slider.addEventListener("input", () => { noise[i] = Number(slider.value); changed(); });
    return slider;
  });
  const set = values => {
    values.forEach((value, i) => { noise[i] = value; sliders[i].value = value; });
    changed();
  };
  return element("section.panel", {}, element("h2", {}, "Noise"),
    element("p.quiet", {}, "What the sound leaves open: who plays, in front of what. The noise stays while the sound changes, so the player does too."),
    element("div.row", {}, element("button", { onclick: () => set(noise.map(normal)) }, "Another player"),
      element("button", { onclick: () => set(noise.map(() => 0)) }, "The middle")),
    element("div.sliders", {}, sliders));
}

// Between two pictures that were kept: sound and noise go from one to the other on a great circle (White 2016, Sampling Generative Networks).
function interpolation(current, draw) {
  const ends = [null, null];
  const slider = element("input", { type: "range", min: 0, max: 1, step: 0.01, value: 0, disabled: true, ariaLabel: "From A to B" });
  slider.addEventListener("input", () => {
    const [a, b] = ends, t = Number(slider.value);
    draw(between(a.code, b.code, t), between(a.noise, b.noise, t));
  });
  const keep = i => element("button", {
    onclick(event) {
      const now = current();
      if (!now) return notice(new Error("Play a sound first."));
      ends[i] = now;
      event.target.setAttribute("aria-pressed", "true");
      slider.disabled = !(ends[0] && ends[1]);
    },
  }, `Keep as ${"AB"[i]}`);
  return element("section.panel", {}, element("h2", {}, "Between two pictures"),
    element("p.quiet", {}, "Keep a picture as A, play something else, keep it as B, and go from one to the other."),
    element("div.row", {}, keep(0), keep(1)), element("div.between", {}, slider));
}

function between(a, b, t) {
  const length = values => Math.hypot(...values), dot = a.reduce((sum, value, i) => sum + value * b[i], 0);
  const angle = Math.acos(Math.max(-1, Math.min(1, dot / (length(a) * length(b) || 1))));
  const [from, to] = angle < 1e-3 ? [1 - t, t] : [Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle)];
  return a.map((value, i) => from * value + to * b[i]);
}

function normal() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}

function save(canvas, name) {
  canvas.toBlob(blob => {
    const url = URL.createObjectURL(blob);
    element("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  });
}

function saveStrip(strip) {
  const frames = [...strip.children];
  if (frames.length === 0) return notice(new Error("There is no picture yet."));
  const all = element("canvas", { width: frames.reduce((sum, frame) => sum + frame.width, 0), height: frames[0].height });
  let left = 0;
  for (const frame of frames) {
    all.getContext("2d").drawImage(frame, left, 0);
    left += frame.width;
  }
  save(all, "strip.png");
}
