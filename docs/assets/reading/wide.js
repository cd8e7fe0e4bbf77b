// A table, formula or block of code that is wider than its place scrolls; by keyboard, only if it takes focus.
// It fades where more of it follows.
const boxes = ".md-typeset__scrollwrap, .gd-math-block, article pre > code:not([role])"; // a region takes focus anyway

const more = ({ scrollLeft, scrollWidth, clientWidth }) =>
  `${scrollLeft > 1 ? "before" : ""} ${scrollLeft + clientWidth < scrollWidth - 1 ? "after" : ""}`.trim();

function fade(box, where) {
  if (where) box.dataset.more = where;
  else delete box.dataset.more;
}

const watch = new ResizeObserver((entries) => {
  // First all is read, then all is written: in turn, each would be laid out for the next.
  const wide = entries.map(({ target }) => target.scrollWidth > target.clientWidth);
  const follows = entries.map(({ target }) => more(target));
  entries.forEach(({ target }, i) => {
    if (wide[i]) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
    fade(target, follows[i]);
  });
});
for (const box of document.querySelectorAll(boxes)) watch.observe(box);
document.addEventListener(
  "scroll",
  ({ target }) => {
    if (target.dataset?.more) fade(target, more(target));
  },
  { capture: true, passive: true },
);
