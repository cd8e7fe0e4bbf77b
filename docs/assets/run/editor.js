// An editor of code: what is typed lies, without colour, over a copy in colours. Tab leaves it, as everywhere on
// a page; Enter keeps the indent; undo is the browser's own.
import { colour } from "./colours.js";

const STEP = "    ";

// Put a text in place of the selection, so that undo knows of it.
function put(area, from, to, text) {
  area.setSelectionRange(from, to);
  if (document.execCommand("insertText", false, text)) return;
  area.setRangeText(text, from, to, "end");
  area.dispatchEvent(new Event("input"));
}

function key(event, area, run, leave) {
  const { selectionStart: from, selectionEnd: to, value } = area;
  const head = value.slice(value.lastIndexOf("\n", from - 1) + 1, from);
  if (event.isComposing) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run();
  else if (event.key === "Escape") leave();
  else if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
    put(area, from, to, `\n${/^ */.exec(head)[0]}${/:\s*(#.*)?$/.test(head) ? STEP : ""}`);
  } else if (event.key === "Backspace" && from === to && /^(?: {4})+$/.test(head)) {
    put(area, from - STEP.length, to, "");
  } else return;
  event.preventDefault();
}

// `run` and `leave` are what Ctrl-Enter and Escape do.
export function editor(code, label, run, leave) {
  const box = document.createElement("div");
  box.className = "language-python highlight gd-editor";
  const inner = document.createElement("code");
  const copy = document.createElement("span");
  copy.setAttribute("aria-hidden", "true");
  const wrong = document.createElement("span");
  wrong.className = "gd-wrong-line";
  wrong.hidden = true;
  const area = document.createElement("textarea");
  const plain = { spellcheck: false, autocapitalize: "off", autocomplete: "off", wrap: "off", rows: 1, cols: 1 };
  Object.assign(area, plain, { ariaLabel: label });
  area.setAttribute("autocorrect", "off");
  inner.append(wrong, copy, area);
  const pre = document.createElement("pre");
  pre.append(inner);
  box.append(pre);

  const show = () => {
    wrong.hidden = true;
    colour(copy, area.value);
  };
  area.addEventListener("input", show);
  area.addEventListener("keydown", (event) => key(event, area, run, leave));
  const set = (text) => {
    area.value = text;
    show();
  };
  set(code);
  return {
    box,
    area,
    set,
    get code() {
      return area.value;
    },
    // Mark the line of an error; none without one.
    mark(line) {
      wrong.hidden = !line;
      wrong.style.setProperty("--line", line ?? 0);
    },
  };
}
