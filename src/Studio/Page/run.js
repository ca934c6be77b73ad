import { api } from "./api.js";
import { element, facts, notice, percent } from "./dom.js";
import { accuracyNames, chart, ganCurves, lossNames, scoreNames } from "./charts.js";

// One run: how it learned, or is learning at this moment.
export async function runPage(place, [id], signal) {
  let run = await api.run(id);
  const state = element("p.lead");
  const charts = [
    [chart("Losses", "epoch", [], signal), lossNames],
    [chart("What the discriminator gives", "epoch", [], signal), scoreNames],
    [chart("Samples named right", "epoch", [], signal), accuracyNames],
  ];
  const samples = sampleSlider(id);
  const confusion = element("section.panel", { hidden: true });
  const settings = run.settings;
  place.append(element("h1", {}, id), state,
    element("div.columns", {},
      element("div.stack", {}, samples.panel, confusion,
        element("section.panel", {}, element("h2", {}, "Settings"), facts([
          ["command", settings.command], ["preset", settings.preset], ["scenario", settings.scenario], ["data", settings.data],
          ["device", settings.device], ["seed", String(settings.seed)], ["batch", String(settings.gan.batch)],
          ["learning rate", String(settings.gan.learning_rate)], ["loss", settings.gan.loss], ["width", String(settings.model.width)],
        ]))),
      element("div.stack", {}, charts.map(([drawn]) => drawn.panel))));

  async function show() {
    for (const [drawn, names] of charts) drawn.update(ganCurves(run.metrics, names));
    const accuracy = run.evaluation?.validation?.accuracy;
    const last = run.metrics.findLast(line => line.stage === "gan");
    state.textContent = `This run is ${run.state}.`
      + (last ? ` Epoch ${last.epoch}: ${percent(last.validation_accuracy)} of the samples of validation conditions are named right.` : "")
      + (accuracy === undefined ? "" : ` In the end it was ${percent(accuracy)}.`) + collapse(run.metrics);
    await samples.update(run.pictures.filter(name => name.startsWith("epoch-")));
    const named = run.pictures.find(name => name.startsWith("confusion"));
    if (named && confusion.hidden) {
      confusion.append(element("h2", {}, "How the samples are named"),
        element("img.grid", { src: await api.picture(id, named), alt: "Confusion matrix: rows are conditions, columns what the judge says." }));
      confusion.hidden = false;
    }
  }

  await show();
  api.follow(id, signal, async () => {
    try {
      run = await api.run(id);
      await show();
    } catch (error) {
      notice(error);
    }
  });
}

// Says so where the accuracy of an epoch fell below half of the best one before.
function collapse(metrics) {
  let best = 0;
  for (const line of metrics.filter(line => line.stage === "gan")) {
    if (line.validation_accuracy < best / 2)
      return ` It collapsed in epoch ${line.epoch}: its accuracy fell below half of the best.`;
    best = Math.max(best, line.validation_accuracy);
  }
  return "";
}

// The grid of samples of each epoch, with a slider over the epochs. It stays at the newest until somebody moves it.
function sampleSlider(id) {
  const slider = element("input", { type: "range", min: 0, max: 0, value: 0, ariaLabel: "Epoch" });
  const label = element("span.quiet"), image = element("img.grid", { alt: "" });
  const panel = element("section.panel", { hidden: true }, element("h2", {}, "Samples by epoch"), element("div.row", {}, slider, label), image);
  const kept = new Map();
  let names = [], newest = true;
  async function show() {
    const name = names[slider.value];
    if (!kept.has(name)) kept.set(name, await api.picture(id, name));
    image.src = kept.get(name);
    const epoch = Number(name.match(/\d+/)[0]);
    image.alt = `Samples after epoch ${epoch}`;
    label.textContent = slider.ariaValueText = `epoch ${epoch}`;
  }
  slider.addEventListener("input", () => {
    newest = Number(slider.value) === names.length - 1;
    show().catch(notice);
  });
  return {
    panel,
    async update(found) {
      names = found;
      panel.hidden = names.length === 0;
      if (names.length === 0) return;
      slider.max = names.length - 1;
      if (newest) slider.value = names.length - 1;
      await show();
    },
  };
}
