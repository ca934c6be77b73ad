import { element, notice } from "./dom.js";

const names = ["c", "c sharp", "d", "d sharp", "e", "f", "f sharp", "g", "g sharp", "a", "a sharp", "b"];
const letters = "awsedftgyhujkolp";
const black = number => [1, 3, 6, 8, 10].includes(number % 12);

// Two octaves of keys in the middle of an instrument's compass. They are buttons, and the letters of the middle row play them too.
export function keyboard(press, signal) {
  const place = element("div.keys", { role: "group", ariaLabel: "Keys" });
  let byLetter = new Map();
  async function sound(key, number) {
    key.classList.add("sounding");
    try {
      await press(number);
    } catch (error) {
      notice(error);
    }
    setTimeout(() => key.classList.remove("sounding"), 250);
  }
  addEventListener("keydown", event => {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    const key = byLetter.get(event.key);
    if (key) key.click();
  }, { signal });
  return {
    place,
    show(lowest, highest) {
      const middle = Math.round((lowest + highest) / 2), first = Math.max(lowest, middle - 12), last = Math.min(highest, first + 24);
      let c = first;
      while (c % 12 !== 0 && c < last - 12) c++;
      byLetter = new Map();
      place.replaceChildren(...Array.from({ length: last - first + 1 }, (_, i) => {
        const number = first + i, letter = number >= c ? letters[number - c] : undefined;
        const key = element(black(number) ? "button.black" : "button", {
          ariaLabel: `${names[number % 12]} ${Math.floor(number / 12) - 1}${letter ? `, letter ${letter}` : ""}`, onclick: () => sound(key, number),
        }, letter ?? "");
        if (letter) byLetter.set(letter, key);
        return key;
      }));
    },
  };
}
