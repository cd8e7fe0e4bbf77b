// A snippet of a page becomes a bench, in its own place, and itself again.
import { bench, button, style } from "./bench.js";
import { address } from "./link.js";

const opened = new WeakMap();

export async function open(opener) {
  const block = opener.closest(".gd-run");
  await style();
  const made = opened.get(block) ?? make(block, opener);
  opened.set(block, made);
  made.show();
}

function make(block, opener) {
  const own = [...block.children];
  const code = block.querySelector(".language-python code").textContent.trimEnd();
  const printed = block.querySelector(".language-text code")?.textContent ?? "";
  const number = [...document.querySelectorAll(".gd-run")].indexOf(block) + 1;
  const leave = () => {
    block.replaceChildren(...own);
    opener.focus();
  };
  const play = button("Open in the playground", async () => location.assign(await address(edited.code)));
  const label = `Python of block ${number} on this page`;
  const { parts, edited } = bench({ code, label, book: printed, leave, more: [button("Close", leave), play] });
  const show = () => {
    block.replaceChildren(...parts);
    edited.area.focus({ preventScroll: true });
  };
  return { show };
}
