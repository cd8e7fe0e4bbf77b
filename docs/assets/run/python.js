// Python for a page: one worker, which is ended with what runs in it when that takes too long or is stopped.
const SECONDS = 5;
const WORDS = {
  late: `Stopped: it ran for more than ${SECONDS} seconds.`,
  stopped: "Stopped.",
  much: "Stopped: it printed more than 100 kB.",
  deep: "Stopped: functions call each other too deeply.",
  broken: "MicroPython broke down on this.",
  unable: "Python could not be started in this browser.",
};

let worker;
let hear;

function start() {
  if (worker) return;
  if (typeof WebAssembly !== "object") throw new Error("no WebAssembly");
  worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  worker.addEventListener("message", ({ data }) => hear?.(data));
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    end();
    hear?.({ ended: "unable" });
  });
}

function end() {
  worker?.terminate();
  worker = undefined;
}

// Fetch and compile, so that the first run need not wait for it.
export function prepare() {
  try {
    start();
    worker.postMessage({});
  } catch {
    // the first run says it
  }
}

// Run the code, and after it `more` code that is not the reader's; `print` takes what is printed, piece by piece.
// What comes back: `ok`, or `words` for what went wrong, with its `line` in the code where one is to blame.
// What still runs, of another editor of the page, is stopped.
export function run(code, more, print) {
  stop();
  return new Promise((done) => {
    let timer;
    hear = (data) => {
      if (data.begun) timer ??= setTimeout(() => stop("late"), SECONDS * 1000);
      else if (data.printed !== undefined) print(data.printed);
      else {
        clearTimeout(timer);
        hear = undefined;
        if (data.ended === "unable") end();
        done(verdict(data, code));
      }
    };
    try {
      start();
      worker.postMessage({ code: more ? `${code}\n\n\n${more}` : code });
    } catch {
      hear({ ended: "unable" });
    }
  });
}

// End what runs.
export function stop(ended = "stopped") {
  if (!hear) return;
  end();
  hear({ ended });
  prepare();
}

function verdict({ ended, traceback }, code) {
  if (ended === "done") return { ok: true, words: "" };
  if (ended !== "error") return { ok: false, words: WORDS[ended] };
  // Of a traceback: what it was, and the last line of the reader's own code on the way there.
  const what = traceback.trim().split("\n").at(-1) || "SystemExit";
  const lines = [...traceback.matchAll(/File "<stdin>", line (\d+)/g)].map(([, line]) => line - 1);
  const last = code.trimEnd().split("\n").length; // what is not finished is missed on a line after it
  const own = /^(Syntax|Indentation)Error/.test(what) ? lines : lines.filter((line) => line <= last);
  return { ok: false, words: what, line: own.length ? Math.min(own.at(-1), last) : undefined };
}
