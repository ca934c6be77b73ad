import { element, notice } from "../dom.js";
import { tap } from "../sound.js";
import { save } from "./files.js";

const size = 256, types = ["video/webm;codecs=vp9,opus", "video/webm;codecs=vp8,opus", "video/webm", "video/mp4"];

// Records the pictures, enlarged pixel by pixel, and what sounds with them, until it is stopped or the page is left.
export function videoButton(signal) {
  const screen = element("canvas", { width: size, height: size }), pen = screen.getContext("2d");
  pen.imageSmoothingEnabled = false;
  let recording = null;

  function start() {
    const type = window.MediaRecorder && screen.captureStream && types.find(one => MediaRecorder.isTypeSupported(one));
    if (!type) throw new Error("This browser records no video. In a terminal, generate s2i --output song.mp4 makes one of a sound file.");
    const sound = tap(), stream = screen.captureStream(), parts = [];
    stream.addTrack(sound.track);
    const recorder = new MediaRecorder(stream, { mimeType: type, videoBitsPerSecond: 4e6 });
    recorder.addEventListener("dataavailable", event => parts.push(event.data));
    recorder.addEventListener("stop", () => {
      sound.stop();
      for (const track of stream.getTracks()) track.stop();
      if (!signal.aborted) save(new Blob(parts, { type }), type.startsWith("video/webm") ? "player.webm" : "player.mp4");
    });
    recorder.start();
    return recorder;
  }

  function toggle() {
    if (recording) {
      recording.stop();
      recording = null;
    } else {
      try {
        recording = start();
      } catch (error) {
        notice(error);
      }
    }
    button.textContent = recording ? "Stop and save the video" : "Record a video";
    button.setAttribute("aria-pressed", String(recording !== null));
  }

  const button = element("button", { onclick: toggle, disabled: true }, "Record a video");
  signal.addEventListener("abort", () => recording?.stop());
  return {
    button,
    show(picture) {
      button.disabled = false;
      pen.drawImage(picture, 0, 0, size, size);
    },
  };
}
