import { element, field, notice, paint } from "../dom.js";

const secondsThere = 4;

// Between two pictures that were kept: sound, player or both go from one to the other.
export function betweenPanel(current, draw, signal) {
  const ends = [null, null], faces = ["A", "B"].map(name => element("canvas", { role: "img", ariaLabel: `Nothing is kept as ${name}` }));
  const part = element("select", {}, [["both", "the sound and the player"], ["sound", "the sound alone"], ["player", "the player alone"]]
    .map(([value, text]) => element("option", { value }, text)));
  const slider = element("input", { type: "range", min: 0, max: 1, step: 0.01, value: 0, disabled: true, ariaLabel: "From A to B" });
  let walking = null;

  function go() {
    const [a, b] = ends, t = Number(slider.value);
    draw(part.value === "player" ? a.code : between(a.code, b.code, t), part.value === "sound" ? a.noise : between(a.noise, b.noise, t));
  }

  function rest() {
    walking = null;
    walk.setAttribute("aria-pressed", "false");
  }

  function step(time) {
    if (walking === null || signal.aborted) return;
    const way = (time - walking) / 1000 / secondsThere % 2;
    slider.value = way < 1 ? way : 2 - way;
    go();
    requestAnimationFrame(step);
  }

  function ready() {
    slider.disabled = walk.disabled = !(ends[0] && ends[1]);
    if (slider.disabled) rest();
  }

  const walk = element("button", {
    disabled: true, ariaPressed: "false", onclick() {
      if (walking !== null) return rest();
      walking = performance.now();
      walk.setAttribute("aria-pressed", "true");
      requestAnimationFrame(step);
    },
  }, "Back and forth");
  const keep = [0, 1].map(i => element("button", {
    onclick() {
      const now = current();
      if (!now) return notice(new Error("Play a sound first."));
      ends[i] = now;
      paint(faces[i], now.picture.size, now.picture.pixels);
      faces[i].ariaLabel = `Kept as ${"AB"[i]}: the judge sees ${now.picture.seen}`;
      keep[i].setAttribute("aria-pressed", "true");
      ready();
    },
  }, `Keep as ${"AB"[i]}`));
  slider.addEventListener("input", () => { rest(); go(); });
  part.addEventListener("change", () => { if (!slider.disabled) go(); });
  return {
    place: element("section.panel.stack", {}, element("h2", {}, "Between two pictures"),
      element("p.quiet", {}, "Keep a picture as A, play something else or take another player, keep it as B, and go from one to the other on a great circle."),
      element("div.ends", {}, element("div", {}, faces[0], keep[0]), element("div.between", {}, slider,
        element("div.row", {}, field("What changes", part), walk)), element("div", {}, faces[1], keep[1]))),
    rest,

    // Codes of one run say nothing to another.
    forget() {
      ends.fill(null);
      for (const [i, face] of faces.entries()) {
        face.width = 0;
        keep[i].setAttribute("aria-pressed", "false");
      }
      ready();
    },
  };
}

// From a to b on a great circle, t from 0 to 1 (White 2016, Sampling Generative Networks); straight where there is none: beside the
// origin, or between opposite points.
export function between(a, b, t) {
  const length = values => Math.hypot(...values), dot = a.reduce((sum, value, i) => sum + value * b[i], 0), scale = length(a) * length(b);
  const angle = scale > 1e-9 ? Math.acos(Math.max(-1, Math.min(1, dot / scale))) : 0, sine = Math.sin(angle);
  const [from, to] = sine < 1e-3 ? [1 - t, t] : [Math.sin((1 - t) * angle) / sine, Math.sin(t * angle) / sine];
  return a.map((value, i) => from * value + to * b[i]);
}
