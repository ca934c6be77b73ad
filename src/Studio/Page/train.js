import { rounded } from "./figures.js";
import { api } from "./api.js";
import { element, field, notice } from "./dom.js";
import { accuracyNames, chart, ganCurves } from "./charts.js";
import { samplesView } from "./samples.js";
import { stepsView } from "./steps.js";
import { troubles, warningBox } from "./verdict.js";

// How often curves are drawn while a training goes on, in milliseconds: drawing takes time from the training.
const drawEvery = 2000;

// Begin, pause, stop and continue a training, and watch it step by step. All that is shown is the server's, so that any number of pages
// show the same, and a reload comes back to it.
export async function trainPage(place, words, signal) {
  const choose = (values, chosen) => element("select", {}, values.map(([value, name]) => element("option", { value, selected: value === chosen }, name)));
  const model = choose([["s2i", "sound to image"], ["i2s", "image to sound"], ["cmcgan", "both at once (CMCGAN)"]], "s2i");
  const preset = choose([["tiny", "tiny: seconds, learns nothing"], ["quick", "quick: minutes"], ["small", "small: half an hour, a few megabytes"], ["best", "best: an hour"], ["photos", "photos: few photographs"], ["paper", "paper: hours"]], "quick");
  const scenario = choose([["instrument", "instrument: who plays what"], ["pose", "pose: the hand follows the note"]], "instrument");
  const epochs = element("input", { type: "number", min: 1, placeholder: "as the preset has it" });
  const seed = element("input", { type: "number", min: 0, value: 2017 }), name = element("input", { type: "text", maxLength: 80, placeholder: "model and time" });
  const begin = element("button.main", { type: "submit" }, "Begin");
  const form = element("form.panel.stack", {}, element("h2", {}, "Begin a run"),
    field("Model", model), field("Preset", preset), field("Scenario", scenario), field("Epochs", epochs), field("Seed", seed),
    field("Name of the run folder", name), element("div.row", {}, begin));
  form.addEventListener("submit", event => {
    event.preventDefault();
    start({ model: model.value, preset: preset.value, scenario: scenario.value, seed: Number(seed.value), name: name.value,
      epochs: epochs.value ? Number(epochs.value) : null });
  });

  const title = element("h2"), pill = element("span.pill"), progress = element("progress", { max: 1, value: 0, ariaLabel: "Progress" });
  const stage = element("p.quiet.stage"), message = element("p", { hidden: true });
  const pause = element("button", { type: "button" }, "Pause"), stop = element("button", { type: "button" }, "Stop and save"), link = element("a", {}, "Its page");
  const tiles = Object.fromEntries(["step", "left", "images a second", "milliseconds a step", "learning rate", "‖∇D‖", "‖∇G‖", "device memory", "process memory"]
    .map(name => [name, element("dd", {}, "–")]));
  const going = element("section.panel.stack", { hidden: true, ariaLabel: "The training" }, element("div.row.apart", {}, title, pill), progress, stage, message,
    element("div.row", {}, pause, stop, link),
    element("dl.tiles", {}, Object.entries(tiles).map(([name, value]) => element("div", {}, element("dt", {}, name), value))));
  pause.addEventListener("click", () => command(now.state === "training" ? "pause" : "resume"));
  stop.addEventListener("click", () => command("stop"));

  const continued = element("section.panel.stack", { hidden: true }, element("h2", {}, "Continue a run"));
  const warnings = warningBox(), samples = samplesView(signal), steps = stepsView(signal);
  const accuracy = chart("Samples named right", "epoch", [], signal, { about: "By the judge, after each epoch. Chance is one over the classes." });
  const empty = element("section.panel", {}, element("h2", {}, "What you will see here"),
    element("p", {}, "Two networks play against each other. The generator draws a player for a sound; the discriminator is shown real pairs, real pictures with the wrong "
      + "sound, and generated ones, and says how sure it is of each. Here you watch what it says sample by sample, what both lose, how steep their way is, and the "
      + "pictures of each epoch."),
    element("p", {}, "The preset tiny takes seconds and shows all of it, but learns nothing; quick takes minutes and draws players that can be told apart."));
  const seen = element("div.stack", { hidden: true }, warnings.place, steps.scores, element("div.charts", {}, steps.panels, accuracy.panel));
  place.append(element("h1", {}, "Train"),
    element("p.lead", {}, "Begin a run here and watch every step of it. It goes on when this page is closed, and ends, saved, when the studio is closed."),
    element("div.columns", {}, element("div.stack", {}, going, form, continued, samples.panel), element("div.stack", {}, empty, seen)));

  let now = { state: "idle" }, drawnAt = -Infinity, drawing = false, run, files, shelfFor;

  async function start(request) {
    try {
      show(await api.train({ model: "", preset: "", scenario: "", seed: 0, name: "", ...request }));
    } catch (error) {
      notice(error);
    }
  }

  async function command(what) {
    try {
      show(await api.commandTraining(what));
    } catch (error) {
      notice(error);
    }
  }

  function show(state) {
    now = state;
    const busy = ["training", "pausing", "paused", "stopping"].includes(state.state);
    form.hidden = busy;
    going.hidden = state.state === "idle";
    empty.hidden = Boolean(state.step || state.files);
    seen.hidden = !empty.hidden;
    if (shelfFor !== `${state.run} ${busy}`) {
      shelfFor = `${state.run} ${busy}`;
      showStopped(busy).catch(notice);
    }
    if (going.hidden) return;
    title.textContent = state.run;
    pill.textContent = state.state;
    pill.className = `pill ${state.state}`;
    progress.hidden = stage.hidden = !state.stage;
    if (state.stage) {
      progress.max = Math.max(1, state.total);
      progress.value = state.done;
      stage.textContent = `${state.stage}: ${state.done} of ${state.total} ${state.unit}. ${state.detail ?? ""}`;
    }
    message.hidden = !state.message;
    message.textContent = state.message ?? "";
    pause.hidden = stop.hidden = !busy;
    pause.disabled = stop.disabled = state.state === "stopping";
    pause.textContent = state.state === "training" ? "Pause" : "Go on";
    link.href = `#run/${encodeURIComponent(state.run)}`;
    const step = state.step;
    tiles.left.textContent = state.stage ? duration(state.secondsLeft) : "–";
    tiles.step.textContent = step ? step.step.toLocaleString("en") : "–";
    tiles["milliseconds a step"].textContent = step?.milliseconds ? rounded(step.milliseconds) : "–";
    tiles["images a second"].textContent = step?.milliseconds ? rounded(1000 * step.batch / step.milliseconds) : "–";
    tiles["learning rate"].textContent = step ? step.learningRate.toExponential(1) : "–";
    tiles["‖∇D‖"].textContent = step?.discriminatorGradient?.toPrecision(3) ?? "–";
    tiles["‖∇G‖"].textContent = step?.generatorGradient?.toPrecision(3) ?? "–";
    tiles["device memory"].textContent = step ? bytes(step.deviceBytes) : "–";
    tiles["process memory"].textContent = step ? bytes(step.processBytes) : "–";
  }

  // Runs that can be continued.
  async function showStopped(busy) {
    const stopped = (await api.runs()).runs.filter(run => run.state === "stopped");
    continued.hidden = busy || stopped.length === 0;
    continued.replaceChildren(element("h2", {}, "Continue a run"), element("p.quiet", {}, "From its last checkpoint, bit for bit as if it had never stopped."),
      element("div.row", {}, stopped.map(run => element("button", { type: "button", onclick: () => start({ continue: run.id }) }, run.id))));
  }

  // Curves every two seconds; what an epoch brings when it is there.
  async function draw(state) {
    const due = state.state !== "training" || performance.now() - drawnAt >= drawEvery;

    // The folder of a run that has just begun is not there yet.
    if (drawing || !due || document.hidden || !(state.step || state.files)) return;
    drawing = true;
    drawnAt = performance.now();
    try {
      await steps.update(state.run, true);
      const length = `${state.run} ${state.files} ${state.state === "finished"}`;
      if (length !== files) {
        run = await api.run(state.run);
        files = length;
        accuracy.update(ganCurves(run.metrics, accuracyNames));
        await samples.update([run]);
      }
      warnings.update(troubles(run, steps.table, samples.naming));
    } catch (error) {
      notice(error);
    } finally {
      drawing = false;
    }
  }
  await new Promise(first => api.followTraining(signal, state => {
    show(state);
    first();
    draw(state);
  }));
}

function bytes(count) {
  return count >= 1 << 30 ? `${(count / (1 << 30)).toFixed(2)} GB` : `${(count / (1 << 20)).toFixed(0)} MB`;
}

function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60);
  return hours > 0 ? `${hours} h ${minutes % 60} min` : minutes > 9 ? `${minutes} min` : minutes > 0 ? `${minutes} min ${Math.round(seconds % 60)} s` : `${Math.round(seconds)} s`;
}
