// A table, formula or block of code that is wider than its place scrolls; by keyboard, only if it takes focus.
const watch = new ResizeObserver((entries) => {
  // First all is read, then all is written: in turn, each would be laid out for the next.
  const wide = entries.map(({ target }) => target.scrollWidth > target.clientWidth);
  entries.forEach(({ target }, i) => {
    if (wide[i]) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  });
});
const boxes = ".md-typeset__scrollwrap, .gd-math-block, article pre > code";
for (const box of document.querySelectorAll(boxes)) watch.observe(box);
