import { element } from "./dom.js";
import { svg } from "./inside-paint.js";

// What goes into each network and comes out of it; `at` names the layer that an input meets, where it is not the first.
const signals = {
  encoder: { into: [["sound"]], out: ["code"], does: "hears" },
  generator: { into: [["code"], ["noise"]], out: ["picture"], does: "draws" },
  discriminator: { into: [["picture"], ["code", "mix"]], out: ["belief"], does: "doubts" },
  judge: { into: [["picture"]], out: ["name"], does: "names" },
};
// From which network's output to which one's input, and the distances that keep wires apart in the gaps between the networks.
const wires = [["encoder", "generator", "code", 0.5], ["encoder", "discriminator", "code", 0.3],
  ["generator", "discriminator", "picture", 0.65], ["generator", "judge", "picture", 0.5]];

// The networks as blocks side by side, layer under layer, joined by what flows between them.
export function diagram(inside, choose, signal) {
  const place = element("div.networks"), lines = svg("svg", { class: "wires", "aria-hidden": "true" });
  const panel = element("section.panel.stack", {}, element("h2", {}, "The networks"), element("p.quiet", {},
    "Each layer with the shape of what it makes, what it has learned, and its time; the bar is its share of all. Choose one to look into "
    + "it."),
  place);
  const watch = new ResizeObserver(() => wire(place, lines));
  watch.observe(place);
  signal.addEventListener("abort", () => watch.disconnect());

  function show() {
    const { size, score, seen } = inside.looked.drawn, times = [...inside.layers.values()].map(layer => layer.milliseconds);
    const total = times.reduce((sum, time) => sum + time, 0), most = Math.max(...times);
    const sizes = { sound: inside.spectrum.join("×"), code: inside.heard.code.length, noise: inside.noise.length,
      picture: `${size}×${size}×3`,
      belief: `${(100 * score).toFixed(0)} % real and of this sound`, name: seen.replace("_", " ") };
    const port = (what, way, network) => element(`span.port.${what}`, { "data-port": `${network} ${way} ${what}` },
      way === "into" ? "→ " : "", element("b", {}, what), ` ${sizes[what]}`);
    place.replaceChildren(lines, ...inside.plans.map(({ name, layers }) => {
      const { into, out, does } = signals[name], passed = layers.filter(layer => inside.layers.has(`${name} ${layer.name}`));
      const learned = passed.reduce((sum, layer) => sum + layer.parameters, 0), aside = layers.length - passed.length;
      const time = passed.reduce((sum, layer) => sum + inside.layers.get(`${name} ${layer.name}`).milliseconds, 0);
      return element("section.network", { ariaLabel: name }, element("h3", {}, name, element("small", {}, ` ${does}`)),
        element("p.quiet", {}, `${learned.toLocaleString("en")} learned numbers, ${time.toFixed(1)} ms`),
        element("div.ports", {}, into.filter(([, at]) => !at).map(([what]) => port(what, "into", name))),
        element("ol", {}, passed.map(layer => {
          const key = `${name} ${layer.name}`, { output, milliseconds } = inside.layers.get(key);
          const bar = element("span.share", { ariaHidden: "true" });
          bar.style.width = `${100 * milliseconds / most}%`;
          const joined = into.filter(([, at]) => at === layer.name).map(([what]) => port(what, "into", name));
          const chosen = String(inside.chosen?.join(" ") === key), share = (100 * milliseconds / total).toFixed(0);
          return element("li", {}, joined, element("button", { ariaPressed: chosen, onclick: () => choose(name, layer.name) },
            element("span.name", {}, layer.name), element("span.shape", {}, output.shape.join("×")),
            element("small", {}, describe(layer)), element("small.cost", {}, `${milliseconds.toFixed(2)} ms, ${share} %`), bar));
        })),
        aside ? element("p.quiet", {}, `${aside} more ${aside === 1 ? "layer is" : "layers are"} not on this way.`) : "",
        element("div.ports.out", {}, out.map(what => port(what, "out", name))));
    }));
    wire(place, lines);
  }

  return { panel, show };
}

function describe(layer) {
  const kernel = layer.weight.length === 4 ? ` ${layer.weight[1]}×${layer.weight[2]}` : "";
  const stride = layer.stride > 1 ? `, stride ${layer.stride}` : "";
  const learned = layer.parameters ? `, ${layer.parameters.toLocaleString("en")}` : "";
  return `${layer.kind}${kernel}${stride}${layer.activation ? " + " + layer.activation.replace(/\(.*/, "") : ""}${learned}`;
}

// Draws the wires between ports, where the networks stand side by side: down, along below the networks, up in the gap, and in.
function wire(place, lines) {
  const box = place.getBoundingClientRect(), networks = [...place.querySelectorAll(".network")];
  const boxes = new Map(networks.map(network => [network.ariaLabel, network.getBoundingClientRect()])), order = [...boxes.keys()];
  lines.replaceChildren();
  if (order.length < 2 || order.some(name => boxes.get(name).top !== boxes.get(order[0]).top)) return;
  lines.setAttribute("viewBox", `0 0 ${box.width} ${box.height}`);
  const at = name => place.querySelector(`[data-port="${name}"]`)?.getBoundingClientRect();
  const gap = boxes.get(order[1]).left - boxes.get(order[0]).right;
  for (const [i, [from, to, what, lane]] of wires.entries()) {
    const begin = at(`${from} out ${what}`), end = at(`${to} into ${what}`);
    if (!begin || !end) continue;
    const next = order.indexOf(to) - order.indexOf(from) === 1;
    const x = boxes.get(to).left - box.left - gap * (1 - lane), y = end.top + end.height / 2 - box.top, tip = end.left - box.left - 2;
    const start = next ? `M${begin.right - box.left} ${begin.top + begin.height / 2 - box.top}H${x}`
      : `M${begin.left + begin.width / 2 - box.left} ${begin.bottom - box.top}V${box.height - 5 - 7 * i}H${x}`;
    lines.append(svg("path", { d: `${start}V${y}H${tip}M${tip - 6} ${y - 4}L${tip} ${y}L${tip - 6} ${y + 4}`, class: what }));
  }
}
