import { element } from "../dom.js";

// Two locks and a slider for each number of the noise z: what the sound leaves open, such as who plays and how the picture is lit.
export function noisePanel(changed) {
  const noise = [], sliders = element("div.sliders"), said = element("p.quiet");
  const keepsPlayer = element("input", { type: "checkbox", checked: true }), holdsSound = element("input", { type: "checkbox" });
  function sliderOf(i) {
    const slider = element("input", { type: "range", min: -3, max: 3, step: 0.05, value: 0, ariaLabel: `Noise ${i + 1}` });
    slider.addEventListener("input", () => { noise[i] = Number(slider.value); changed(); });
    return slider;
  }

  function set(values) {
    values.forEach((value, i) => { noise[i] = value; sliders.children[i].value = value; });
  }

  const button = (text, values) => element("button", { onclick() { set(values()); changed(); } }, text);
  return {
    noise,
    set,

    // Another run may have another count of numbers; where it has as many, the player stays.
    resize(size) {
      if (size === noise.length) return;
      noise.length = size;
      noise.fill(0);
      sliders.replaceChildren(...noise.map((_, i) => sliderOf(i)));
      said.textContent = `${size} numbers of noise stand for what the sound leaves open: who plays, in front of what.`;
    },
    get holdsSound() { return holdsSound.checked; },

    // A new sound begins: it brings another player, unless the player is kept.
    newSound() { if (!keepsPlayer.checked) set(noise.map(normal)); },
    place: element("section.panel.stack", {}, element("h2", {}, "Player"),
      said,
      element("div.locks", {},
        lock(keepsPlayer, "Keep the player", "while the sound changes: the noise stays, and how far the player does is what the run has learned. Without it, each new sound brings another player."),
        lock(holdsSound, "Hold the sound", "of this moment: what sounds no longer changes the picture, the sliders alone do.")),
      element("div.row", {}, button("Another player", () => noise.map(normal)), button("The middle", () => noise.map(() => 0))),
      sliders),
  };
}

function lock(box, name, what) {
  return element("label.lock", {}, box, element("span", {}, element("b", {}, name), ` ${what}`));
}

export function normal() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}
