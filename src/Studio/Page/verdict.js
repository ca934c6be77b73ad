import { element } from "./dom.js";
import { oneName } from "./naming.js";

// What is wrong with a training, as far as its numbers tell, and what that means. Nothing where all is well. What was never named right more
// often than by chance cannot be lost.
export function troubles({ metrics, settings }, table, naming) {
  const found = [], chance = 1 / settings.classes.length, lines = metrics.filter(line => line.stage === "gan");
  let best = null;
  for (const line of lines) {
    if (best?.validation_accuracy > 2 * chance && line.validation_accuracy < best.validation_accuracy / 2) {
      found.push([`It collapsed in epoch ${line.epoch}`, `${share(line)} of its samples are named right, after ${share(best)} in epoch ${best.epoch}. `
        + "The generator found pictures that please the discriminator at this moment and gave up the others. "
        + "The best weights are kept in checkpoints/best.safetensors. Another seed, a smaller learning rate, or the preset best (spectral norm) helps."]);
      break;
    }
    if (!best || line.validation_accuracy > best.validation_accuracy) best = line;
  }
  const count = Math.min(50, table?.step.length ?? 0), mean = values => values.slice(-count).reduce((sum, one) => sum + one, 0) / count;
  if (count >= 20 && mean(table.scoreReal) > .95 && mean(table.scoreFake) < .05)
    found.push(["The discriminator has won", `It gives real pairs ${mean(table.scoreReal).toFixed(2)} and generated ones ${mean(table.scoreFake).toFixed(2)}, `
      + "whatever the generator does. Its gradient hardly says any more what would be better. A smaller rate for the discriminator, R1 or label smoothing helps."]);
  const name = best && best.validation_accuracy > 0 && lines.at(-1).validation_accuracy < .5 ? oneName(naming) : null;
  if (name && lines.at(-1).epoch > 1)
    found.push(["The samples look alike to the judge", `${name}, whatever sound they were made from: a column of the matrix below. `
      + "Early in a training that passes; later it is a collapse of the modes."]);
  return found;
}

export function warningBox() {
  const place = element("div.warnings", { role: "status" });
  let shown = "";
  return {
    place,
    update(found) {
      const text = JSON.stringify(found);
      if (text === shown) return;
      shown = text;
      place.replaceChildren(...found.map(([title, why]) => element("section.warning", {}, element("h2", {}, title), element("p", {}, why))));
    },
  };
}

function share(line) {
  return `${(100 * line.validation_accuracy).toFixed(0)} %`;
}
