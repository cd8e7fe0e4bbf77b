// A bench to work on: an editor, what runs it, what it printed and what is to be said of that.
import { editor } from "./editor.js";
import { prepare, run, stop } from "./python.js";

const OURS = "MicroPython runs it, in your browser.";

function make(tag, className, properties = {}) {
  return Object.assign(document.createElement(tag), { className, ...properties });
}

export function button(words, press) {
  const made = make("button", "gd-change", { type: "button", textContent: words });
  made.addEventListener("click", press);
  return made;
}

// What was printed: the text, and the plots, which stand on lines of their own with a mark.
const PLOT = /^\x1e(.*)\n/gm;
function parted(printed) {
  const plots = [...printed.matchAll(PLOT)].map(([, told]) => told);
  return { text: printed.replace(PLOT, ""), plots };
}

// The style comes with the first bench.
let styled;
export function style() {
  styled ??= new Promise((come) => {
    const href = new URL("../run.css", import.meta.url).href;
    document.head.append(make("link", "", { rel: "stylesheet", href, onload: come, onerror: come }));
  });
  return styled;
}

// Which lines of two texts differ, in words.
export function difference(printed, book) {
  const [ours, theirs] = [printed, book].map((text) => text.trimEnd().split("\n").map((line) => line.trimEnd()));
  const lines = [];
  for (let i = 0; i < Math.max(ours.length, theirs.length); i++) if (ours[i] !== theirs[i]) lines.push(i + 1);
  if (!lines.length) return "The same as in the book.";
  if (lines.length === 1) return `Line ${lines[0]} of the output differs from the book.`;
  const last = lines.length > 4 ? `${lines.length - 3} more` : lines.at(-1);
  const first = lines.slice(0, lines.length > 4 ? 3 : -1);
  return `Lines ${first.join(", ")} and ${last} of the output differ from the book.`;
}

// How many of an exercise's checks were passed, in words, by the lines that they printed.
function passed(printed, count) {
  const lines = printed.split("\n").filter((line) => line.startsWith("✓ "));
  if (lines.length === count && !/^✗ /m.test(printed)) return { all: true, words: "Solved: all checks pass." };
  const some = lines.length ? `${Math.min(lines.length, count)} of ${count} checks` : "No check";
  return { all: false, words: `${some} ${lines.length > 1 ? "pass" : "passes"} so far.` };
}

// `book` is what the book prints, if it does; `checks` are those of an exercise, their code and their count. `ran`
// hears what was run, and whether it passed. `leave` closes the bench; `more` stands beside the buttons.
export function bench({ code, label, book, checks, ran, leave, more = [] }) {
  const edited = editor(code, label, go, leave ?? (() => edited.area.blur()));
  const plots = make("div", "gd-plots");
  const output = make("div", "language-text highlight gd-output");
  const text = make("code", "", { tabIndex: 0, ariaLabel: "Output" });
  text.setAttribute("role", "region");
  const pre = document.createElement("pre");
  pre.append(text);
  output.append(pre);
  const bar = make("div", "gd-bench-bar");
  const start = button("Run", () => (running ? stop() : go()));
  const reset = button("Reset", () => {
    stop();
    edited.set(code);
    show(book ?? "");
    say(OURS);
    edited.area.focus();
  });
  const said = make("p", "gd-bench-said", { textContent: OURS });
  said.setAttribute("role", "status");
  bar.append(start, reset, ...more);
  let running = false;

  // `how` is "wrong" or "solved", or nothing.
  function say(words, how = "") {
    said.textContent = words;
    said.className = how ? `gd-bench-said gd-bench-${how}` : "gd-bench-said";
  }

  function show(printed) {
    const told = parted(printed);
    text.textContent = told.text;
    output.hidden = !told.text;
    if (!told.plots.length) plots.replaceChildren();
    return told.plots;
  }

  async function draw(told) {
    if (!told.length) return;
    const { drawn } = await import("./plot.js");
    const pictures = told.flatMap((one) => {
      try {
        return [drawn(JSON.parse(one), plots.clientWidth)];
      } catch {
        return []; // the mark, without a plot
      }
    });
    plots.replaceChildren(...pictures);
  }

  async function go() {
    if (running) return;
    running = true;
    start.textContent = "Stop";
    edited.mark();
    say("Running …");
    let printed = "";
    const written = edited.code;
    const { ok, words, line } = await run(written, checks?.code ?? "", (piece) => {
      printed += piece;
      show(printed);
    });
    await draw(show(printed));
    running = false;
    start.textContent = "Run";
    edited.mark(line);
    const judged = checks && passed(printed, checks.count);
    ran?.(written, Boolean(ok && judged?.all));
    if (!ok) say(line ? `Line ${line}: ${words}` : words, "wrong");
    else if (checks) say(`${judged.words} ${OURS}`, judged.all ? "solved" : "");
    else if (book !== undefined) say(`${difference(printed, book)} ${OURS}`);
    else say(printed ? OURS : `Nothing was printed. ${OURS}`);
  }

  show(book ?? "");
  prepare();
  return { parts: [edited.box, output, plots, bar, said], edited, say };
}
