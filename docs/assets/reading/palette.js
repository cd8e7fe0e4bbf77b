// Light and dark: the system's until the reader chooses. An inline script has set the first, so that no
// page flashes, and shown the button; here is what the button does.
import { idle } from "./idle.js";
import { recall, remember } from "./memory.js";

const form = document.querySelector(".md-header__option");
const options = [...form.querySelectorAll("input")];
const { body } = document;
let chosen = Boolean(recall("__palette")?.color?.scheme);

// The button answers at once, the page in the next frame: on a slow phone all its colours take longer than
// a reader should wait for an answer.
async function paint(option) {
  option.checked = true;
  for (const other of options) other.nextElementSibling.hidden = other !== option;
  await nextFrame();
  if (!option.checked) return; // pressed again meanwhile
  body.dataset.mdColorSwitching = ""; // all at once, without transitions
  body.dataset.mdColorScheme = option.dataset.mdColorScheme;
  await nextFrame();
  delete body.dataset.mdColorSwitching;
  tint();
}

const nextFrame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));

// The browser's own bar has the colour of the page.
function tint() {
  const paper = getComputedStyle(body).getPropertyValue("--gd-paper").trim();
  for (const meta of document.querySelectorAll("meta[name=theme-color]")) meta.content = paper;
}

function choose(option) {
  chosen = true;
  remember("__palette", { color: { scheme: option.dataset.mdColorScheme } });
  paint(option);
}

form.addEventListener("change", ({ target }) => choose(target));
form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" && event.key !== " ") return;
  event.preventDefault();
  const next = options[(options.findIndex(({ checked }) => checked) + 1) % options.length];
  choose(next);
  next.focus();
});

for (const option of options) {
  matchMedia(option.dataset.mdColorMedia).addEventListener("change", ({ matches }) => {
    if (matches && !chosen) paint(option);
  });
}

// A button that was pressed before this script came.
const pressed = options.find(({ checked }) => checked);
if (pressed && pressed.dataset.mdColorScheme !== body.dataset.mdColorScheme) choose(pressed);
else if (chosen) idle().then(tint);
