import { element } from "./dom.js";

// The tape as a strip: ops from left to right in the order they were made, what they were given below them, and who made what as lines.
// It is stepped through event by event: forward while results are made, and back while gradients come.
const column = 54, half = 22, box = 28, opsTop = 112, leavesTop = 164, leafStep = 32;

const glyphs = {
  "matrix product": "A·B", add: "+", subtract: "−", multiply: "×", divide: "÷", affine: "ax+b", sum: "Σ", square: "x²", sqrt: "√x", exp: "eˣ", log: "ln",
  abs: "|x|", tanh: "tanh", sigmoid: "σ", softplus: "soft+", convolution: "conv", "convolution input gradient": "convᵀ", "convolution add leaky relu": "conv",
  "batch norm": "norm", reshape: "view", slice: "part", concatenate: "join", broadcast: "copy", "log softmax": "lsoft", "leaky relu": "leaky",
  "leaky relu gradient": "mask", "add leaky relu": "leaky", embed: "pad", shift: "shift", "max pool": "max",
};

export const glyphOf = node => node.op === null ? (node.group === "given" ? "in" : node.name.endsWith("bias") ? "b" : "w") : glyphs[node.op] ?? node.op.slice(0, 5);

export const nodeOf = event => event < 0 ? -1 - event : event;

// The acts of a step: for each player forward, and back where it moves. What is walked back before a loss stands belongs to that loss.
export function acts({ nodes, events }) {
  const found = [], turn = events.findIndex(event => event >= 0 && nodes[event].forGenerator);
  for (const [from, to, generator] of [[0, turn < 0 ? events.length : turn, false], [turn < 0 ? events.length : turn, events.length, true]]) {
    if (from === to) continue;
    const back = from + events.slice(from, to).findLastIndex(event => event >= 0) + 1;
    found.push({ first: from, back: false, generator });
    if (back < to) found.push({ first: back, back: true, generator });
  }
  return found;
}

export function tapeStrip({ nodes, events }, go) {
  const places = new Map(), below = new Map(), users = nodes.map(() => []);
  const ops = nodes.map((node, i) => i).filter(i => nodes[i].op !== null);
  ops.forEach((i, at) => places.set(i, { x: at * column + column / 2 - half, y: opsTop }));
  for (const i of ops) {
    for (const input of nodes[i].inputs) {
      users[input].push(i);
      if (places.has(input)) continue;
      const depth = below.get(i) ?? 0;
      below.set(i, depth + 1);
      places.set(input, { x: places.get(i).x, y: leavesTop + depth * leafStep });
    }
  }
  const width = ops.length * column + 8, height = leavesTop + leafStep * Math.max(1, ...below.values()) + 4;
  const strip = element("div.reel"), lines = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  strip.style.width = `${width}px`;
  strip.style.height = `${height}px`;
  lines.setAttribute("width", width);
  lines.setAttribute("height", height);
  lines.setAttribute("aria-hidden", "true");
  strip.append(lines);

  // Bands: which network above, which layer below it.
  const band = (top, name, first, last, kind) => {
    const one = element(`div.band.${kind}`, { title: name }, kind === "part" ? name : element("span", {}, name));
    one.style.left = `${first * column + 2}px`;
    one.style.width = `${(last - first + 1) * column - 4}px`;
    one.style.top = `${top}px`;
    strip.append(one);
  };
  const stretches = (nameOf, draw) => {
    for (let first = 0; first < ops.length;) {
      let last = first;
      while (last + 1 < ops.length && nameOf(ops[last + 1]) === nameOf(ops[first])) last++;
      draw(nameOf(ops[first]), first, last);
      first = last + 1;
    }
  };
  stretches(i => nodes[i].group.split(".")[0], (name, first, last) => band(2, name, first, last, name));
  stretches(i => nodes[i].group, (name, first, last) => name.includes(".") && band(26, name.slice(name.indexOf(".") + 1), first, last, "part"));

  const edges = [];
  for (const to of ops) {
    for (const from of nodes[to].inputs) {
      const a = places.get(from), b = places.get(to), path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      const ax = a.x + half, bx = b.x + half, far = Math.abs(bx - ax);
      path.setAttribute("d", nodes[from].op === null
        ? (far === 0 ? `M${ax} ${a.y} V${b.y + box}` : `M${ax + half} ${a.y + box / 2} C${ax + 60} ${a.y + box / 2} ${bx} ${a.y + 20} ${bx} ${b.y + box}`)
        : far <= column ? `M${ax + half} ${a.y + box / 2} H${bx - half}`
          : `M${ax} ${a.y} C${ax} ${a.y - Math.min(52, 8 + far / 14)} ${bx} ${b.y - Math.min(52, 8 + far / 14)} ${bx} ${b.y}`);
      lines.append(path);
      edges.push({ from, to, path });
    }
  }

  const marks = nodes.map((node, i) => {
    const mark = element(`div.node${node.op === null ? node.group === "given" ? ".given" : ".weight" : ""}`,
      { id: `node-${i}`, role: "option", ariaSelected: "false", ariaLabel: `${glyphOf(node)}: ${title(node)}`, title: title(node), onclick: () => go(firstEvent(i)) }, glyphOf(node));
    const place = places.get(i) ?? { x: 0, y: height };
    mark.style.left = `${place.x}px`;
    mark.style.top = `${place.y}px`;
    strip.append(mark);
    return mark;
  });
  const firstEvent = i => events.indexOf(i);
  const scroll = element("div.tape", { tabIndex: 0, role: "listbox", ariaLabel: "The tape. Arrow keys go from event to event, Home and End to its ends." }, strip);

  // Shows the tape as it is after an event.
  function show(position) {
    const made = new Set(), lit = new Set();
    for (let i = 0; i <= position; i++) (events[i] < 0 ? lit : made).add(nodeOf(events[i]));
    const current = nodeOf(events[position]);
    marks.forEach((mark, i) => {
      mark.classList.toggle("done", made.has(i));
      mark.classList.toggle("lit", lit.has(i));
      mark.ariaSelected = String(i === current);
    });
    for (const { from, to, path } of edges)
      path.setAttribute("class", from === current || to === current ? "near" : lit.has(to) && lit.has(from) ? "lit" : made.has(to) ? "done" : "");
    scroll.setAttribute("aria-activedescendant", `node-${current}`);
    const x = (places.get(current) ?? { x: 0 }).x - scroll.clientWidth / 2 + column / 2;
    scroll.scrollLeft = x;
  }

  return { place: scroll, show, users };
}

export function title(node) {
  return node.op === null ? node.name : `${node.op}${node.group === "loss" ? ", of a loss" : `, ${node.group}`}`;
}
