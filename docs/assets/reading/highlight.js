// Marks the words that were searched for, on the page that they led to: ?h=. In small portions, between
// which the page can answer its reader.
import { idle } from "./idle.js";
import { marked, termsOf } from "./words.js";

const NOT = "svg, math, script, style, textarea, button, select, option, [data-lab], mark";
const PORTION = 8; // ms

export async function highlight(query) {
  const terms = termsOf(query);
  if (!terms.length) return;
  await idle();
  const walk = document.createTreeWalker(document.querySelector("article"), NodeFilter.SHOW_TEXT);
  const nodes = [];
  while (walk.nextNode()) nodes.push(walk.currentNode);
  let start = performance.now();
  for (const node of nodes) {
    if (performance.now() - start > PORTION) {
      await idle();
      start = performance.now();
    }
    if (!node.parentElement || !/\S/.test(node.data)) continue;
    const pieces = marked(node.data, terms);
    if (!pieces.some(([, mark]) => mark) || node.parentElement.closest(NOT)) continue;
    node.replaceWith(
      ...pieces.map(([text, mark]) => {
        if (!mark) return text;
        const made = document.createElement("mark");
        made.dataset.mdHighlight = "";
        made.textContent = text;
        return made;
      }),
    );
  }
}
