import { api } from "./api.js";
import { element, notice } from "./dom.js";
import { namingView } from "./naming.js";

const mostKept = 100;

function epochsOf(run) {
  return run.pictures.map(name => Number(name.match(/^epoch-(\d+)\.png$/)?.[1] ?? 0)).filter(epoch => epoch > 0);
}

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
    const found = kept.get(key);

    // However long somebody looks, so many pictures stay in memory.
    if (kept.size > mostKept) {
      const [oldest, source] = kept.entries().next().value;
      if (typeof source === "string") URL.revokeObjectURL(source);
      kept.delete(oldest);
    }
    return found;
  }

  async function show() {
    const epoch = epochs[slider.value];
    label.textContent = slider.ariaValueText = `epoch ${epoch}`;
    await Promise.all(views.map(async ({ run, image, absent, named, naming }) => {
      // A run that ended earlier, or drew no samples then, shows those before.
      const own = epochsOf(run).findLast(one => one <= epoch), tells = run.named_epochs.includes(own);
      [image.hidden, absent.hidden, named.hidden] = [own === undefined, own === epoch, !tells];
      absent.textContent = own === undefined ? "No samples so early." : `Epoch ${own}: the last before.`;
      if (own !== undefined) {
        const source = await ask(`${run.id}/${own}.png`, () => api.picture(run.id, `epoch-${String(own).padStart(4, "0")}.png`));
        if (epoch === epochs[slider.value]) [image.src, image.alt] = [source, `Samples of ${run.id} after epoch ${own}`];
      }
      if (tells) {
        const found = await ask(`${run.id}/${own}`, () => api.naming(run.id, own));
        if (epoch === epochs[slider.value]) naming.update(found);
      }
    }));
  }

  slider.addEventListener("input", () => {
    newest = runs.length === 1 && Number(slider.value) === epochs.length - 1;
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
          return { run, image, absent, named, naming, place: element("div.stack", {}, found.length > 1 ? element("h3", {}, run.id) : null, absent, image, named) };
        });
        grids.replaceChildren(...views.map(view => view.place));
        newest = true;
      }
      runs = found;
      views.forEach((view, i) => view.run = found[i]);
      epochs = [...new Set(found.flatMap(epochsOf))].sort((a, b) => a - b);
      panel.hidden = epochs.length === 0;
      if (epochs.length === 0) return;
      slider.max = epochs.length - 1;

      // The newest epoch that all have.
      if (newest) slider.value = epochs.indexOf(Math.min(...found.map(run => epochsOf(run).at(-1) ?? Infinity)));
      await show();
    },
  };
}
