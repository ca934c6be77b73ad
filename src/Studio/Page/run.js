import { api } from "./api.js";
import { element, facts, notice, percent } from "./dom.js";
import { accuracyNames, chart, ganCurves, lossNames, scoreNames } from "./charts.js";
import { classShares, figures } from "./figures.js";
import { namingView } from "./naming.js";
import { samplesView } from "./samples.js";
import { stepsView } from "./steps.js";
import { troubles, warningBox } from "./verdict.js";

// One run: how it learned, or is learning at this moment, here or in a terminal.
export async function runPage(place, [id], signal) {
  let run = await api.run(id), steps;
  const state = element("p.lead"), pill = element("span.pill"), exported = element("p.quiet", { hidden: run.state !== "finished" || run.pictures.length > 0 },
    "Its folder has no samples and no steps: a run that was exported is handed on without them.");
  const warnings = warningBox(), samples = samplesView(signal), evaluated = element("section.panel.stack", { hidden: true }), named = namingView(signal);
  const epochs = [
    [chart("Losses by epoch", "epoch", [], signal), lossNames],
    [chart("What the discriminator gives, by epoch", "epoch", [], signal), scoreNames],
    [chart("Samples named right", "epoch", [], signal, { about: "By the judge, after each epoch, of conditions that were trained on and of others." }), accuracyNames],
  ];
  const view = stepsView(signal), bySteps = element("div.stack", { hidden: true }, view.scores, element("div.charts", {}, view.panels));
  const before = chart("Before the GAN", "epoch", [], signal, { about: "What encoders and judges learned first: the share that each names right." });
  const { settings } = run;
  place.append(element("div.row.title", {}, element("h1", {}, id), pill), state, exported, warnings.place,
    element("div.columns", {},
      element("div.stack", {}, samples.panel,
        element("section.panel", {}, element("h2", {}, "Settings"), facts([
          ["command", settings.command], ["preset", settings.preset], ["scenario", settings.scenario], ["data", settings.data],
          ["device", settings.device], ["seed", String(settings.seed)], ["batch", String(settings.gan.batch)],
          ["learning rate", String(settings.gan.learning_rate)], ["loss", settings.gan.loss], ["width", String(settings.model.width)],
        ]))),
      element("div.stack", {}, bySteps, element("div.charts", {}, epochs.map(([drawn]) => drawn.panel), before.panel), evaluated)));

  async function show() {
    for (const [drawn, names] of epochs) drawn.update(ganCurves(run.metrics, names).filter(curve => curve.x.length > 0));
    before.update(stagesBefore(run.metrics));
    before.panel.hidden = stagesBefore(run.metrics).length === 0;
    pill.textContent = run.state;
    pill.className = `pill ${run.state}`;
    const last = run.metrics.findLast(line => line.stage === "gan");
    state.textContent = (last ? `Epoch ${last.epoch}: ${percent(last.validation_accuracy)} of the samples of validation conditions are named right.`
      : "Its GAN has made no epoch yet.") + (run.evaluation?.validation ? ` In the end it was ${percent(run.evaluation.validation.accuracy)}.` : "");
    await samples.update([run]);
    evaluated.hidden = !run.evaluation?.validation;
    if (!evaluated.hidden) {
      named.update(run.confusion);
      evaluated.replaceChildren(...[element("h2", {}, "In the end"),
        element("p.quiet", {}, `Measured on ${run.evaluation.validation.count} samples of validation conditions, with 95 % intervals over songs. `
          + `The judge names ${percent(run.evaluation.judge_real_accuracy)} of real ones right.`),
        figures([{ name: "validation", split: run.evaluation.validation }, { name: "training", split: run.evaluation.train }]),
        run.confusion ? named.place : await oldConfusion(), classShares(run.evaluation.validation)].filter(one => one));
    }
  }

  // A run of before there were numbers has a picture.
  async function oldConfusion() {
    const name = run.pictures.find(name => name.startsWith("confusion"));
    return name ? element("img.grid", { src: await api.picture(id, name), alt: "Confusion matrix: rows are conditions, columns what the judge says." }) : null;
  }

  async function showSteps() {
    await view.update(id);
    bySteps.hidden = view.table.step.length === 0;

    // Epochs say nothing that steps do not say better.
    epochs[0][0].panel.hidden = epochs[1][0].panel.hidden = !bySteps.hidden;
    warnings.update(troubles(run, view.table, samples.naming));
  }

  await show();
  await showSteps();
  let known, busy = false;
  api.follow(id, signal, async now => {
    const files = `${now.state} ${now.metrics} ${now.evaluation}`;
    if (now.state === "gone") {
      pill.textContent = pill.className = "gone";
      pill.className = "pill gone";
      state.textContent = "The folder of this run is gone. What stands here was read before.";
      return;
    }
    if (busy) return;
    busy = true;
    try {
      if (known !== undefined && known !== files) {
        run = await api.run(id);
        await show();
      }
      known = files;
      await showSteps();
    } catch (error) {
      notice(error);
    } finally {
      busy = false;
    }
  });
}

// The accuracies of what was trained before the GAN.
function stagesBefore(metrics) {
  const stages = Map.groupBy(metrics.filter(line => !line.stage.startsWith("gan") && line.validation_accuracy !== undefined), line => line.stage);
  return [...stages].map(([name, lines]) => ({ name, x: lines.map(line => line.epoch), y: lines.map(line => line.validation_accuracy) }));
}
