// Small words for building pages: element("button.main", { onclick }, "Play").
export function element(what, properties = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  const made = document.createElement(tag);
  if (classes.length) made.className = classes.join(" ");
  for (const [name, value] of Object.entries(properties)) {
    if (name in made && name !== "list") made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.flat().filter(child => child !== null && child !== undefined && child !== false));
  return made;
}

export function field(label, control) {
  return element("label.field", {}, element("span", {}, label), control);
}

export function facts(rows) {
  return element("dl.facts", {}, rows.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
}

let hiding;

export function notice(error) {
  const place = document.getElementById("notice");
  place.textContent = error.message ?? String(error);
  place.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => place.hidden = true, 8000);
}

export function percent(share) {
  return share === null || share === undefined ? "–" : (100 * share).toFixed(1) + " %";
}

// Paints red, green and blue bytes, given in base64, on a canvas of their size.
export function paint(canvas, size, base64) {
  const bytes = atob(base64), image = new ImageData(size, size);
  for (let from = 0, to = 0; from < bytes.length; from += 3, to += 4) {
    image.data[to] = bytes.charCodeAt(from);
    image.data[to + 1] = bytes.charCodeAt(from + 1);
    image.data[to + 2] = bytes.charCodeAt(from + 2);
    image.data[to + 3] = 255;
  }
  canvas.width = canvas.height = size;
  canvas.getContext("2d").putImageData(image, 0, 0);
}

// The numbers of a picture that the server sent as bytes, and how many there are of each extent.
export function numbers({ least, most, bytes, shape }) {
  const text = atob(bytes), values = new Float32Array(text.length);
  for (let i = 0; i < values.length; i++) values[i] = least + text.charCodeAt(i) / 255 * (most - least);
  return { values, shape };
}

// Paints height × width values: one channel from its least, black, to its most, white; or pixels within [−1, 1] as they are.
export function paintValues(canvas, values, [height, width, channels], channel) {
  const image = new ImageData(width, height);
  let [least, most] = channel === undefined ? [-1, 1] : [Infinity, -Infinity];
  for (let i = channel ?? values.length; i < values.length; i += channels) {
    least = Math.min(least, values[i]);
    most = Math.max(most, values[i]);
  }
  const scale = 255 / (most - least || 1);
  for (let i = 0; i < width * height; i++) {
    for (let color = 0; color < 3; color++)
      image.data[4 * i + color] = (values[i * channels + (channel ?? (channels === 3 ? color : 0))] - least) * scale;
    image.data[4 * i + 3] = 255;
  }
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d").putImageData(image, 0, 0);
}

// Paints a spectrogram: time to the right, low frequencies at the bottom, from black over red and yellow to white.
export function paintSpectrum(canvas, frames, mels, base64) {
  const bytes = atob(base64), image = new ImageData(frames, mels);
  for (let frame = 0; frame < frames; frame++) {
    for (let mel = 0; mel < mels; mel++) {
      const level = bytes.charCodeAt(frame * mels + mel), to = 4 * ((mels - 1 - mel) * frames + frame);
      image.data[to] = Math.min(255, 2.2 * level);
      image.data[to + 1] = Math.max(0, Math.min(255, 2.2 * (level - 80)));
      image.data[to + 2] = Math.max(0, Math.min(255, 4 * (level - 190)));
      image.data[to + 3] = 255;
    }
  }
  canvas.width = frames;
  canvas.height = mels;
  canvas.getContext("2d").putImageData(image, 0, 0);
}
