// A snippet of a page becomes a bench, in its own place, and itself again.
import { bench, style } from "./bench.js";

const opened = new WeakMap();

export async function open(button) {
  const block = button.closest(".gd-run");
  await style();
  const made = opened.get(block) ?? make(block, button);
  opened.set(block, made);
  made.show();
}

function make(block, button) {
  const own = [...block.children];
  const code = block.querySelector(".language-python code").textContent.trimEnd();
  const printed = block.querySelector(".language-text code")?.textContent ?? "";
  const number = [...document.querySelectorAll(".gd-run")].indexOf(block) + 1;
  const close = Object.assign(document.createElement("button"), {
    type: "button",
    className: "gd-change",
    textContent: "Close",
  });
  const leave = () => {
    block.replaceChildren(...own);
    button.focus();
  };
  close.addEventListener("click", leave);
  const label = `Python of block ${number} on this page`;
  const { parts, edited } = bench({ code, label, book: printed, leave, more: [close] });
  const show = () => {
    block.replaceChildren(...parts);
    edited.area.focus({ preventScroll: true });
  };
  return { show };
}
