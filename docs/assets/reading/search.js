// The door to search: the field, a key, or an address with ?q=. What searches, and what is searched,
// comes when a reader goes there.
import { shortcut } from "./keys.js";

const toggle = document.getElementById("__search");
const box = document.querySelector(".md-search");
const field = box.querySelector(".md-search__input");
let coming;
let from; // where the focus was

function open() {
  if (!toggle.checked) toggle.checked = true;
  coming ??= import("./results.js").catch(() => {
    coming = undefined; // asked for again when the reader comes again
    box.querySelector("[role=status]").textContent = "Search did not come: is there a connection?";
  });
}

function close() {
  toggle.checked = false;
  if (box.contains(document.activeElement)) {
    document.activeElement.blur();
    from?.focus?.({ preventScroll: true });
  }
  from = undefined;
  const url = new URL(location);
  if (!url.searchParams.has("q")) return;
  url.searchParams.delete("q");
  history.replaceState(history.state, "", url);
}

shortcut("fs/", () => {
  from = document.activeElement;
  field.focus();
  field.select();
});
field.addEventListener("focus", open);
// The button of a phone: the field takes the focus in the same touch, so that the keyboard comes up.
toggle.addEventListener("change", () => (toggle.checked ? field.focus() : close()));
box.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  event.preventDefault();
  close();
});
box.addEventListener("focusout", ({ relatedTarget }) => {
  if (relatedTarget && !box.contains(relatedTarget)) {
    from = undefined;
    close();
  }
});
box.addEventListener("click", (event) => event.target.closest("a") && !event.ctrlKey && !event.metaKey && close());
addEventListener("hashchange", () => toggle.checked && close());
field.form.addEventListener("submit", (event) => event.preventDefault());

const asked = new URLSearchParams(location.search);
if (asked.get("q")) {
  field.value = asked.get("q");
  field.focus();
} else if (document.activeElement === field || toggle.checked) {
  field.focus();
  open(); // the reader was there before this script
}
if (asked.get("h")) import("./highlight.js").then(({ highlight }) => highlight(asked.get("h")));
