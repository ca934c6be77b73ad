import { api } from "./api.js";
import { element, notice } from "./dom.js";
import { namingView } from "./naming.js";

// The grids of samples of runs, side by side, with one slider over the epochs, and below each how they were named. It stays at the newest
// epoch until somebody moves it.
export function samplesView(signal) {
  const slider = element("input", { type: "range", min: 0, max: 0, value: 0, ariaLabel: "Epoch" });
  const label = element("span.quiet"), grids = element("div.grids");
  const panel = element("section.panel.samples", { hidden: true }, element("h2", {}, "Samples by epoch"), element("div.row.epochs", {}, slider, label), grids);
  const kept = new Map();
  let runs = [], epochs = [], newest = true, views = [];

  async function ask(key, from) {
    if (!kept.has(key)) kept.set(key, await from());
    return kept.get(key);
  }

  async function show() {
    const epoch = epochs[slider.value];
    label.textContent = slider.ariaValueText = `epoch ${epoch}`;
    await Promise.all(views.map(async ({ run, image, absent, named, naming }) => {
      const name = `epoch-${String(epoch).padStart(4, "0")}.png`, has = run.pictures.includes(name), tells = run.named_epochs.includes(epoch);
      [image.hidden, absent.hidden, named.hidden] = [!has, has, !tells];
      absent.textContent = `${run.id} has no samples of epoch ${epoch}.`;
      if (has) {
        const source = await ask(`${run.id}/${name}`, () => api.picture(run.id, name));
        if (epoch === epochs[slider.value]) [image.src, image.alt] = [source, `Samples of ${run.id} after epoch ${epoch}`];
      }
      if (tells) {
        const found = await ask(`${run.id}/${epoch}`, () => api.naming(run.id, epoch));
        if (epoch === epochs[slider.value]) naming.update(found);
      }
    }));
  }

  slider.addEventListener("input", () => {
    newest = Number(slider.value) === epochs.length - 1;
    show().catch(notice);
  });
  signal.addEventListener("abort", () => {
    for (const source of kept.values()) if (typeof source === "string") URL.revokeObjectURL(source);
  });
  return {
    panel,

    // How the samples of the epoch that is shown were named, of the first run; null where that is not known.
    get naming() { return kept.get(`${runs[0]?.id}/${epochs[slider.value]}`) ?? null; },

    async update(found) {
      if (found.length !== runs.length || found.some((run, i) => run.id !== runs[i].id)) {
        views = found.map(run => {
          const naming = namingView(signal), image = element("img.grid", { alt: "", hidden: true }), absent = element("p.quiet", { hidden: true });
          const named = element("details.named", { open: found.length === 1, hidden: true },
            element("summary", {}, "How the judge names the samples of this epoch: a row is what the condition is, a column what the judge says"), naming.place);
          return { run, image, absent, named, naming, place: element("div.stack", {}, found.length > 1 ? element("h3", {}, run.id) : null, image, absent, named) };
        });
        grids.replaceChildren(...views.map(view => view.place));
        newest = true;
      }
      runs = found;
      views.forEach((view, i) => view.run = found[i]);
      epochs = [...new Set(found.flatMap(run => run.pictures.map(name => Number(name.match(/^epoch-(\d+)\.png$/)?.[1] ?? 0)).filter(epoch => epoch > 0)))]
        .sort((a, b) => a - b);
      panel.hidden = epochs.length === 0;
      if (epochs.length === 0) return;
      slider.max = epochs.length - 1;
      if (newest) slider.value = epochs.length - 1;
      await show();
    },
  };
}
