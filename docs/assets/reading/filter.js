// Rows that are looked for by name: those whose name has the words stay.
import { target } from "./address.js";
import { fold } from "./words.js";

const field = document.querySelector(".gd-filter input");
const told = document.querySelector(".gd-filter [role=status]");
const rows = [...document.querySelectorAll("details.gd-fold:has(> summary > h3)")];
const names = rows.map((row) => fold(`${row.querySelector("h3").textContent} ${row.querySelector("h3").id}`));
const parts = new Map(); // a heading, and the rows below it
for (const row of rows) {
  let head = row.previousElementSibling;
  while (head.tagName !== "H2") head = head.previousElementSibling;
  parts.set(head, [...(parts.get(head) ?? []), row]);
}

function sift() {
  const words = fold(field.value.trim()).split(/\s+/);
  rows.forEach((row, i) => (row.hidden = !words.every((word) => names[i].includes(word))));
  for (const [head, own] of parts) head.hidden = own.every((row) => row.hidden);
  const left = rows.filter((row) => !row.hidden).length;
  told.textContent = field.value.trim() ? `${left} of ${rows.length} rules` : `${rows.length} rules`;
}

field.addEventListener("input", sift);
field.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && field.value) field.value = "";
  else if (event.key !== "Enter") return;
  event.preventDefault();
  sift();
  const first = rows.find((row) => !row.hidden);
  if (event.key !== "Enter" || !first) return;
  first.open = true;
  first.querySelector("summary").focus();
});
// A link to a row that is sifted out brings it back.
addEventListener("hashchange", () => {
  if (!target()?.closest("[hidden]")) return;
  field.value = "";
  sift();
  target().scrollIntoView();
});
sift();
field.parentElement.dataset.ready = "";
