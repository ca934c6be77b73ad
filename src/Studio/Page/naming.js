import { element, percent } from "./dom.js";
import { drawn } from "./charts.js";

// How samples were named, from { directions: [{ direction, classes, counts }] }: pictures, and the same as tables.
export function namingView(signal) {
  const place = element("div.stack");
  let shown = "";
  return {
    place,
    update(naming) {
      const text = JSON.stringify(naming);
      if (text === shown) return;
      shown = text;
      place.replaceChildren(...(naming?.directions ?? []).flatMap(one => [
        naming.directions.length > 1 ? element("h3", {}, one.direction) : "", matrix(one, signal), table(one)]));
    },
  };
}

// The classes that everything is named, where most samples are named so few that the others are lost.
export function oneName(naming) {
  for (const { classes, counts } of naming?.directions ?? []) {
    const all = counts.flat().reduce((sum, one) => sum + one, 0);
    const named = classes.map((_, column) => counts.reduce((sum, row) => sum + row[column], 0));
    const most = named.indexOf(Math.max(...named));
    if (all > 0 && classes.length > 2 && named[most] > .6 * all) return `${percent(named[most] / all)} of all samples are named ${classes[most]}`;
  }
  return null;
}

function matrix({ classes, counts }, signal) {
  const right = counts.reduce((sum, row, i) => sum + row[i], 0), all = counts.flat().reduce((sum, one) => sum + one, 0);
  const canvas = element("canvas.matrix", { role: "img",
    ariaLabel: `Confusion matrix: ${right} of ${all} samples are named as the class of their condition. The numbers are in the table below.` });
  const place = element("div", {}, canvas);
  const redraw = drawn(place, signal, width => {
    const pen = canvas.getContext("2d"), style = getComputedStyle(document.documentElement), color = name => style.getPropertyValue(name).trim();
    pen.font = "12px system-ui, sans-serif";
    const words = classes.map(name => name.replaceAll("_", " ")), long = Math.max(...words.map(word => pen.measureText(word).width)) + 10;
    const cell = Math.max(6, Math.min(34, (width - long - 2) / classes.length)), side = cell * classes.length, ratio = devicePixelRatio;
    canvas.width = (long + side + 2) * ratio;
    canvas.height = (side + long + 2) * ratio;
    pen.scale(ratio, ratio);
    pen.font = "12px system-ui, sans-serif";
    pen.textBaseline = "middle";
    counts.forEach((row, i) => {
      const total = row.reduce((sum, one) => sum + one, 0);
      pen.globalAlpha = 1;
      pen.textAlign = "right";
      pen.fillStyle = color("--text");
      pen.fillText(words[i], long - 6, (i + .5) * cell);
      row.forEach((count, j) => {
        const share = total ? count / total : 0, x = long + j * cell, y = i * cell;
        pen.globalAlpha = 1;
        pen.fillStyle = color("--ground");
        pen.fillRect(x, y, cell - 1, cell - 1);
        pen.globalAlpha = share;
        pen.fillStyle = color(i === j ? "--good" : "--bad");
        pen.fillRect(x, y, cell - 1, cell - 1);
        pen.globalAlpha = 1;
        if (count > 0 && cell > 17) {
          pen.fillStyle = share > .55 ? color("--panel") : color("--text");
          pen.textAlign = "center";
          pen.fillText(count, x + cell / 2 - .5, y + cell / 2);
        }
      });
    });
    pen.fillStyle = color("--text");
    pen.textAlign = "right";
    words.forEach((word, j) => {
      pen.save();
      pen.translate(long + (j + .5) * cell, side + 6);
      pen.rotate(-Math.PI / 2);
      pen.fillText(word, 0, 0);
      pen.restore();
    });
  });
  redraw();
  return place;
}

function table({ classes, counts }) {
  return element("details", {}, element("summary", {}, "The same as a table, with the share of each class"),
    element("div.scroll", { tabIndex: 0, role: "region", ariaLabel: "How samples were named" }, element("table", {},
      element("thead", {}, element("tr", {}, element("td"), element("th", { scope: "col" }, "right"), classes.map(name => element("th", { scope: "col" }, name)))),
      element("tbody", {}, counts.map((row, i) => {
        const all = row.reduce((sum, one) => sum + one, 0);
        return element("tr", {}, element("th", { scope: "row" }, classes[i]), element("td.number", {}, all ? percent(row[i] / all) : "–"),
          row.map(count => element("td.number", {}, String(count))));
      })))));
}
