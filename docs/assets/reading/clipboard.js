// Text into the clipboard, also where the page came over plain HTTP and has no navigator.clipboard.
import { say } from "./say.js";

export async function copy(text) {
  try {
    await (navigator.clipboard ? navigator.clipboard.writeText(text) : byHand(text));
    say("Copied to clipboard");
  } catch {
    say("The browser does not let this page copy");
  }
}

function byHand(text) {
  const before = document.activeElement;
  const area = Object.assign(document.createElement("textarea"), { value: text, readOnly: true });
  area.className = "gd-announce";
  area.style.whiteSpace = "pre"; // else the indents are not copied
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  before?.focus({ preventScroll: true });
  if (!done) throw new Error("not copied");
}
