import { element, facts, paint, percent } from "../dom.js";
import { saveCanvas } from "./files.js";
import { shown } from "./timing.js";
import { videoButton } from "./video.js";

const stripLength = 16, millisecondsBetweenFrames = 200, savedFrame = 128, savedCaption = 22;

export const spoken = name => name.replaceAll("_", " ");

// The picture of this moment, what the networks say of it, and the last ones as a strip.
export function picturePanel(signal) {
  const picture = element("canvas.picture", { role: "img", ariaLabel: "The picture of the sound" });
  const strip = element("div.filmstrip", { tabIndex: 0, role: "region", ariaLabel: "The last pictures, the newest first, each with what the judge sees and its score" });
  const said = element("div", { ariaLive: "off" });
  const video = videoButton(signal);
  const saving = element("button", { disabled: true, onclick: () => saveCanvas(picture, "player.png") }, "Save the picture");
  const savingStrip = element("button", { disabled: true, onclick: () => saveCanvas(stripPicture(strip), "strip.png") }, "Save the strip");
  let times = [], now = null, latest = null, waiting = null, told = 0;

  // Five times a second: faster, nobody reads it, and a strip of half a second shows one picture sixteen times.
  function tell() {
    const { heard, drawn, milliseconds } = latest;
    waiting = null;
    told = performance.now();
    frame(drawn);
    saving.disabled = savingStrip.disabled = false;
    said.replaceChildren(facts([
      heard?.heard ? ["heard", `${spoken(heard.heard)}, ${percent(heard.probability)}`] : null,
      ["the judge sees", `${spoken(drawn.seen)}, ${percent(drawn.probability)}`],
      drawn.score === null ? null : ["the discriminator", element("span", {},
        element("meter", { value: drawn.score, ariaLabel: "real and of this sound" }), ` ${percent(drawn.score)} real and of this sound`)],
      ["sound to picture", `${milliseconds.toFixed(0)} ms`], ["pictures a second", String(times.length)],
    ].filter(row => row)));
  }

  function frame({ size, pixels, seen, probability, score }) {
    const caption = [spoken(seen), `${Math.round(100 * (score ?? probability))} %`];
    const whole = `the judge sees ${spoken(seen)}, ${percent(probability)}${score === null ? "" : `; real and of this sound: ${percent(score)}`}`;
    const canvas = element("canvas", { role: "img", ariaLabel: whole });
    paint(canvas, size, pixels);
    strip.prepend(element("figure", { title: whole }, canvas,
      score === null ? null : element("meter", { value: score, ariaLabel: "real and of this sound" }),
      element("figcaption", {}, caption.map(line => element("span", {}, line)))));
    while (strip.children.length > stripLength) strip.lastChild.remove();
  }

  return {
    place: element("section.panel.stack.played", { ariaLabel: "Picture" }, picture, said,
      element("div.row", {}, saving, savingStrip, video.button), strip),
    canvas: picture,

    say: text => said.replaceChildren(element("p.quiet", {}, text)),

    // The picture that is shown, as the server sent it; null before the first.
    get current() { return now; },

    show(heard, drawn, asked) {
      const time = performance.now();
      now = drawn;
      paint(picture, drawn.size, drawn.pixels);
      video.show(picture);
      shown(asked, drawn.milliseconds);
      times = [...times.filter(one => time - one < 1000), time];
      latest = { heard, drawn, milliseconds: time - asked };
      waiting ??= setTimeout(tell, Math.max(0, told + millisecondsBetweenFrames - time));
    },
  };
}

// The strip as one picture from left to right, enlarged, each frame with its caption.
function stripPicture(strip) {
  const frames = [...strip.children].reverse();
  const all = element("canvas", { width: frames.length * savedFrame, height: savedFrame + savedCaption }), pen = all.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, all.width, all.height);
  pen.imageSmoothingEnabled = false;
  pen.fillStyle = "#1f1d1a";
  pen.font = "14px system-ui, sans-serif";
  pen.textAlign = "center";
  frames.forEach((frame, i) => {
    pen.drawImage(frame.querySelector("canvas"), i * savedFrame, 0, savedFrame, savedFrame);
    pen.fillText([...frame.querySelectorAll("span")].map(line => line.textContent).join(" "), (i + 0.5) * savedFrame, savedFrame + 16, savedFrame - 6);
  });
  return all;
}
