import { element } from "./dom.js";

// Pictures of memory: rows of 32 words of four bytes, which are a cache line of 128 bytes, or one word of each of the 32 banks.
export const wordsInRow = 32;
const rowBytes = 4 * wordsInRow, sectorWords = 8, mostRows = 400;
const theme = matchMedia("(prefers-color-scheme: dark)");

// One of `count` colors round the circle.
export const hue = (index, count) => `hsl(${Math.round(360 * index / count)} 65% 55%)`;

// A canvas that is painted anew when its width or the theme changes. `paint` is given the context, the width and the theme's colors, sets
// the height by the function that it gets and says in a sentence what is to be seen.
export function picture(paint, signal) {
  const canvas = element("canvas.drawn", { role: "img" });
  const draw = () => {
    const width = Math.max(200, Math.floor(canvas.clientWidth)), ratio = devicePixelRatio, style = getComputedStyle(document.documentElement);
    const color = name => style.getPropertyValue("--" + name);
    const context = canvas.getContext("2d");
    const height = pixels => {
      canvas.width = width * ratio;
      canvas.height = Math.max(1, pixels) * ratio;
      canvas.style.height = `${pixels}px`;
      context.scale(ratio, ratio);
      context.font = "11px system-ui, sans-serif";
      context.textBaseline = "middle";
    };
    canvas.ariaLabel = paint(context, width, { edge: color("edge"), text: color("text"), quiet: color("quiet"), ground: color("ground"),
      accent: color("accent"), bad: color("bad") }, height) ?? "";
  };
  let before = 0;
  const watch = new ResizeObserver(() => {
    if (canvas.clientWidth === before) return;
    before = canvas.clientWidth;

    // In the next frame: a height that changes while sizes are observed would be observed again at once, which browsers complain of.
    requestAnimationFrame(draw);
  });
  watch.observe(canvas);
  theme.addEventListener("change", draw, { signal });
  signal.addEventListener("abort", () => watch.disconnect());
  return { canvas, draw };
}

// The lanes that a mask names.
export const lanesOf = mask => Array.from({ length: wordsInRow }, (_, lane) => lane).filter(lane => mask >>> lane & 1);

// A row's number and a word's place in it, for a byte of an array.
const rowOf = (array, offset) => Math.floor((array.skew + offset) / rowBytes);
const columnOf = (array, offset) => Math.floor((array.skew + offset) % rowBytes / 4);

function wordsOf(array, offset, bytes) {
  const words = [];
  for (let at = offset; at < offset + bytes; at += 4) words.push([rowOf(array, at), columnOf(array, at)]);
  return words;
}

// One access of a warp: its 32 lanes above, below them the rows that they touch, and a line from each lane to its word.
export function paintAccess(context, width, colors, setHeight, array, access) {
  const margin = 64, cell = (width - margin) / wordsInRow, lanes = lanesOf(access.lanes), idle = lanesOf(access.idle);
  const touched = new Map();
  for (const lane of lanes) {
    for (const [row, column] of wordsOf(array, access.offsets[lane], access.bytes)) {
      if (!touched.has(row)) touched.set(row, new Map());
      touched.get(row).set(column, [...touched.get(row).get(column) ?? [], lane]);
    }
  }
  const rows = [...touched.keys()].sort((a, b) => a - b), top = 90, high = 15;
  setHeight(top + rows.length * high + 22);
  context.fillStyle = colors.quiet;
  context.fillText("lanes", 0, 14);
  for (let lane = 0; lane < wordsInRow; lane++) {
    const x = margin + lane * cell, here = lanes.includes(lane);
    context.fillStyle = here ? hue(lane, wordsInRow) : colors.edge;
    if (here || idle.includes(lane)) context.fillRect(x + 0.5, 4, cell - 1, 20);
    if (cell > 14) {
      context.fillStyle = here ? "#000" : colors.quiet;
      context.textAlign = "center";
      context.fillText(lane, x + cell / 2, 14);
      context.textAlign = "left";
    }
  }
  rows.forEach((row, i) => {
    const y = top + i * high, words = touched.get(row);
    context.fillStyle = colors.quiet;
    context.fillText(`+${Math.max(0, row * rowBytes - array.skew)}`, 0, y + high / 2);
    for (let column = 0; column < wordsInRow; column++) {
      const x = margin + column * cell, by = words.get(column);
      const sector = Math.floor(column / sectorWords) * sectorWords;
      const moved = !array.isShared && Array.from({ length: sectorWords }, (_, k) => sector + k).some(word => words.has(word));
      context.fillStyle = by ? hue(by[0], wordsInRow) : moved ? colors.edge : colors.ground;
      context.fillRect(x, y + 1, cell, high - 2);
      context.strokeStyle = colors.edge;
      context.strokeRect(x, y + 1, cell, high - 2);
    }
    if (array.isShared) return;
    context.strokeStyle = colors.text;
    for (let sector = 0; sector < wordsInRow; sector += sectorWords)
      if ([...words.keys()].some(word => word >= sector && word < sector + sectorWords))
        context.strokeRect(margin + sector * cell, y + 1, sectorWords * cell, high - 2);
  });
  for (const lane of lanes) {
    const [row, column] = wordsOf(array, access.offsets[lane], access.bytes)[0];
    context.strokeStyle = hue(lane, wordsInRow);
    context.beginPath();
    context.moveTo(margin + (lane + 0.5) * cell, 24);
    context.lineTo(margin + (column + 0.5) * cell, top + rows.indexOf(row) * high + high / 2);
    context.stroke();
  }
  if (array.isShared && access.conflict > 1) {
    const counts = Array.from({ length: wordsInRow }, (_, column) => rows.filter(row => touched.get(row).has(column)).length);
    const worst = counts.indexOf(Math.max(...counts));
    context.strokeStyle = colors.bad;
    context.lineWidth = 2;
    context.strokeRect(margin + worst * cell, top, cell, rows.length * high);
    context.lineWidth = 1;
  }
  context.fillStyle = colors.quiet;
  const below = top + rows.length * high + 12;
  context.fillText(array.isShared ? "banks 0 to 31" : "each row is a cache line of 128 bytes: four sectors of 32", margin, below);
  return explain(array, access);
}

// What an access of a warp costs, in plain words.
export function explain(array, access) {
  const lanes = lanesOf(access.lanes).length, idle = lanesOf(access.idle).length, bytes = access.bytes;
  const who = `${lanes} lane${lanes === 1 ? "" : "s"} ${{ load: "read", store: "write", update: "update" }[access.kind]} ${bytes} byte${bytes === 1 ? "" : "s"}`
    + `${lanes === 1 ? "" : " each"} ${access.kind === "load" ? "of" : access.kind === "store" ? "to" : "in"} ${array.name}.`;
  const cost = array.isShared
    ? access.requests === access.idealRequests
      ? " No bank has to give two words at once: no conflict."
      : ` One bank has to give ${access.conflict} different words, one after the other: shared memory is asked ${access.requests} times, where ${access.idealRequests} would do.`
    : access.sectors === access.idealSectors
      ? ` ${access.sectors} sector${access.sectors === 1 ? "" : "s"} of 32 bytes move, no more than must: coalesced.`
      : ` ${access.sectors} sectors of 32 bytes move; side by side the same bytes would take ${access.idealSectors}.`;
  return who + cost + (idle > 0 ? ` ${idle} lane${idle === 1 ? " is" : "s are"} idle meanwhile: the branch is not theirs, or they have no work.` : "");
}

// Which words of an array were touched in a phase, and by which thread last: { row → column → { load, store } }.
export function touchedWords(array, index, accesses) {
  const rows = new Map();
  for (const access of accesses) {
    if (access.array !== index) continue;
    for (const lane of lanesOf(access.lanes)) {
      for (const [row, column] of wordsOf(array, access.offsets[lane], access.bytes)) {
        if (!rows.has(row)) rows.set(row, new Map());
        const word = rows.get(row).get(column) ?? {};
        word[access.kind === "load" ? "load" : "store"] = 32 * access.warp + lane;
        rows.get(row).set(column, word);
      }
    }
  }
  return rows;
}

// The words of an array: filled where a thread stored, a dot where one only read. Rows that nobody touched are left out of device memory.
export function paintMemory(context, width, colors, setHeight, array, rows, colorOf) {
  const margin = 64, cell = (width - margin) / wordsInRow;
  const all = array.isShared ? Array.from({ length: Math.ceil((array.skew + array.bytes) / rowBytes) }, (_, row) => row)
    : [...rows.keys()].sort((a, b) => a - b);
  const shown = all.slice(0, mostRows), high = shown.length > 100 ? 6 : 12;
  setHeight(Math.max(1, shown.length) * high + (all.length > shown.length ? 20 : 2));
  shown.forEach((row, i) => {
    const y = i * high, words = rows.get(row);
    if (i % Math.ceil(12 / high) === 0) {
      context.fillStyle = colors.quiet;
      context.fillText(`+${Math.max(0, row * rowBytes - array.skew)}`, 0, y + high / 2 + 1);
    }
    for (let column = 0; column < wordsInRow; column++) {
      const at = row * rowBytes + 4 * column - array.skew, x = margin + column * cell;
      if (at < 0 || at >= array.bytes) continue;
      const word = words?.get(column);
      context.fillStyle = word?.store !== undefined ? colorOf(word.store) : colors.ground;
      context.fillRect(x, y, cell - 1, high - 1);
      context.strokeStyle = colors.edge;
      context.strokeRect(x + 0.5, y + 0.5, cell - 1, high - 1);
      if (word?.load === undefined) continue;
      context.fillStyle = word.store !== undefined ? "#000" : colorOf(word.load);
      const size = Math.max(2, Math.min(cell, high) / (word.store !== undefined ? 3 : 1.6));
      context.fillRect(x + (cell - size) / 2, y + (high - size) / 2, size, size);
    }
  });
  if (all.length > shown.length) {
    context.fillStyle = colors.quiet;
    context.fillText(`… and ${all.length - shown.length} more rows`, margin, shown.length * high + 10);
  }
  const words = [...rows.values()].reduce((sum, columns) => sum + columns.size, 0);
  return `${words} words of ${array.name} are touched in this phase`;
}

// The threads of a block, a row each warp: how much each did in this phase, or who takes part in the chosen access.
export function paintThreads(context, width, colors, setHeight, report, counts, access, chosen) {
  const margin = 64, cell = (width - margin) / wordsInRow, high = report.warps > 16 ? 9 : 15, most = Math.max(1, ...counts);
  setHeight(report.warps * high + 2);
  for (let thread = 0; thread < report.threads; thread++) {
    const warp = Math.floor(thread / 32), lane = thread % 32, x = margin + lane * cell, y = warp * high;
    if (lane === 0 && (high > 10 || warp % 2 === 0)) {
      context.fillStyle = colors.quiet;
      context.fillText(`warp ${warp}`, 0, y + high / 2);
    }
    const isOf = access && access.warp === warp, works = isOf ? access.lanes >>> lane & 1 : counts[thread] > 0;
    context.globalAlpha = works && !isOf ? 0.25 + 0.75 * counts[thread] / most : 1;
    context.fillStyle = works ? isOf ? hue(lane, wordsInRow) : colors.accent : colors.edge;
    context.fillRect(x, y, cell - 1, high - 1);
    context.globalAlpha = 1;
    if (thread === chosen) {
      context.strokeStyle = colors.text;
      context.lineWidth = 2;
      context.strokeRect(x, y, cell - 1, high - 1);
      context.lineWidth = 1;
    }
  }
  const idle = counts.filter(count => count === 0).length;
  return `${report.threads} threads in ${report.warps} warps; ${idle} of them touch no memory in this phase`;
}

// The thread under a point of the picture above; null where there is none.
export function threadAt(canvas, report, event) {
  const box = canvas.getBoundingClientRect(), margin = 64;
  const lane = Math.floor((event.clientX - box.left - margin) / ((box.width - margin) / wordsInRow));
  const warp = Math.floor((event.clientY - box.top) / (report.warps > 16 ? 9 : 15)), thread = 32 * warp + lane;
  return lane >= 0 && lane < 32 && thread < report.threads ? thread : null;
}

// The blocks of a grid, wrapped where they lie in one row, with the chosen one lit.
export function paintGrid(context, width, colors, setHeight, grid, chosen) {
  const { columns, cell, count } = gridLayout(width, grid);
  setHeight(Math.ceil(count / columns) * cell + 1);
  for (let i = 0; i < count; i++) {
    context.fillStyle = i === chosen ? colors.accent : colors.edge;
    context.fillRect(i % columns * cell, Math.floor(i / columns) * cell, cell - 2, cell - 2);
  }
  return `${grid.join(" × ")} blocks`;
}

export function blockAt(canvas, grid, event) {
  const box = canvas.getBoundingClientRect(), { columns, cell, count } = gridLayout(box.width, grid);
  const i = Math.floor((event.clientX - box.left) / cell) + columns * Math.floor((event.clientY - box.top) / cell);
  return i < count ? i : null;
}

function gridLayout(width, [x, y, z]) {
  const count = Math.min(1024, x * y * z), columns = Math.min(y * z > 1 ? x : 32, Math.max(1, Math.floor(width / 6)), Math.max(1, count));
  return { count, columns, cell: Math.min(18, Math.floor(width / columns)) };
}
