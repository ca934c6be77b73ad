import { api } from "./api.js";
import { element, percent } from "./dom.js";

// The list of runs.
export async function runsPage(place) {
  const { folder, runs } = await api.runs();
  place.append(element("h1", {}, "Runs"),
    element("p.lead", {}, `The run folders in ${folder}, the newest first, then those that come with the program. Choose one to see how it learned, or is learning.`));
  if (runs.length === 0) {
    place.append(element("div.panel", {}, element("p", {}, "There is no run yet. In a terminal, this trains one in seconds, to look around with: "),
      element("p", {}, element("code", {}, "dotnet run -- train s2i --preset tiny")),
      element("p", {}, "and this one in minutes, to play with: "),
      element("p", {}, element("code", {}, "dotnet run -- train s2i --scenario pose"))));
    return;
  }
  place.append(element("div.panel.scroll", { tabIndex: 0, role: "region", ariaLabel: "Runs" }, element("table", {},
    element("thead", {}, element("tr", {}, ["Run", "Model", "Preset", "Scenario", "State", "Named right by the judge"].map(
      name => element("th", { scope: "col" }, name)))),
    element("tbody", {}, runs.map(run => element("tr", {},
      element("td", {}, run.problem ? run.id : element("a", { href: `#run/${encodeURIComponent(run.id)}` }, run.id)),
      run.problem
        ? element("td.state-damaged", { colSpan: 5 }, run.problem)
        : [run.kind, run.preset, run.scenario, element(`span.state-${run.state}`, {}, run.state), percent(run.accuracy)].map(
          value => element("td", {}, value))))))));
}
