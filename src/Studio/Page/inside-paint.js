// How the page Inside paints: values that have a sign, maps over what they are of, curves and bars that follow the theme.

// Writes an image of `width` × `height`, `color(i)` giving red, green and blue of each place, on a canvas.
export function paintColors(canvas, width, height, color) {
  const image = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) image.data.set([...color(i), 255], 4 * i);
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d").putImageData(image, 0, 0);
}

export function largest(values) {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);
}

// Red for more than zero, blue for less, white for nothing; `value` lies in [−1, 1].
export function signed(value) {
  const rest = 255 * (1 - Math.min(1, Math.abs(value)));
  return value > 0 ? [255, rest, rest] : [rest, rest, 255];
}

// A map of what moves, over a pale image of the thing that it is of: `gray(i)` in [0, 255].
export function paintMap(canvas, width, height, values, gray) {
  const most = largest(values);
  paintColors(canvas, width, height, i => {
    const share = (Math.abs(values[i]) / most) ** 0.7, pale = 255 - 0.3 * (255 - gray(i));
    const ink = values[i] > 0 ? [225, 20, 10] : [20, 60, 225];
    return ink.map(color => pale + share * (color - pale));
  });
}

const space = "http://www.w3.org/2000/svg";

export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS(space, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// A drawing without a scale of its own: a path over 100 × 40, stretched to its place.
function drawing(label, path, kind) {
  return svg("svg", { viewBox: "0 0 100 40", preserveAspectRatio: "none", class: kind, role: "img", "aria-label": label },
    svg("path", { d: path, "vector-effect": "non-scaling-stroke" }));
}

// A curve of values from the least to the most.
export function curve(label, values) {
  const [least, most] = extremes(values), scale = 38 / (most - least || 1);
  const x = i => (100 * i / Math.max(1, values.length - 1)).toFixed(2), y = value => (39 - (value - least) * scale).toFixed(2);
  const points = values.map((value, i) => `${x(i)} ${y(value)}`);
  return drawing(label, "M" + points.join("L"), "curve");
}

// A bar for each value, up or down from zero.
export function bars(label, values) {
  const [low, high] = extremes(values), least = Math.min(0, low), most = Math.max(0, high), scale = 38 / (most - least || 1);
  const y = value => (39 - (value - least) * scale).toFixed(2), wide = 100 / values.length;
  const each = (value, i) => `M${(i * wide).toFixed(2)} ${y(0)}V${y(value)}H${((i + 0.8) * wide).toFixed(2)}V${y(0)}Z`;
  return drawing(label, values.map(each).join(""), "bars");
}

export function extremes(values) {
  return values.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [Infinity, -Infinity]);
}
