import { element, percent } from "./dom.js";

export const rounded = value => Math.abs(value) >= 1000 ? value.toFixed(0) : value.toPrecision(3);

// What evaluation.json tells of a split, with its 95 % intervals: [name, what it means, interval, format, what better is].
const rows = [
  ["named right", "share of samples that the judge names as the class of their condition", split => split.metrics?.accuracy ?? plain(split.accuracy), percent],
  ["named right, by class", "the same, each class counting the same", split => split.metrics?.macro_accuracy ?? plain(split.macro_accuracy), percent],
  ["told from real ones", "share that a network trained to tell generated from real samples tells right; 50 %: it cannot", split => split.metrics?.two_sample, percent],
  ["told when made small", "the same of samples of 16 × 16 pixels: of what is coarse in them", split => split.metrics?.two_sample?.smaller?.at(-1)?.share, percent],
  ["Fréchet distance", "of features of the judge, to real samples; smaller is nearer", split => split.metrics?.fid ?? split.metrics?.fad, rounded],
  ["kernel distance", "likewise, without the assumption that features are normal", split => split.metrics?.kid, rounded],
  ["kernel distance, by class", "the mean of those within each class", split => split.metrics?.kid_by_class, rounded],
  ["precision", "share of samples that lie among real ones, in features of the judge", split => split.metrics?.precision, percent],
  ["recall", "share of real samples that lie among generated ones", split => split.metrics?.recall, percent],
  ["inception score", "1 to the number of classes: sure names, and many of them", split => split.metrics?.inception_score, rounded],
  ["retrieval, R@1", "share whose nearest real sample is of the same class", split => split.metrics?.retrieval?.class?.[0]?.recall, percent],
  ["lost with wrong conditions", "what the share named right loses when conditions are shuffled; 0: it does not listen", split => split.metrics?.mismatch?.difference, percent],
  ["variety of one condition", "mean distance of samples of one sound; 0: the noise does nothing", split => split.metrics?.diversity?.features?.same_condition, rounded],
];

function plain(value) {
  return value === undefined ? undefined : { value };
}

// Figures side by side: columns [{ name, split }] of a split of evaluation.json each. Intervals of a row are drawn on one scale.
export function figures(columns) {
  const body = rows.map(([name, meaning, of, format]) => {
    const found = columns.map(column => column.split ? of(column.split) : undefined);
    if (found.every(one => one === undefined || one === null)) return null;
    const most = Math.max(...found.map(one => one?.high ?? one?.value ?? 0), 1e-12), least = Math.min(0, ...found.map(one => one?.low ?? 0));
    return element("tr", {}, element("th", { scope: "row" }, name, element("small", {}, meaning)), found.map(one => element("td.number", {},
      !one ? "–" : [element("strong", {}, format(one.value)), one.low === undefined ? null : element("span.quiet", {}, ` ${format(one.low)} to ${format(one.high)}`),
        one.low === undefined ? null : whisker(one, least, most)])));
  }).filter(row => row);
  return element("div.scroll", { tabIndex: 0, role: "region", ariaLabel: "Figures" }, element("table.figures", {},
    element("thead", {}, element("tr", {}, element("td"), columns.map(column => element("th", { scope: "col" }, column.name)))), element("tbody", {}, body)));
}

// Low, value and high on a line from least to most.
function whisker({ low, value, high }, least, most) {
  const svg = (name, attributes, ...children) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, text] of Object.entries(attributes)) made.setAttribute(key, text);
    made.append(...children);
    return made;
  };
  const x = value => 3 + 114 * (value - least) / (most - least || 1);
  return svg("svg", { class: "whisker", viewBox: "0 0 120 12", width: 120, height: 12, "aria-hidden": "true" },
    svg("line", { class: "whole", x1: 0, x2: 120, y1: 6, y2: 6 }), svg("line", { class: "range", x1: x(low), x2: x(high), y1: 6, y2: 6 }),
    svg("circle", { cx: x(value), cy: 6, r: 3.5 }));
}

// The share named right of each class, as bars.
export function classShares(split) {
  const classes = Object.entries(split?.classes ?? {});
  return classes.length === 0 ? null : element("details", {}, element("summary", {}, "Named right, class by class"), element("dl.shares", {},
    classes.flatMap(([name, share]) => [element("dt", {}, name.replaceAll("_", " ")),
      element("dd", {}, element("progress", { max: 1, value: share, ariaLabel: name }), percent(share))])));
}
