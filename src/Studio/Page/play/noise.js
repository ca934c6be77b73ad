import { element } from "../dom.js";

// Two locks and a slider for each number of the noise z: what the sound leaves open, such as who plays and how the picture is lit.
export function noisePanel(size, changed) {
  const noise = new Array(size).fill(0);
  const keepsPlayer = element("input", { type: "checkbox", checked: true }), holdsSound = element("input", { type: "checkbox" });
  const sliders = noise.map((value, i) => {
    const slider = element("input", { type: "range", min: -3, max: 3, step: 0.05, value, ariaLabel: `Noise ${i + 1}` });
    slider.addEventListener("input", () => { noise[i] = Number(slider.value); changed(); });
    return slider;
  });
  function set(values) {
    values.forEach((value, i) => { noise[i] = value; sliders[i].value = value; });
  }

  const button = (text, values) => element("button", { onclick() { set(values()); changed(); } }, text);
  return {
    noise,
    set,
    get holdsSound() { return holdsSound.checked; },

    // A new sound begins: it brings another player, unless the player is kept.
    newSound() { if (!keepsPlayer.checked) set(noise.map(normal)); },
    place: element("section.panel.stack", {}, element("h2", {}, "Player"),
      element("p.quiet", {}, "Ten numbers of noise stand for what the sound leaves open: who plays, in front of what."),
      element("div.locks", {},
        lock(keepsPlayer, "Keep the player", "while the sound changes: the noise stays, and how far the player does is what the run has learned. Without it, each new sound brings another player."),
        lock(holdsSound, "Hold the sound", "of this moment: what sounds no longer changes the picture, the sliders alone do.")),
      element("div.row", {}, button("Another player", () => noise.map(normal)), button("The middle", () => noise.map(() => 0))),
      element("div.sliders", {}, sliders)),
  };
}

function lock(box, name, what) {
  return element("label.lock", {}, box, element("span", {}, element("b", {}, name), ` ${what}`));
}

export function normal() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}
