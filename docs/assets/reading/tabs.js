// Tabs: sets with the same names go together, the choice is kept, and a tab has an address. Native radio
// buttons bring a tab to the front, without this script.
import { target } from "./address.js";
import { idle } from "./idle.js";
import { recall, remember } from "./memory.js";

const sets = [...document.querySelectorAll("[data-tabs]")];
const inputsOf = (set) => [...set.querySelectorAll(":scope > input")];
const rowOf = (set) => set.querySelector(":scope > .tabbed-labels");
const labelOf = (input) => rowOf(input.parentElement).querySelector(`label[for="${input.id}"]`);
const nameOf = (input) => labelOf(input).textContent.trim();

// The line under the tab in front.
function underline(set) {
  const label = labelOf(inputsOf(set).find(({ checked }) => checked));
  const row = rowOf(set);
  const [x, width] = [label.offsetLeft, label.offsetWidth];
  set.style.setProperty("--md-indicator-x", `${x}px`);
  set.style.setProperty("--md-indicator-width", `${width}px`);
  if (x < row.scrollLeft || x + width > row.scrollLeft + row.clientWidth) row.scrollTo({ left: Math.max(0, x - 16) });
  showControls(set);
}

function choose(input) {
  const set = input.parentElement;
  const y = set.getBoundingClientRect().top;
  for (const other of sets) {
    if (other === set) continue;
    const same = inputsOf(other).find((one) => nameOf(one) === nameOf(input));
    if (same) same.checked = true;
  }
  for (const each of sets) underline(each);
  // What stands above may have become higher: the reader's tabs stay where they were.
  scrollBy({ top: set.getBoundingClientRect().top - y, behavior: "instant" });
  remember("__tabs", [...new Set([nameOf(input), ...(recall("__tabs") ?? [])])]);
}

// Where a row is wider than its place, a button at each end that is not yet reached.
function showControls(set) {
  const row = rowOf(set);
  const after = row.scrollWidth - row.clientWidth - row.scrollLeft;
  set.querySelector(":scope > .tabbed-control--prev").hidden = row.scrollLeft < 16;
  set.querySelector(":scope > .tabbed-control--next").hidden = after < 16;
}

function addControl(set, way, name) {
  const control = document.createElement("div");
  control.className = `tabbed-control tabbed-control--${name}`;
  control.hidden = true;
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "tabbed-button", tabIndex: -1, ariaHidden: "true" });
  button.addEventListener("click", () => rowOf(set).scrollBy({ left: way * rowOf(set).clientWidth }));
  control.append(button);
  set.append(control);
}

// The name of a tab is a link to it.
function link(input) {
  const label = labelOf(input);
  const anchor = document.createElement("a");
  Object.assign(anchor, { href: `#${input.id}`, tabIndex: -1 });
  anchor.append(...label.childNodes);
  label.append(anchor);
  anchor.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    history.replaceState(history.state, "", `${location.pathname}${location.search}#${input.id}`);
    label.click();
  });
}

function openLinked() {
  const input = target();
  if (input?.matches("[data-tabs] > input")) input.click();
}

await idle();
const sizes = new ResizeObserver((entries) => entries.forEach((entry) => underline(entry.target.parentElement)));
for (const set of sets) {
  rowOf(set).classList.add("tabbed-labels--linked");
  for (const input of inputsOf(set)) link(input);
  addControl(set, -1, "prev");
  addControl(set, 1, "next");
  set.addEventListener("change", (event) => event.target.parentElement === set && choose(event.target));
  rowOf(set).addEventListener("scroll", () => showControls(set), { passive: true });
  sizes.observe(rowOf(set));
}
addEventListener("hashchange", openLinked);
