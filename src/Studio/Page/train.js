import { api } from "./api.js";
import { element, facts, field, notice } from "./dom.js";
import { chart } from "./charts.js";

const losses = { discriminatorLoss: "discriminator", generatorLoss: "generator" };
const scores = { real: "real pairs", wrong: "wrong pairs", fake: "generated" };

// Begin, stop and continue a training, and watch it step by step.
export async function trainPage(place, words, signal) {
  const { runs } = await api.runs();
  const choose = (values, chosen) => element("select", {}, values.map(([value, name]) => element("option", { value, selected: value === chosen }, name)));
  const model = choose([["s2i", "sound to image"], ["i2s", "image to sound"], ["cmcgan", "both at once (CMCGAN)"]], "s2i");
  const preset = choose([["tiny", "tiny: seconds, learns nothing"], ["quick", "quick: minutes"], ["best", "best: an hour"], ["paper", "paper: hours"]], "quick");
  const scenario = choose([["instrument", "instrument: who plays what"], ["pose", "pose: the hand follows the note"]], "instrument");
  const seed = element("input", { type: "number", min: 0, value: 2017 }), name = element("input", { type: "text", maxLength: 80, placeholder: "model and time" });
  const stopped = runs.filter(run => run.state === "stopped");
  const begin = element("button.main", { type: "submit" }, "Begin");
  const form = element("form.panel.stack", {}, element("h2", {}, "Begin a run"),
    field("Model", model), field("Preset", preset), field("Scenario", scenario), field("Seed", seed), field("Name of the run folder", name),
    element("div.row", {}, begin));
  form.addEventListener("submit", event => {
    event.preventDefault();
    start({ model: model.value, preset: preset.value, scenario: scenario.value, seed: Number(seed.value), name: name.value });
  });
  const going = element("section.panel.stack", { hidden: true, ariaLive: "polite" });
  const continued = element("section.panel", { hidden: stopped.length === 0 }, element("h2", {}, "Continue a run"),
    element("div.row", {}, stopped.map(run => element("button", { onclick: () => start({ continue: run.id }) }, run.id))));
  const lossChart = chart("Losses, step by step", "step", [], signal), scoreChart = chart("What the discriminator gives", "step", [], signal);
  const timeChart = chart("Milliseconds a step", "step", [], signal);
  place.append(element("h1", {}, "Train"),
    element("p.lead", {}, "Begin a run here and watch every step of it. It goes on when this page is closed, and ends, saved, when the studio is closed."),
    element("div.columns", {}, element("div.stack", {}, going, form, continued),
      element("div.stack", {}, lossChart.panel, scoreChart.panel, timeChart.panel)));

  async function start(request) {
    try {
      show(await api.train({ model: "", preset: "", scenario: "", seed: 0, name: "", ...request }));
    } catch (error) {
      notice(error);
    }
  }

  function show(state) {
    const busy = state.state === "training" || state.state === "stopping";
    for (const button of [begin, ...continued.querySelectorAll("button")]) button.disabled = busy;
    going.hidden = state.state === "idle";
    if (going.hidden) return;
    going.replaceChildren(element("h2", {}, `${state.run}: ${state.state}`),
      state.stage ? element("progress", { max: Math.max(1, state.total), value: state.done, ariaLabel: state.stage }) : "",
      state.stage ? facts([["now", state.stage], ["done", `${state.done} of ${state.total} ${state.unit}`], ["left", duration(state.secondsLeft)],
        ["", state.detail ?? ""]]) : "",
      state.message ? element("p", {}, state.message) : "",
      element("div.row", {}, busy ? element("button", { onclick: () => api.stopTraining().then(show, notice), disabled: state.state === "stopping" },
        "Stop and save") : "", element("a", { href: `#run/${encodeURIComponent(state.run)}` }, "Its page")));
  }

  let drawn = 0;
  await new Promise(first => api.followTraining(signal, async state => {
    show(state);
    first();
    if (performance.now() - drawn < 1000 && state.state === "training") return;
    drawn = performance.now();
    try {
      const points = await api.steps();
      const curves = names => Object.entries(names).map(([key, label]) => ({ name: label, x: points.map(point => point.step), y: points.map(point => point[key]) }));
      lossChart.update(curves(losses));
      scoreChart.update(curves(scores).filter(curve => curve.y.some(value => value !== null)));
      timeChart.update(curves({ milliseconds: "milliseconds" }));
    } catch (error) {
      notice(error);
    }
  }));
}

function duration(seconds) {
  if (seconds === null) return "–";
  const minutes = Math.floor(seconds / 60);
  return minutes > 0 ? `${minutes} min ${Math.round(seconds % 60)} s` : `${Math.round(seconds)} s`;
}
