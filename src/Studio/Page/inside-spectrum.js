// The spatial spectrum of a picture of numbers: how much of it repeats how often, up and down and across.

// Cosines and sines of a discrete Fourier transform of `length` numbers.
function circle(length) {
  return Array.from({ length }, (_, i) => [Math.cos(2 * Math.PI * i / length), Math.sin(2 * Math.PI * i / length)]);
}

// The power |F|² of height × width numbers less their mean, the frequency 0 in the middle: rows first, then columns.
export function power(values, height, width) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length, rows = circle(width), columns = circle(height);
  const real = new Float64Array(values.length), imaginary = new Float64Array(values.length), powers = new Float64Array(values.length);
  for (let row = 0; row < height; row++) {
    for (let frequency = 0; frequency < width; frequency++) {
      let re = 0, im = 0;
      for (let column = 0; column < width; column++) {
        const value = values[row * width + column] - mean, [cosine, sine] = rows[frequency * column % width];
        re += value * cosine;
        im -= value * sine;
      }
      real[row * width + frequency] = re;
      imaginary[row * width + frequency] = im;
    }
  }
  for (let column = 0; column < width; column++) {
    for (let frequency = 0; frequency < height; frequency++) {
      let re = 0, im = 0;
      for (let row = 0; row < height; row++) {
        const [cosine, sine] = columns[frequency * row % height], i = row * width + column;
        re += real[i] * cosine + imaginary[i] * sine;
        im += imaginary[i] * cosine - real[i] * sine;
      }
      const to = (frequency + (height >> 1)) % height * width + (column + (width >> 1)) % width;
      powers[to] = (re * re + im * im) / values.length;
    }
  }
  return powers;
}

// The mean power at each distance from the middle, from the slowest wave to one of two places.
export function radialMean(powers, height, width) {
  const bins = Math.max(2, Math.min(height, width) >> 1), sums = new Float64Array(bins + 1), counts = new Float64Array(bins + 1);
  for (let i = 0; i < powers.length; i++) {
    const down = (Math.floor(i / width) - (height >> 1)) / height, across = (i % width - (width >> 1)) / width;
    const bin = Math.round(2 * bins * Math.hypot(down, across));
    if (bin < 1 || bin > bins) continue;
    sums[bin] += powers[i];
    counts[bin]++;
  }
  return [...sums].map((sum, i) => counts[i] ? sum / counts[i] : null).slice(1);
}

// Powers as decibels below the largest, at most 60.
export function decibels(powers) {
  const most = powers.reduce((largest, value) => Math.max(largest, value ?? 0), 1e-30);
  return Array.from(powers, value => Math.max(-60, 10 * Math.log10((value ?? 0) / most + 1e-30)));
}
