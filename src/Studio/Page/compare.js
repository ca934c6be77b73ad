import { api } from "./api.js";
import { element, notice, percent } from "./dom.js";
import { chart, ganCurves } from "./charts.js";
import { figures } from "./figures.js";
import { samplesView } from "./samples.js";

// Runs side by side: curves over one another, samples of the same epoch, the figures with their intervals, the settings that differ.
export async function comparePage(place, chosen, signal) {
  const { runs } = await api.runs();
  const usable = runs.filter(run => !run.problem);
  place.append(element("h1", {}, "Compare"), element("p.lead", {}, "Choose runs to lay their curves over one another, to see their samples of the same epoch side by "
    + "side, and to see where their settings and figures differ."));
  const picks = usable.map(run => {
    const box = element("input", { type: "checkbox", checked: chosen.includes(run.id) });
    box.addEventListener("change", () => {
      const next = usable.filter((_, i) => boxes[i].checked).map(run => encodeURIComponent(run.id));
      location.hash = ["compare", ...next].join("/");
    });
    return [box, element("label.row", {}, box, run.id)];
  });
  const boxes = picks.map(([box]) => box);
  place.append(element("fieldset.panel", {}, element("legend", {}, "Runs"), element("div.row.picks", {}, picks.map(([, label]) => label)),
    usable.length ? null : "There is no run yet."));
  const found = (await Promise.all(chosen.map(id => api.run(id).catch(error => { notice(error); return null; })))).filter(run => run);
  if (found.length === 0) return;
  const over = (key, name, about) => {
    const drawn = chart(name, "epoch", found.map(run => ({ ...ganCurves(run.metrics, { [key]: run.id })[0] })), signal, { about });
    return drawn.panel;
  };
  const samples = samplesView(signal);
  place.append(element("div.stack.compared", {},
    element("div.charts", {}, over("validation_accuracy", "Samples named right", "Of validation conditions, by the judge."),
      over("score_fake", "What the discriminator gives generated samples", "Losses of different runs are hard to compare; this is a probability."),
      over("generator_loss", "The generator's loss"), over("discriminator_loss", "The discriminator's loss")),
    samples.panel,
    element("section.panel", {}, element("h2", {}, "Figures of validation conditions"),
      element("p.quiet", {}, "With 95 % intervals over songs, drawn on one scale for each row. Where two intervals lie far apart, the runs differ. Distances are measured by the judge of each run: they can be compared only where model, preset and data are the same."),
      figures(found.map(run => ({ name: `${run.id} (${run.state})`, split: run.evaluation?.validation }))),
      element("p.quiet", {}, "The judge names of real samples: " + found.map(run => `${run.id} ${percent(run.evaluation?.judge_real_accuracy)}`).join(", ") + ".")),
    table("Settings that differ", found, differing(found))));
  await samples.update(found);
}

function table(title, runs, rows) {
  return element("section.panel.scroll", { tabIndex: 0, ariaLabel: title, role: "region" }, element("h2", {}, title),
    rows.length === 0 ? "None." : element("table", {},
      element("thead", {}, element("tr", {}, element("td"), runs.map(run => element("th", { scope: "col" }, run.id)))),
      element("tbody", {}, rows.map(([name, value]) => element("tr", {}, element("th", { scope: "row" }, name),
        runs.map(run => element("td.number", {}, value(run))))))));
}

// Every setting, by its path, that is not the same in all runs.
function differing(runs) {
  const flat = runs.map(run => new Map(flatten(run.settings)));
  const paths = [...new Set(flat.flatMap(settings => [...settings.keys()]))];
  return paths.filter(path => new Set(flat.map(settings => settings.get(path))).size > 1)
    .map(path => [path.replaceAll("_", " "), run => flat[runs.indexOf(run)].get(path) ?? "–"]);
}

function flatten(value, path = "") {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return [[path, JSON.stringify(value)]];
  return Object.entries(value).flatMap(([name, part]) => flatten(part, path ? `${path}.${name}` : name));
}
