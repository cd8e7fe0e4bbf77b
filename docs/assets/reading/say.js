// Words at the foot of the page for two seconds, which a screen reader speaks.
const dialog = document.querySelector(".md-dialog");
const inner = dialog.querySelector(".md-dialog__inner");
inner.setAttribute("role", "status");
let timer;

export function say(words) {
  inner.textContent = words;
  dialog.classList.add("md-dialog--active");
  clearTimeout(timer);
  timer = setTimeout(() => {
    dialog.classList.remove("md-dialog--active");
    inner.textContent = "";
  }, 2000);
}
