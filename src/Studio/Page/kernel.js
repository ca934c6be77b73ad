import { api } from "./api.js";
import { element, facts, field, notice } from "./dom.js";
import { blockAt, explain, hue, lanesOf, paintAccess, paintGrid, paintMemory, paintThreads, picture, threadAt, touchedWords,
  wordsInRow } from "./kernel-pictures.js";

const standard = "movement_transpose_4", mostListed = 200;

// A CUDA kernel, run on the simulator and stepped from barrier to barrier.
export async function kernelPage(place, words, signal) {
  const busy = element("p.busy", { role: "status", hidden: true });
  place.append(element("h1", {}, "Kernel"), element("p.lead", {}, "A CUDA kernel is a function that thousands of threads run at once. Choose one: "
    + "a small launch of it runs here without a GPU, and you step one block of its threads from barrier to barrier."), busy);
  show(place, busy, words, signal).catch(error => { if (!signal.aborted) notice(error); });
}

async function show(place, busy, [wanted, wantedLaunch, wantedBlock], signal) {
  const waiting = wait(busy, signal);
  const files = await waiting("Looking which kernels there are", api.kernels());
  const kernels = files.flatMap(file => file.kernels);
  const kernel = element("select", {}, files.map(file => element("optgroup", { label: file.file }, file.kernels.map(one =>
    element("option", { value: one.name, selected: one.name === (kernels.some(k => k.name === wanted) ? wanted : standard) }, one.name)))));
  const launch = element("select"), purpose = element("p.quiet");
  const block = element("input", { type: "text", value: wantedBlock ?? "0,0,0", size: 8 });
  const state = { report: null, sources: null, accesses: [], phase: 0, warp: 0, thread: 0, access: null, line: null, array: null };
  let asked = [], recordings = 0, steps = 0;

  const launches = chosen => {
    const one = kernels.find(k => k.name === kernel.value);
    launch.replaceChildren(...one.launches.map((ready, i) => element("option", { value: i, selected: i === chosen },
      ready.name + (ready.precision === "float32" ? "" : `, ${ready.precision}`))));
    purpose.textContent = one.purpose;
  };
  launches(Number(wantedLaunch ?? 0));

  // The block: its grid, its threads, one thread's story.
  const grid = picture((context, width, colors, height) => paintGrid(context, width, colors, height, state.report?.grid ?? [1, 1, 1], chosenBlock()), signal);
  const threads = picture((context, width, colors, height) => state.report
    ? paintThreads(context, width, colors, height, state.report, threadCounts(), state.access, state.thread) : height(1), signal);
  const shape = element("div"), thread = element("input", { type: "number", min: 0, value: 0 });
  const story = element("div.story", { tabIndex: 0, role: "region", ariaLabel: "What the thread loads and stores" });

  // The phase.
  const slider = element("input", { type: "range", min: 0, value: 0, ariaLabel: "Phase between two barriers" });
  const back = element("button", { type: "button" }, "◀ Back"), forward = element("button.main", { type: "button" }, "Step to the next barrier ▶");
  const where = element("p", { ariaLive: "polite" });
  const warp = element("input", { type: "number", min: 0, value: 0 });
  const list = element("div.accesses", { tabIndex: 0, role: "region", ariaLabel: "Accesses of the warp" });
  const access = picture((context, width, colors, height) => state.access
    ? paintAccess(context, width, colors, height, state.report.arrays[state.access.array], state.access) : height(1), signal);
  const said = element("p", { ariaLive: "polite" });
  const arrays = element("select"), coloring = element("select", {}, element("option", { value: "lane" }, "lane"), element("option", { value: "warp" }, "warp"));
  const memory = picture((context, width, colors, height) => state.array !== null ? paintPhase(context, width, colors, height) : height(1), signal);
  const source = element("div.source", { tabIndex: 0, role: "region", ariaLabel: "The source" }), lines = element("div");

  const stage = element("div.stack.kernel", { hidden: true },
    element("section.panel.stepper", {}, back, forward, slider, where),
    element("div.columns", {},
      element("div.stack", {},
        element("section.panel.stack", {}, element("h2", {}, "The threads of the block"), element("p.quiet", {}, "32 threads are a warp: one row. "
          + "Its lanes do the same thing at the same time; gray ones are idle. Click a thread to follow it."), threads.canvas),
        element("section.panel.stack", {}, element("h2", {}, "One thread"), field("Thread", thread),
          element("p.quiet", {}, "All that it loads into registers and stores from them, in order; the bar marks this phase."), story),
        element("section.panel.stack", {}, element("h2", {}, "The grid of blocks"), element("p.quiet", {}, "A launch is a grid of blocks, which know nothing "
          + "of each other. The lit one is shown; click another."), grid.canvas, shape)),
      element("div.stack", {},
        element("section.panel.stack", {}, element("h2", {}, "The source"), element("p.quiet", {}, "Lit: lines that touch memory in this phase, with how often "
          + "warps come there. Choose one to see its accesses alone."), source),
        element("section.panel.stack", {}, element("div.row.apart", {}, element("h2", {}, "One access of a warp"), element("label.row", {}, "Warp", warp)),
          list, said, access.canvas),
        element("section.panel.stack", {}, element("h2", {}, "The memory in this phase"),
          element("p.quiet", {}, "Rows of 32 words. Filled: a thread stores there. A dot: one reads. The color says which lane, or which warp, it is."),
          element("div.row", {}, field("Array", arrays), field("Color by", coloring)),
          element("div.map", { tabIndex: 0, role: "region", ariaLabel: "Memory" }, memory.canvas)),
        element("section.panel.stack.scroll", { tabIndex: 0, role: "region", ariaLabel: "All lines" }, element("h2", {}, "All phases, line by line"),
          element("p.quiet", {}, "Device memory moves in sectors of 32 bytes; shared memory has 32 banks that give one word at a time. "
            + "What is more than the ideal is waiting."), lines))));
  place.append(element("form.panel.row.kernel-choice", { onsubmit: event => { event.preventDefault(); record(); } },
    field("Kernel", kernel), field("Launch", launch), field("Block x,y,z", block), element("button.main", { type: "submit" }, "Run"), purpose), stage);

  const chosenBlock = () => state.report ? state.report.blockIndex[0] + state.report.grid[0] * (state.report.blockIndex[1] + state.report.grid[1] * state.report.blockIndex[2]) : 0;

  async function record() {
    const mine = ++recordings, choice = [kernel.value, Number(launch.value), block.value];
    try {
      const answer = await waiting("Running it on the simulator", api.kernel(...choice));
      if (mine !== recordings || signal.aborted) return;
      asked = choice;
      Object.assign(state, answer, { accesses: [], phase: 0, warp: 0, access: null, line: null, array: null });
      const { report } = state;
      state.thread = Math.min(state.thread, report.threads - 1);
      history.replaceState(null, "", "#" + ["kernel", ...asked].map(encodeURIComponent).join("/"));
      shape.replaceChildren(facts([["grid", report.grid.join(" × ")], ["block", `${report.block.join(" × ")} threads`], ["warps", report.warps],
        ["phases", report.phases.length], ...report.arrays.map(array => [array.name, `${array.isShared ? "shared, " : ""}${array.type}, ${array.bytes.toLocaleString("en")} bytes`]),
        ["recorded", `${report.events.toLocaleString("en")} events`]]),
      report.dropped > 0 ? element("p.bound", {}, `${report.dropped.toLocaleString("en")} more events were not recorded: a block may leave `
        + `${report.events.toLocaleString("en")}. The last phases are shown in part, or not at all.`) : "");
      slider.max = report.phases.length - 1;
      warp.max = report.warps - 1;
      thread.max = report.threads - 1;
      arrays.replaceChildren(...report.arrays.map((array, i) => element("option", { value: i }, array.name + (array.isShared ? " (shared)" : ""))));
      showLines();
      stage.hidden = false;
      grid.draw();
      await Promise.all([toPhase(0), showThread()]);
    } catch (error) {
      if (!signal.aborted) notice(error);
    }
  }

  async function toPhase(phase) {
    const last = state.report.phases.length - 1;
    phase = Math.max(0, Math.min(last, phase));
    const mine = ++steps, found = await api.kernelPhase(...asked, phase);
    if (mine !== steps) return;
    Object.assign(state, { phase, accesses: found });
    slider.value = phase;
    back.disabled = phase === 0;
    forward.disabled = phase === last;
    const { barrier, events } = state.report.phases[phase];
    where.textContent = `Phase ${phase + 1} of ${last + 1}: ${events.toLocaleString("en")} accesses of threads, up to `
      + (barrier ? `the barrier at ${barrier}, where every thread waits for all others.` : "the end of the kernel.");
    if (state.array === null || !found.some(one => one.array === state.array)) {
      const touched = state.report.arrays.map((_, i) => found.some(one => one.array === i));
      const shared = state.report.arrays.findIndex((array, i) => array.isShared && touched[i]);
      state.array = shared >= 0 ? shared : Math.max(0, touched.indexOf(true));
      arrays.value = state.array;
    }
    showAccesses();
    showSource();
    memory.draw();
    showStoryPhase();
  }

  // The accesses of the chosen warp, or of the chosen line; the first of them is drawn.
  function showAccesses() {
    const mine = state.accesses.filter(one => one.warp === state.warp && (state.line === null || one.place === state.line));
    warp.value = state.warp;
    list.replaceChildren(...mine.slice(0, mostListed).map(one => {
      const array = state.report.arrays[one.array], isBad = array.isShared ? one.requests > one.idealRequests : one.sectors > one.idealSectors;
      return element("button", { type: "button", ariaPressed: "false", onclick: event => choose(one, event.currentTarget) },
        `${one.place} · ${one.kind} ${array.name} · ${lanesOf(one.lanes).length} lane${lanesOf(one.lanes).length === 1 ? "" : "s"} · `,
        element(isBad ? "strong.costly" : "span", {}, array.isShared ? (one.conflict > 1 ? `${one.conflict}-way conflict` : "no conflict") : one.sectors === one.idealSectors ? `${one.sectors} sectors, all needed` : `${one.sectors} sectors, ${one.idealSectors} would do`));
    }));
    if (mine.length > mostListed) list.append(element("p.quiet", {}, `… and ${mine.length - mostListed} more`));
    if (mine.length === 0) list.append(element("p.quiet", {}, `Warp ${state.warp} touches no memory ${state.line ? `at ${state.line} ` : ""}in this phase.`));
    choose(mine[0] ?? null, list.querySelector("button"));
  }

  function choose(one, button) {
    state.access = one;
    for (const other of list.querySelectorAll("button")) other.ariaPressed = String(other === button);
    said.textContent = one ? explain(state.report.arrays[one.array], one) : "";
    access.draw();
    threads.draw();
  }

  function threadCounts() {
    const counts = new Array(state.report.threads).fill(0);
    for (const one of state.accesses) for (const lane of lanesOf(one.lanes)) counts[32 * one.warp + lane]++;
    return counts;
  }

  function paintPhase(context, width, colors, height) {
    const array = state.report.arrays[state.array], rows = touchedWords(array, state.array, state.accesses);
    const colorOf = coloring.value === "lane" ? by => hue(by % 32, wordsInRow) : by => hue(Math.floor(by / 32), state.report.warps);
    return paintMemory(context, width, colors, height, array, rows, colorOf);
  }

  function showSource() {
    const here = counted(state.accesses), ever = new Set(state.report.lines.map(line => line.place));
    const position = source.scrollTop, first = source.childElementCount === 0;
    source.replaceChildren(...Object.entries(state.sources).map(([file, text]) => element("div", {}, element("h3", {}, file),
      text.split("\n").map((code, i) => {
        const name = `${file}:${i + 1}`, count = here.get(name);
        const parts = [element("span.number", {}, i + 1), element("span.count", {}, count ? `${count}×` : ""), element("code", {}, code || " ")];
        return ever.has(name)
          ? element(`button.line${count ? ".lit" : ""}`, { type: "button", ariaPressed: String(state.line === name), onclick: () => chooseLine(name) }, parts)
          : element("div.line", {}, parts);
      }))));
    source.scrollTop = position;
    const lit = source.querySelector(".lit");
    if (lit && (first || lit.offsetTop < source.scrollTop || lit.offsetTop > source.scrollTop + source.clientHeight))
      source.scrollTop = lit.offsetTop - source.clientHeight / 3;
  }

  // A line is chosen, or let go; its first access may be another warp's.
  function chooseLine(name) {
    state.line = state.line === name ? null : name;
    const theirs = state.accesses.filter(one => one.place === state.line);
    if (theirs.length > 0 && !theirs.some(one => one.warp === state.warp)) state.warp = theirs[0].warp;
    showAccesses();
    showSource();
  }

  function showLines() {
    const { report } = state;
    lines.replaceChildren(element("table", {}, element("thead", {}, element("tr", {},
      ["line", "access", "warps", "lanes", "with idle lanes", "moved", "ideal", "worst conflict"].map(name => element("th", { scope: "col" }, name)))),
    element("tbody", {}, report.lines.map(line => {
      const array = report.arrays[line.array], moved = array.isShared ? line.requests : line.sectors, ideal = array.isShared ? line.idealRequests : line.idealSectors;
      const cells = [`${line.kind} ${array.name}`, line.accesses, Number(line.lanes.toFixed(1)), line.divergent, moved, ideal, array.isShared ? line.worstConflict : ""];
      return element("tr", {}, element("th", { scope: "row" }, line.place), cells.map((cell, i) =>
        element(`td.number${i === 4 && moved > ideal ? ".costly" : ""}`, {}, cell)));
    }))));
  }

  async function showThread() {
    thread.value = state.thread;
    threads.draw();
    const { report, thread: mine } = state, events = await api.kernelThread(...asked, mine);
    if (state.report !== report || state.thread !== mine) return;
    story.replaceChildren(...events.slice(0, 1000).map(one => {
      const array = state.report.arrays[one.array];
      const what = array ? `${one.kind} ${array.name}[${one.bytes === 0 ? "" : one.offset / Math.min(4, one.bytes)}]` : one.name;
      return element("div.event", {}, element("span.quiet", {}, `${one.phase + 1} · ${one.place}`), element("span", {}, what),
        element("span.number", {}, one.values.map(brief).join(", ")));
    }));
    if (events.length > 1000) story.append(element("p.quiet", {}, `… and ${events.length - 1000} more`));
    if (events.length === 0) story.append(element("p.quiet", {}, "It touches no memory: there is no work for it."));
    story.phases = events.map(one => one.phase);
    showStoryPhase();
  }

  function showStoryPhase() {
    const rows = story.querySelectorAll(".event");
    rows.forEach((row, i) => row.classList.toggle("now", story.phases[i] === state.phase));
    const first = [...rows].find(row => row.classList.contains("now"));
    if (first) story.scrollTop = first.offsetTop - 8;
  }

  const step = by => state.report && toPhase(state.phase + by).catch(notice);
  back.addEventListener("click", () => step(-1));
  forward.addEventListener("click", () => step(1));
  slider.addEventListener("input", () => toPhase(Number(slider.value)).catch(notice));
  warp.addEventListener("change", () => { state.warp = Math.max(0, Math.min(state.report.warps - 1, Number(warp.value))); showAccesses(); });
  arrays.addEventListener("change", () => { state.array = Number(arrays.value); memory.draw(); });
  coloring.addEventListener("change", () => memory.draw());
  thread.addEventListener("change", () => followThread(Number(thread.value)));
  threads.canvas.addEventListener("click", event => { const at = threadAt(threads.canvas, state.report, event); if (at !== null) followThread(at); });
  grid.canvas.addEventListener("click", event => {
    const { grid: [x, y] } = state.report, at = blockAt(grid.canvas, state.report.grid, event);
    if (at === null) return;
    block.value = [at % x, Math.floor(at / x) % y, Math.floor(at / x / y)].join(",");
    record();
  });
  kernel.addEventListener("change", () => { launches(0); block.value = "0,0,0"; record(); });
  launch.addEventListener("change", () => { block.value = "0,0,0"; record(); });
  addEventListener("keydown", event => {
    if (!(event.key === "ArrowRight" || event.key === "ArrowLeft") || event.target.matches?.("input, select, [role=region]")) return;
    event.preventDefault();
    step(event.key === "ArrowRight" ? 1 : -1);
  }, { signal });

  function followThread(at) {
    state.thread = Math.max(0, Math.min(state.report.threads - 1, at));
    state.warp = Math.floor(state.thread / 32);
    showAccesses();
    showThread().catch(notice);
  }

  record();
}

// How often warps come to each line.
function counted(accesses) {
  const counts = new Map();
  for (const one of accesses) counts.set(one.place, (counts.get(one.place) ?? 0) + 1);
  return counts;
}

function brief(value) {
  return typeof value === "string" || Number.isInteger(value) ? String(value) : value.toPrecision(4);
}

// Says what is going on while something takes longer than a moment: the first run of a kernel file compiles it, which takes seconds.
function wait(busy, signal) {
  return async (what, work) => {
    const begin = performance.now();
    const look = async () => {
      const { doing } = await api.kernelDoing().catch(() => ({ doing: null }));
      busy.textContent = `${what}… ${doing ? `${doing}, once; it is kept. ` : ""}${Math.round((performance.now() - begin) / 1000)} s`;
    };
    busy.textContent = what + "…";
    busy.hidden = false;
    const timer = setInterval(look, 500);
    signal.addEventListener("abort", () => clearInterval(timer));
    try {
      return await work;
    } finally {
      clearInterval(timer);
      busy.hidden = true;
    }
  };
}
