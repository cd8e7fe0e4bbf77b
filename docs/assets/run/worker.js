// Runs Python beside the page: a fresh instance of MicroPython for each piece of code, so that nothing of one is
// left for the next. It tells what is printed while it goes on, and how it ended.
import { Exit, system } from "./wasi.js";

const HEAP = "16m";
const MOST = 100_000; // bytes that are shown; who prints more is stopped
const PAUSE = 60; // milliseconds between two pieces of output
const PREPARE = "import prepared\n";

const get = async (name) => {
  const answer = await fetch(new URL(name, import.meta.url));
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  return answer;
};

const ready = (async () => {
  const [bytes, texts] = await Promise.all([
    get("./micropython.wasm").then((answer) => answer.arrayBuffer()),
    get("./library.json").then((answer) => answer.json()),
  ]);
  const encoder = new TextEncoder();
  const files = new Map(Object.entries(texts).map(([name, text]) => [name, encoder.encode(text)]));
  return { module: await WebAssembly.compile(bytes), files };
})();

class TooMuch extends Error {}

function run(module, files, code, tell) {
  const decoders = [1, 2].map(() => new TextDecoder());
  const said = ["", ""];
  let size = 0;
  let last = performance.now();
  const flush = () => {
    if (said[0]) tell({ printed: said[0] });
    said[0] = "";
    last = performance.now();
  };
  const write = (fd, bytes) => {
    said[fd - 1] += decoders[fd - 1].decode(bytes.subarray(0, MOST - size), { stream: true });
    size += bytes.length;
    if (performance.now() - last > PAUSE) flush();
    if (size >= MOST) throw new TooMuch();
  };
  const argv = ["micropython", "-X", `heapsize=${HEAP}`, "-c", PREPARE + code];
  const { imports, use } = system(argv, ["MICROPYPATH=/lib"], files, write);
  const instance = new WebAssembly.Instance(module, imports);
  use(instance);
  let ended = "done";
  try {
    instance.exports._start();
  } catch (error) {
    if (error instanceof TooMuch) ended = "much";
    else if (error instanceof RangeError) ended = "deep";
    else if (!(error instanceof Exit)) ended = "broken";
    else if (error.code) ended = "error";
  }
  flush();
  return { ended, traceback: said[1] };
}

addEventListener("message", async ({ data }) => {
  try {
    const { module, files } = await ready;
    postMessage({ begun: true });
    if (data.code !== undefined) postMessage(run(module, files, data.code, postMessage));
  } catch (error) {
    postMessage({ ended: "unable", why: String(error) });
  }
});
