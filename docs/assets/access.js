// What the theme's script builds in the page, made right for the keyboard and for screen readers.
document$.subscribe(() => {
  // It calls the bar with the copy button navigation: one landmark without a name per code block.
  for (const bar of document.querySelectorAll(".md-code__nav")) bar.setAttribute("role", "none");

  // A table or formula that is wider than its place scrolls; by keyboard, only if it takes focus.
  const watch = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    }
  });
  for (const box of document.querySelectorAll(".md-typeset__scrollwrap, .gd-math-block")) watch.observe(box);
});
