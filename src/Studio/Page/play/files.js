import { element, field, notice } from "../dom.js";
import { rate } from "../sound.js";

const megabyte = 1 << 20;

// A place to drop a file on, with a button to choose one. `open` may throw: what is wrong is said on the page.
export function fileDrop(label, accept, open) {
  const input = element("input", { type: "file", accept });
  const place = element("div.drop", {}, field(label, input));
  const take = async file => {
    try {
      if (file) await open(file);
    } catch (error) {
      notice(error);
    } finally {
      input.value = "";
    }
  };
  input.addEventListener("change", () => take(input.files[0]));
  place.addEventListener("dragover", event => { event.preventDefault(); place.classList.add("over"); });
  place.addEventListener("dragleave", () => place.classList.remove("over"));
  place.addEventListener("drop", event => {
    event.preventDefault();
    place.classList.remove("over");
    take(event.dataTransfer.files[0]);
  });
  return place;
}

// Refuses a file before a byte of it is read.
export function requireSize(file, mostMegabytes, remedy) {
  if (file.size === 0) throw new Error(`${file.name} is empty.`);
  if (file.size > mostMegabytes * megabyte) throw new Error(`${file.name} has more than ${mostMegabytes} MB; ${remedy}.`);
}

export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

export const saveCanvas = (canvas, name) => canvas.toBlob(blob => save(blob, name));

// Samples of one channel as a WAV file of 16 bits.
export function wavOf(samples) {
  const bytes = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const word = (at, text) => [...text].forEach((letter, i) => bytes.setUint8(at + i, letter.charCodeAt(0)));
  word(0, "RIFF"); bytes.setUint32(4, 36 + 2 * samples.length, true); word(8, "WAVEfmt ");
  bytes.setUint32(16, 16, true); bytes.setUint16(20, 1, true); bytes.setUint16(22, 1, true);
  bytes.setUint32(24, rate, true); bytes.setUint32(28, 2 * rate, true); bytes.setUint16(32, 2, true); bytes.setUint16(34, 16, true);
  word(36, "data"); bytes.setUint32(40, 2 * samples.length, true);
  samples.forEach((sample, i) => bytes.setInt16(44 + 2 * i, Math.max(-1, Math.min(1, sample)) * 32767, true));
  return new Blob([bytes], { type: "audio/wav" });
}
