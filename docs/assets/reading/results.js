// What was found: the list under the field, and its keys. The searching itself is done beside the page, in
// finder.js, so that typing never waits for it.
import { copy } from "./clipboard.js";

const home = new URL("../../", import.meta.url);
const box = document.querySelector(".md-search");
const field = box.querySelector(".md-search__input");
const meta = box.querySelector(".md-search-result__meta");
const list = box.querySelector(".md-search-result__list");
const AT_ONCE = 8; // pages shown at once; the others a moment later

const finder = new Worker(new URL("finder.js", import.meta.url), { type: "module" });
let asked = 0;
let shown = 0;
let go = false; // Enter was pressed before the answer came

const say = (words) => {
  if (meta.textContent !== words) meta.textContent = words;
};

function ask() {
  asked += 1;
  finder.postMessage({ id: asked, query: field.value });
}

const failed = () => say("The search index did not come: is there a connection?");
finder.addEventListener("error", failed);
finder.addEventListener("message", ({ data }) => {
  if (data.failed) return failed();
  if (data.id !== asked) return;
  shown = data.id;
  if (!field.value.trim()) say("Type to start searching");
  else say(data.count === 0 ? "No matching documents" : data.count === 1 ? "1 matching document" : `${data.count} matching documents`);
  const at = stops().indexOf(document.activeElement);
  list.replaceChildren(...data.pages.slice(0, AT_ONCE).map(item));
  if (at > 0) (stops()[at] ?? field).focus();
  list.parentElement.parentElement.scrollTop = 0;
  if (go) list.querySelector("a")?.click();
  else if (data.pages.length > AT_ONCE) setTimeout(append, 60, data, AT_ONCE);
});

function append({ id, pages }, from) {
  if (id !== asked) return;
  const to = from + AT_ONCE;
  list.append(...pages.slice(from, to).map(item));
  if (to < pages.length) setTimeout(append, 30, { id, pages }, to);
}

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const written = (pieces) => pieces.map(([text, mark]) => (mark ? element("mark", {}, text) : text));

function entry({ location, title, excerpt, missing, terms }, page) {
  const url = new URL(location, home);
  if (terms.length) url.searchParams.set("h", terms.map((term) => (term.includes(" ") ? `"${term}"` : term)).join(" "));
  const article = element("article", { class: "md-search-result__article md-typeset" });
  if (page) article.append(element("div", { class: "md-search-result__icon md-icon" }));
  article.append(element(page ? "h1" : "h2", {}, ...written(title)));
  if (excerpt.length) article.append(element("p", {}, ...written(excerpt)));
  if (missing.length) article.append(element("p", { class: "md-search-result__terms" }, `Missing: ${missing.join(", ")}`));
  return element("a", { href: url.href, class: "md-search-result__link" }, article);
}

function item({ page, best, more }) {
  const found = element("li", { class: "md-search-result__item" }, entry(page, true), ...best.map((part) => entry(part, false)));
  if (more.length) {
    const words = more.length === 1 ? "1 more on this page" : `${more.length} more on this page`;
    const summary = element("summary", {}, element("div", {}, words));
    const folded = element("details", { class: "md-search-result__more" }, summary);
    folded.addEventListener("toggle", () => folded.append(...more.map((part) => entry(part, false))), { once: true });
    found.append(folded);
  }
  return found;
}

// Where the arrows go.
const stops = () => [field, ...list.querySelectorAll(":not(details) > a, summary, details[open] > a")];

box.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.isComposing || event.metaKey || event.ctrlKey || event.altKey) return;
  if (key === "ArrowDown" || key === "ArrowUp") {
    const all = stops();
    const at = Math.max(0, all.indexOf(target)) + (key === "ArrowDown" ? 1 : -1);
    all[(at + all.length) % all.length].focus();
    event.preventDefault();
  } else if (key === "Enter" && target === field) {
    event.preventDefault();
    if (shown === asked) list.querySelector("a")?.click();
    else go = true;
  } else if (target !== field && list.contains(target) && (key.length === 1 || key === "Backspace") && key !== " ") {
    field.focus(); // and the letter goes there
  }
});
field.addEventListener("input", () => {
  go = false;
  ask();
});
field.form.addEventListener("reset", () => {
  field.focus();
  setTimeout(ask); // the field is empty after this event
});
box.querySelector("[data-md-component=search-share]").addEventListener("click", () => {
  const url = new URL(location);
  url.hash = "";
  url.search = new URLSearchParams({ q: field.value });
  copy(url.href);
});

say("Loading what is searched…");
finder.postMessage({ index: new URL("search/search_index.json", home).href });
field.addEventListener("focus", () => shown || finder.postMessage({ index: new URL("search/search_index.json", home).href }));
ask();
