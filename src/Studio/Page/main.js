import { element, notice } from "./dom.js";
import { playPage } from "./play.js";
import { runsPage } from "./runs.js";
import { runPage } from "./run.js";
import { comparePage } from "./compare.js";
import { insidePage } from "./inside.js";
import { trainPage } from "./train.js";
import { stepPage } from "./step.js";
import { kernelPage } from "./kernel.js";

// A page is a function of its place, the words of the address after its name and a signal that is aborted when the page is left.
const pages = {
  play: playPage, inside: insidePage, step: stepPage, kernel: kernelPage, train: trainPage, runs: runsPage, run: runPage, compare: comparePage,
};
let leaving = new AbortController();

// A word of the address; as it stands there where it is no encoded text.
function decoded(word) {
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
}

async function show() {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  const [name, ...words] = location.hash.slice(1).split("/").map(decoded);
  const page = pages[name] ?? pages.play;
  for (const link of document.querySelectorAll("nav a")) {
    const own = link.hash.slice(1);
    if (own === name || (own === "play" && !pages[name]) || (own === "runs" && name === "run")) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const main = document.getElementById("main");
  const place = document.createElement("div");
  try {
    await page(place, words, signal);
  } catch (error) {
    if (!signal.aborted) notice(error);
    place.replaceChildren(element("h1", {}, "This cannot be shown"), element("p", {}, error.message),
      element("p", {}, element("a", { href: "#runs" }, "To the list of runs")));
  }
  if (signal.aborted) return;
  main.replaceChildren(place);
  document.title = (main.querySelector("h1")?.textContent ?? "CrossModal") + " · CrossModal studio";
}

addEventListener("hashchange", () => {
  show();
  document.getElementById("main").focus({ preventScroll: true });
});
addEventListener("unhandledrejection", event => notice(event.reason));
show();
