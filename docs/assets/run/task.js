// An exercise: what the reader writes is run with the book's own checks after it. What was written last, and that
// it passed, this browser remembers.
import { recall, remember } from "../reading/memory.js";
import { bench, button, style } from "./bench.js";

const opened = new WeakMap();

export async function open(opener) {
  const task = opener.closest(".gd-task");
  await style();
  const made = opened.get(task) ?? make(task, opener);
  opened.set(task, made);
  made.show();
}

function make(task, opener) {
  const place = Object.assign(document.createElement("div"), { className: "gd-run" });
  const begun = [...task.children].slice(0, 2); // the code and the button
  const code = task.querySelector(".language-python code").textContent.trimEnd();
  const checks = {
    code: task.querySelector(".gd-checks code").textContent.trimEnd(),
    count: Number(task.dataset.checks),
  };
  const name = `task.${task.dataset.task}`;
  const ran = (written, passed) => {
    task.toggleAttribute("data-solved", passed || task.hasAttribute("data-solved"));
    remember(name, { code: written, solved: task.hasAttribute("data-solved") });
  };
  const leave = () => {
    place.replaceWith(...begun);
    opener.focus();
  };
  const label = "Your Python for this exercise";
  const { parts, edited } = bench({ code, label, checks, ran, leave, more: [button("Close", leave)] });
  edited.set(recall(name)?.code ?? code);
  place.append(...parts);
  const show = () => {
    begun[0].before(place);
    for (const part of begun) part.remove();
    edited.area.focus({ preventScroll: true });
  };
  return { show };
}
