// The menu: beside the page on a desk, a drawer on a phone. The drawer opens and closes by a checkbox,
// without this script; here are its keys, and what a reader who does not see it is told.
import { idle } from "./idle.js";

const drawer = document.getElementById("__drawer");
const button = document.querySelector("header [for=__drawer] [role=button]");
const menu = document.querySelector(".md-sidebar--primary");
const narrow = matchMedia("(max-width: 76.234375em)");

function close() {
  if (!drawer.checked) return;
  drawer.checked = false;
  drawer.dispatchEvent(new Event("change"));
}

drawer.addEventListener("change", () => {
  button.setAttribute("aria-expanded", drawer.checked);
  if (drawer.checked) focusFirst();
  else if (menu.contains(document.activeElement)) button.focus();
});
button.setAttribute("aria-expanded", drawer.checked);
addEventListener("hashchange", close);
menu?.addEventListener("click", ({ target }) => target.closest("a") && close());
addEventListener("keydown", ({ key }) => key === "Escape" && close());

// The first thing in the drawer that is on the screen, once it has come in.
function focusFirst() {
  const shown = [...menu.querySelectorAll("a[href], label[tabindex='0']")].find(
    (link) => link.checkVisibility?.({ visibilityProperty: true }) ?? link.offsetParent,
  );
  shown?.focus({ preventScroll: true });
}

// A part of the menu that folds: on a desk one or two do, on a phone all, and its title leads back.
const toggles = [...(menu?.querySelectorAll(".md-nav__toggle") ?? [])];
const LABEL = ":scope > .md-nav__link[for], :scope > nav > .md-nav__title";
function name() {
  for (const toggle of toggles) {
    const part = toggle.parentElement;
    part.querySelector(":scope > nav")?.setAttribute("aria-expanded", toggle.checked);
    const folds = narrow.matches || !part.matches(".md-nav__item--section");
    for (const label of part.querySelectorAll(LABEL)) {
      if (folds) label.tabIndex = 0;
      else label.removeAttribute("tabindex");
    }
  }
}
menu?.addEventListener("change", ({ target }) => {
  name();
  if (!narrow.matches) return;
  // What had the focus is gone from the screen.
  const [link, title] = target.parentElement.querySelectorAll(LABEL);
  (target.checked ? title : link)?.focus({ preventScroll: true });
});
narrow.addEventListener("change", name);

// A title that does not fit is told to the pointer and to a reader of the focus.
for (const event of ["pointerover", "focusin"]) {
  addEventListener(event, ({ target }) => {
    const words = target.closest?.("a, .md-ellipsis")?.querySelector(".md-ellipsis") ?? target.closest?.(".md-ellipsis");
    if (words && words.offsetWidth < words.scrollWidth) (words.closest("a") ?? words).title = words.textContent.trim();
  });
}

// The page's own line of the menu is brought into its middle.
await idle();
name();
for (const bar of document.querySelectorAll(".md-sidebar")) {
  const here = [...bar.querySelectorAll(".md-nav__link--active[href]")].find((link) => link.clientHeight);
  const box = bar.querySelector(".md-sidebar__scrollwrap");
  if (!here || narrow.matches) continue;
  box.scrollTop += here.getBoundingClientRect().top - box.getBoundingClientRect().top - box.clientHeight / 2;
}
