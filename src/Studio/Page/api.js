// Talks to the studio's server. The token stands behind the # of the address that the program printed; it is kept for reloads of this tab.
const fromAddress = location.hash.match(/^#([0-9a-f]{32})/)?.[1];
if (fromAddress) {
  sessionStorage.setItem("token", fromAddress);
  history.replaceState(null, "", "#" + location.hash.slice(33));
}
const token = sessionStorage.getItem("token") ?? "";

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch("/api/" + path, { ...options, headers: { ...options.headers, Authorization: "Bearer " + token } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The studio does not answer. Was it closed in the terminal?");
  }
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => ({}));
  throw Object.assign(new Error(said.error ?? `The studio answered ${answer.status}.`), { status: answer.status });
}

const part = encodeURIComponent;

export const api = {
  runs: async () => (await ask("runs")).json(),
  run: async id => (await ask(`runs/${part(id)}`)).json(),
  instruments: async () => (await ask("instruments")).json(),
  note: async (name, number) => samples(await ask(`instruments/${part(name)}/notes/${number}`)),
  song: async (name, number) => samples(await ask(`instruments/${part(name)}/songs/${number}`)),
  decode: async file => samples(await ask("sounds", { method: "POST", body: file })),
  play: async (id, window, noise) => (await ask(`runs/${part(id)}/play?noise=${noise.join(",")}`, { method: "POST", body: window })).json(),
  draw: async (id, code, noise) => (await ask(`runs/${part(id)}/draw`, json({ code, noise }))).json(),
  open: async id => (await ask(`runs/${part(id)}/open`, { method: "POST" })).json(),
  sound: async (id, picture, noise) => {
    const made = await (await ask(`runs/${part(id)}/sound?noise=${noise.join(",")}`, { method: "POST", body: picture })).json();
    return { ...made, samples: new Float32Array(Uint8Array.from(atob(made.samples), letter => letter.charCodeAt(0)).buffer) };
  },
  networks: async id => (await ask(`runs/${part(id)}/networks`)).json(),
  filters: async (id, network, layer, input) => (await ask(`runs/${part(id)}/networks/${part(network)}/${part(layer)}/filters?input=${input}`)).json(),
  normalization: async (id, network, layer) => (await ask(`runs/${part(id)}/networks/${part(network)}/${part(layer)}/normalization`)).json(),
  arithmetic: async (id, look, network, layer, place) => (await ask(
    `runs/${part(id)}/looks/${look}/${part(network)}/${part(layer)}?place=${place.join(",")}`)).json(),
  look: async (id, window, noise) => (await ask(`runs/${part(id)}/look?noise=${noise.join(",")}`, { method: "POST", body: window })).json(),
  saliency: async (id, window, noise, patch, method) => (await ask(
    `runs/${part(id)}/saliency?noise=${noise.join(",")}&patch=${patch.join(",")}&method=${method}`, { method: "POST", body: window })).json(),
  pixels: async (id, window, noise, region, method) => (await ask(
    `runs/${part(id)}/pixels?noise=${noise.join(",")}&region=${region.join(",")}&method=${method}`, { method: "POST", body: window })).json(),
  doubt: async (id, windows, noise) => (await ask(`runs/${part(id)}/doubt?noise=${noise.join(",")}`, { method: "POST", body: windows })).json(),
  picture: async (id, name) => URL.createObjectURL(await (await ask(`runs/${part(id)}/pictures/${part(name)}`)).blob()),

  kernels: async () => (await ask("kernels")).json(),
  kernelDoing: async () => (await ask("kernels/doing")).json(),
  kernel: async (name, launch, block) => (await ask(`kernels/${part(name)}?${new URLSearchParams({ launch, block })}`)).json(),
  kernelPhase: async (name, launch, block, phase) =>
    (await ask(`kernels/${part(name)}/phases/${phase}?${new URLSearchParams({ launch, block })}`)).json(),
  kernelThread: async (name, launch, block, thread) =>
    (await ask(`kernels/${part(name)}/threads/${thread}?${new URLSearchParams({ launch, block })}`)).json(),

  stepStart: async id => (await ask(`runs/${part(id)}/step`)).json(),
  step: async (id, request) => (await ask(`runs/${part(id)}/step`, json(request))).json(),
  stepReset: async id => (await ask(`runs/${part(id)}/step/reset`, { method: "POST" })).json(),
  stepNode: async (id, node) => (await ask(`runs/${part(id)}/step/nodes/${node}`)).json(),

  train: async request => (await ask("train", json(request))).json(),
  // What: pause, resume or stop.
  commandTraining: async what => (await ask(`train/${what}`, { method: "POST" })).json(),
  steps: async (id, after, stride) => (await ask(`runs/${part(id)}/steps?after=${after}&stride=${stride}`)).json(),
  stepSamples: async after => (await ask(`train/samples?after=${after}`)).json(),
  naming: async (id, epoch) => (await ask(`runs/${part(id)}/epochs/${epoch}`)).json(),

  // Calls `changed` with the state of the run and how far its files are, each time these have changed, until `signal` is aborted.
  follow: (id, signal, changed) => listen(`runs/${part(id)}/changes`, signal, data => changed(JSON.parse(data))),

  // Calls `changed` with what is going on in training, as it changes.
  followTraining: (signal, changed) => listen("train/changes", signal, data => changed(JSON.parse(data))),
};

// The run that a page begins with: the one that its address names or the program was given, else the newest that has learned something, pictures first.
export function firstRun(runs, asked) {
  const learned = runs.filter(run => run.accuracy > 2 / run.classes.length);
  return runs.find(run => run.id === asked) ?? runs.find(run => run.named) ?? learned.find(run => run.makesImages) ?? learned[0] ?? runs[0];
}

function json(value) {
  return { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(value) };
}

// Server-sent events, read by hand because EventSource cannot send the token. Comes back after a lost connection.
async function listen(path, signal, changed) {
  while (!signal.aborted) {
    try {
      const reader = (await ask(path, { signal })).body.pipeThrough(new TextDecoderStream()).getReader();
      for (let text = "", read; !(read = await reader.read()).done;) {
        text += read.value;
        for (let end; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2)) {
          const data = text.slice(0, end).match(/^data: (.*)$/m)?.[1];
          if (data) changed(data);
        }
      }
    } catch (error) {
      if (signal.aborted) return;

      // What is followed is not there any more.
      if (error.status === 404) return changed('{"state":"gone"}');
    }
    await new Promise(wake => setTimeout(wake, 2000));
  }
}

async function samples(answer) {
  return new Float32Array(await answer.arrayBuffer());
}
