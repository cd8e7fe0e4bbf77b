// Folded parts open for a link that leads into them, and for the printer.
import { target } from "./address.js";

function reveal() {
  const place = target();
  let folded = place?.closest("details:not([open])");
  if (!folded) return;
  for (; folded; folded = folded.parentElement.closest("details:not([open])")) folded.open = true;
  place.scrollIntoView();
}
addEventListener("hashchange", reveal);
reveal();

let opened = [];
function print(starts) {
  if (starts) opened.push(...document.querySelectorAll("article details:not([open])"));
  for (const details of opened) details.open = starts;
  if (!starts) opened = [];
}
addEventListener("beforeprint", () => print(true));
addEventListener("afterprint", () => print(false));
matchMedia("print").addEventListener("change", ({ matches }) => print(matches));
