// Hands what the microphone hears to the page, 2048 samples at a time.
registerProcessor("recorder", class extends AudioWorkletProcessor {
  #block = new Float32Array(2048);
  #filled = 0;

  process([input]) {
    if (!input.length) return true;
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
