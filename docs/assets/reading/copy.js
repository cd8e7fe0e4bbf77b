// A button on each block of code, which copies the code alone: of a console the commands, without what it
// answered. What a block printed has no button.
import { copy } from "./clipboard.js";
import { idle } from "./idle.js";

const PRINTED = ":is(.gd-run, .gd-cell) .language-text";
const PORTION = 6; // blocks between which the page can answer its reader

function codeOf(code) {
  if (!code.querySelector(".gp")) return code.textContent.trimEnd();
  const commands = code.cloneNode(true);
  for (const part of commands.querySelectorAll(".gp, .go, .gt")) part.remove();
  const lines = commands.textContent.split("\n");
  return lines.filter((line) => line.trim()).join("\n").trimEnd();
}

function addButton(code) {
  const bar = document.createElement("div");
  bar.className = "md-code__nav";
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "md-code__button", title: "Copy to clipboard" });
  button.dataset.mdType = "copy";
  button.addEventListener("click", () => copy(codeOf(code)));
  bar.append(button);
  code.before(bar);
}

const blocks = [...document.querySelectorAll("article pre > code")].filter((code) => !code.closest(PRINTED));
while (blocks.length) {
  await idle();
  blocks.splice(0, PORTION).forEach(addButton);
}
