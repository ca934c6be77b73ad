import { api, firstRun } from "./api.js";
import { element, field, notice, paintSpectrum } from "./dom.js";
import { keyboard } from "./keyboard.js";
import { decode, listen, play } from "./sound.js";
import { betweenPanel } from "./play/between.js";
import { fileDrop, requireSize } from "./play/files.js";
import { noisePanel } from "./play/noise.js";
import { picturePanel, spoken } from "./play/picture.js";
import { reversePanel } from "./play/reverse.js";

const mostPicturesASecond = 30, songs = 72;

// Sounds in, the player on the screen while they sound; and pictures in, the sound of who is seen.
export async function playPage(place, words, signal) {
  const [{ runs }, instruments] = await Promise.all([api.runs(), api.instruments()]);
  const usable = runs.filter(run => run.state !== "damaged");
  const drawing = usable.filter(run => run.makesImages), sounding = usable.filter(run => run.makesSounds);
  place.append(element("h1", {}, "Play"), element("p.lead", {},
    "A sound goes in, and the network draws who plays it, many times a second. Press a key, play a song, open a file of your own, or let it listen."));
  if (drawing.length === 0) {
    place.append(element("div.panel", {}, element("p", {}, "No run here draws pictures of sounds yet. In a terminal, this trains one in minutes: "),
      element("p", {}, element("code", {}, "dotnet run -- train s2i --scenario pose"))));
    if (sounding.length > 0) place.append(reversePanel(sounding, null, samples => play(samples), signal));
    return;
  }

  const run = element("select", {}, drawing.map(one => element("option", { value: one.id, selected: one === firstRun(drawing, words[0]) }, one.id)));
  const instrument = element("select", {}, instruments.map(one => element("option", { value: one.name, selected: one.name === "sax" }, spoken(one.name))));
  const spectrum = element("canvas.spectrum", { role: "img", ariaLabel: "The spectrogram of the sound: time to the right, low frequencies at the bottom" });
  const picture = picturePanel(signal);
  const player = noisePanel(() => code && ask(() => api.draw(run.value, code, player.noise), true));
  let code = null, source = null, busy = false, waiting = null, stops = 0;

  // At most one request is on its way: a slow machine shows fewer pictures, never late ones. What somebody moved by hand waits for its turn,
  // the last of it; what sounds does not.
  async function ask(request, byHand = false) {
    if (busy) {
      if (byHand) waiting = request;
      return;
    }
    busy = true;
    const id = run.value, before = stops;
    try {
      const asked = performance.now(), { heard = null, drawn = null, ...alone } = await request();
      if (signal.aborted || id !== run.value || (!byHand && before !== stops)) return;
      if (heard) {
        code = heard.code;
        paintSpectrum(spectrum, heard.frames, heard.mels, heard.levels);
      }
      const shown = drawn ?? (alone.pixels ? alone : null);
      if (shown) picture.show(heard, shown, asked);
    } catch (error) {
      stop();
      between.rest();
      if (!signal.aborted) notice(error);
    } finally {
      busy = false;
      const next = waiting;
      waiting = null;
      if (next && !signal.aborted) ask(next, true);
    }
  }

  let last = 0;
  function follow(time) {
    if (signal.aborted) return;
    requestAnimationFrame(follow);
    if (!source || busy || player.holdsSound || time - last < 1000 / mostPicturesASecond) return;
    const window = source.window();
    last = time;
    if (window) ask(() => api.play(run.value, window, player.noise));
  }

  function stop() {
    source?.stop();
    source = null;
    stops++;
    stopping.disabled = true;
  }

  // A sound that comes when the page was left, as a microphone does that was allowed late, is let go at once.
  function begin(next) {
    stop();
    if (signal.aborted) return next.stop();
    between.rest();
    player.newSound();
    source = next;
    stopping.disabled = false;
  }

  function sound(samples) {
    const next = play(samples, () => { if (source === next) stop(); });
    begin(next);
  }

  const stopping = element("button", { onclick: stop, disabled: true }, "Stop");
  const kept = new Map();
  const keys = keyboard(async number => {
    const name = `${instrument.value} ${number}`;
    if (!kept.has(name)) kept.set(name, await api.note(instrument.value, number));
    sound(kept.get(name));
  }, signal);
  const about = element("p.quiet");
  const tell = () => {
    const chosen = drawing.find(one => one.id === run.value);
    player.resize(chosen.noiseSize);
    about.textContent = (chosen.ships ? "This run came with the program and is small: its pictures are rough. Preset best draws sharper ones. " : "")
      + (chosen.data === "synthetic" ? "It knows the thirteen instruments as the program plays them; a recording is taken for the nearest." : "");
  };
  run.addEventListener("change", tell);
  tell();
  const compass = () => {
    const { lowest, highest } = instruments.find(one => one.name === instrument.value);
    keys.show(lowest, highest);
  };
  const between = betweenPanel(() => code && picture.current && { code, noise: [...player.noise], picture: picture.current }, (mixed, noise) => {
    if (source) stop();
    code = mixed;
    player.set(noise);
    ask(() => api.draw(run.value, mixed, noise), true);
  }, signal);
  instrument.addEventListener("change", compass);

  // Before the first sound, so that it is drawn as soon as those after it.
  async function open() {
    const id = run.value;
    code = waiting = null;
    between.forget();
    picture.say("The networks of the run are being loaded…");
    try {
      await api.open(id);
      if (id === run.value && !code) picture.say("Nothing has sounded yet.");
    } catch (error) {
      if (signal.aborted || id !== run.value) return;
      picture.say("");
      notice(error);
    }
  }
  run.addEventListener("change", open);

  const button = (what, text, next) => element(what, { async onclick() { try { await next(); } catch (error) { notice(error); } } }, text);
  place.append(element("div.columns", {}, picture.place,
    element("div.stack", {},
      element("section.panel.stack", {}, element("h2", {}, "Sound"),
        element("div.row", {}, field("Run", run), field("Instrument", instrument)),
        element("div.row", {},
          button("button.main", "Play a song", async () => sound(await api.song(instrument.value, Math.floor(songs * Math.random())))),
          button("button", "Listen to the microphone", async () => begin(await listen())), stopping),
        keys.place,
        fileDrop("A sound file of your own, chosen or dropped here", "audio/*,video/*", async file => {
          requireSize(file, 64, "give a shorter piece");
          sound(await decode(file));
        }),
        spectrum, about),
      player.place, between.place,
      sounding.length > 0 ? reversePanel(sounding, picture, sound, signal) : null)));
  compass();
  open();
  requestAnimationFrame(follow);
  signal.addEventListener("abort", stop);
}
