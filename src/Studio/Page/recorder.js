// Hands what the microphone hears to the page, 2048 samples at a time, until the page has heard enough.
registerProcessor("recorder", class extends AudioWorkletProcessor {
  #block = new Float32Array(2048);
  #filled = 0;
  #wanted = true;

  constructor() {
    super();
    this.port.onmessage = () => this.#wanted = false;
  }

  process([input]) {
    if (!this.#wanted || !input.length) return this.#wanted;
    const samples = input[0];
    for (const sample of samples) {
      this.#block[this.#filled++] = sample;
      if (this.#filled === this.#block.length) {
        this.port.postMessage(this.#block);
        this.#filled = 0;
      }
    }
    return true;
  }
});
