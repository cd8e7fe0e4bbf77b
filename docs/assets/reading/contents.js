// The place in the page: in the list of contents, in the address, in the header.
import { idle } from "./idle.js";

const header = document.querySelector(".md-header");
const title = document.querySelector(".md-header__title");
const heading = document.querySelector(".md-content h1");
const narrow = matchMedia("(max-width: 76.234375em)"); // the menu is a drawer
const list = document.querySelector("[data-md-component=toc]");

// Each heading with its link. The contents stand in the menu, beside the page or in the drawer.
const places = new Map();
for (const link of list?.querySelectorAll("a[href^='#']") ?? []) {
  const place = document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (place) places.set(place, link);
}
const headings = [...places.keys()];

const QUIET = 250; // ms without a scroll until the address follows
let current = -1;
let jumped = -Infinity; // when a link led to its place: the address is that place's
let timer;
let due = false;

function follow() {
  due = false;
  const y = scrollY;
  const edge = 1.5 * header.offsetHeight + 1; // where a link puts a heading, and a pixel
  const atEnd = y > 0 && y + innerHeight >= Math.floor(document.documentElement.scrollHeight);
  const reached = atEnd ? headings.length : passed(edge);
  mark(reached - 1);
  title.classList.toggle("md-header__title--active", heading?.getBoundingClientRect().bottom < header.offsetHeight);
}

// How many headings are above the edge.
function passed(edge) {
  let [low, high] = [0, headings.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (headings[middle].getBoundingClientRect().top <= edge) low = middle + 1;
    else high = middle;
  }
  return low;
}

function mark(index) {
  if (index === current) return;
  const [from, to] = [Math.min(index, current), Math.max(index, current)];
  for (let i = Math.max(0, from); i <= to; i++) {
    const link = places.get(headings[i]);
    link.classList.toggle("md-nav__link--passed", i <= index);
    link.classList.toggle("md-nav__link--active", i === index);
    if (i === index) link.setAttribute("aria-current", "location");
    else link.removeAttribute("aria-current");
    if (i === index) keepInView(link);
  }
  current = index;
}

// A menu that is longer than the screen scrolls with the page.
function keepInView(link) {
  const box = link.closest(".md-sidebar__scrollwrap");
  if (narrow.matches || box.scrollHeight <= box.clientHeight) return;
  const { top, bottom } = link.getBoundingClientRect();
  const view = box.getBoundingClientRect();
  if (top < view.top || bottom > view.bottom) box.scrollTop += (top + bottom - view.top - view.bottom) / 2;
}

function track() {
  if (performance.now() - jumped < 2 * QUIET) return;
  const url = new URL(location);
  url.hash = current < 0 ? "" : headings[current].id;
  if (url.hash !== location.hash) history.replaceState(history.state, "", url);
}

addEventListener(
  "scroll",
  () => {
    clearTimeout(timer);
    timer = setTimeout(track, QUIET);
    if (due) return;
    due = true;
    requestAnimationFrame(follow);
  },
  { passive: true },
);
addEventListener("hashchange", () => {
  jumped = performance.now();
});

if (location.hash) jumped = performance.now();
await idle();
follow();
new ResizeObserver(() => requestAnimationFrame(follow)).observe(document.body);
