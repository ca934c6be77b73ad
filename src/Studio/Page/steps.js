import { api } from "./api.js";
import { element } from "./dom.js";
import { chart } from "./charts.js";
import { densities, dots, strips } from "./strips.js";

const columns = ["step", "learningRate", "discriminatorLoss", "generatorLoss", "scoreReal", "scoreWrong", "scoreFake", "milliseconds",
  "discriminatorGradient", "generatorGradient", "scores"];

// Everything that the steps of a run tell, and that grows while it trains. Only what is new is asked for.
export function stepsView(signal) {
  const seen = strips(signal);
  const last = element("button", { type: "button", ariaPressed: "true" }, "The last steps, sample by sample");
  const whole = element("button", { type: "button", ariaPressed: "false" }, "The whole run");
  const choice = element("div.row", { hidden: true }, last, whole);
  const scores = element("section.panel.scores", {}, element("h2", {}, "What the discriminator gives"),
    element("p.quiet", {}, "1: surely real and belonging together; 0: surely not. Line: mean; dotted: the middle half of the samples."), choice, seen.place);
  const losses = chart("Losses", "step", [], signal, { about: "What each player minimizes. Neither should run away from the other." });
  const gradients = chart("Gradient norms", "step", [], signal, { gaps: true,
    about: "How steep the way is for each player; known while somebody looked. Near 0 a player learns nothing more." });
  const times = chart("Step time", "step", [], signal, { about: "Milliseconds from one step to the next." });
  const rates = chart("Learning rate", "step", [], signal, { about: "How far a weight moves in a step, about.", format: value => value.toExponential(1) });
  let id, table, recent = [], recently = false;

  for (const button of [last, whole]) {
    button.addEventListener("click", () => {
      recently = button === last;
      showScores();
    });
  }

  function showScores() {
    choice.hidden = recent.length === 0;
    last.ariaPressed = String(recently);
    whole.ariaPressed = String(!recently);
    seen.update(recently && recent.length > 0 ? dots(recent) : table ? densities(table) : []);
  }

  return {
    scores,
    panels: [losses.panel, gradients.panel, times.panel, rates.panel],
    get table() { return table; },

    // Shows another run, or asks what is new of this one.
    async update(next, samples = false) {
      if (next !== id) [id, table, recent, recently] = [next, undefined, [], samples];
      const asked = id;
      const [found, sampled] = await Promise.all([api.steps(id, table?.step.at(-1) ?? 0, table?.stride ?? 1),
        samples ? api.stepSamples(recent.at(-1)?.step ?? 0) : []]);
      if (asked !== id) return;
      if (found.whole || !table) table = found;
      else if (found.step.length > 0) {
        const before = table.step.length;
        for (const name of columns) {
          if (found[name] && !table[name]) table[name] = Array(before).fill(null);
          if (table[name]) table[name] = [...table[name], ...(found[name] ?? Array(found.step.length).fill(null))];
        }
      }
      if (sampled.length > 0 && sampled[0].step !== recent.at(-1)?.step + 1) recent = [];
      recent = [...recent, ...sampled].slice(-160);
      const curve = (key, name) => ({ name, x: table.step, y: table[key] ?? [] });
      losses.update([curve("discriminatorLoss", "discriminator"), curve("generatorLoss", "generator")]);
      gradients.panel.hidden = !table.discriminatorGradient;
      gradients.update([curve("discriminatorGradient", "discriminator"), curve("generatorGradient", "generator")]);
      times.panel.hidden = !table.milliseconds;
      times.update([curve("milliseconds", "milliseconds")]);
      rates.update([curve("learningRate", "learning rate")]);
      showScores();
    },
  };
}
