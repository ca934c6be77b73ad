// How long the last pictures took: from the request to its answer, of that in the networks, and to the frame that showed them. What a test
// reads, or somebody curious: (await import("./play/timing.js")).timings
const most = 1000;

export const timings = [];

export function shown(asked, networks) {
  const answered = performance.now();
  requestAnimationFrame(() => {
    timings.push({ asked, networks, answered, shown: performance.now() });
    if (timings.length > most) timings.shift();
  });
}
