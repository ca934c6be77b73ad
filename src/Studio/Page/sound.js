// Sounds of one channel at 44.1 kHz: decoded from files, recorded, played; and the half second that a picture of this moment is drawn of.
import { api } from "./api.js";

export const rate = 44100, windowLength = rate / 2;

let context, heard, recorded;

// What is heard goes to the loudspeakers, and to whoever records; the microphone goes to the latter alone.
function audio() {
  if (!context) {
    context = new AudioContext({ sampleRate: rate });
    heard = context.createGain();
    recorded = context.createGain();
    heard.connect(context.destination);
    heard.connect(recorded);
  }
  if (context.state === "suspended") context.resume();
  return context;
}

// A track of all that sounds from now on, until it is stopped.
export function tap() {
  const end = audio().createMediaStreamDestination();
  recorded.connect(end);
  return { track: end.stream.getAudioTracks()[0], stop: () => recorded.disconnect(end) };
}

// The samples of a file, channels averaged: decoded by the browser (WAV, MP3, Ogg, FLAC, M4A …), and what it cannot decode by the studio.
export async function decode(file) {
  const samples = await inBrowser(file) ?? await inStudio(file);
  if (samples.every(sample => Math.abs(sample) < 1e-4)) throw new Error(`${file.name} is silent.`);
  return samples;
}

async function inStudio(file) {
  try {
    return await api.decode(file);
  } catch (error) {
    throw new Error(error.message.replace("the file: ", () => `${file.name} `));
  }
}

async function inBrowser(file) {
  let buffer;
  try {
    buffer = await audio().decodeAudioData(await file.arrayBuffer());
  } catch {
    return null;
  }
  const samples = new Float32Array(buffer.length);
  for (let channel = 0; channel < buffer.numberOfChannels; channel++) {
    const data = buffer.getChannelData(channel);
    for (let i = 0; i < samples.length; i++) samples[i] += data[i] / buffer.numberOfChannels;
  }
  return samples;
}

// Plays samples. `window()` is the half second that begins now, as the picture of a training pair is of the moment at which its sound
// begins; null once it is over. At the end it is the last half second, so that a short note is never drawn of silence.
export function play(samples, ended = () => {}) {
  const output = audio(), buffer = output.createBuffer(1, samples.length, rate);
  buffer.copyToChannel(samples, 0);
  const source = new AudioBufferSourceNode(output, { buffer });
  source.connect(heard);
  source.start();
  const begin = output.currentTime;
  let over = false;
  source.onended = () => { over = true; ended(); };
  return {
    window() {
      if (over) return null;
      const now = Math.floor((output.currentTime - begin) * rate), window = new Float32Array(windowLength);
      const first = Math.max(0, Math.min(samples.length - windowLength, now));
      window.set(samples.subarray(first, first + windowLength));
      return window;
    },
    stop() {
      over = true;
      source.stop();
    },
  };
}

// Listens to the microphone. `window()` is the half second that was heard last.
export async function listen() {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
  } catch {
    throw new Error("The browser gave no microphone: none is there, or it may not be used by this page.");
  }
  const input = audio();
  await input.audioWorklet.addModule("recorder.js");
  const source = input.createMediaStreamSource(stream), recorder = new AudioWorkletNode(input, "recorder", { numberOfOutputs: 0 });
  const ring = new Float32Array(windowLength);
  recorder.port.onmessage = ({ data }) => {
    ring.copyWithin(0, data.length);
    ring.set(data, ring.length - data.length);
  };
  source.connect(recorder);
  source.connect(recorded);
  return {
    window: () => ring.slice(),
    stop() {
      source.disconnect();
      recorder.port.postMessage("stop");
      for (const track of stream.getTracks()) track.stop();
    },
  };
}
