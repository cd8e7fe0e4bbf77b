// Keys of one letter, for a reader who is not typing; and Enter and Space for what else opens only by a click.
const shortcuts = new Map();

// Each character of `keys` does this.
export function shortcut(keys, act) {
  for (const key of keys) shortcuts.set(key, act);
}

const TYPED = "input:not([type=radio], [type=checkbox]), select, textarea, [contenteditable]";

addEventListener("keydown", (event) => {
  const { target, key } = event;
  if (event.metaKey || event.ctrlKey || event.altKey || event.isComposing || event.defaultPrevented) return;
  if ((key === "Enter" || key === " ") && target.matches?.("label[tabindex], label [role=button]")) {
    event.preventDefault();
    target.click();
  } else if (shortcuts.has(key) && !target.closest?.(TYPED)) {
    event.preventDefault();
    shortcuts.get(key)();
  }
});

const turn = (page) => () => {
  const link = document.querySelector(`link[rel=${page}]`);
  if (link) location.assign(link.href);
};
shortcut("p,", turn("prev"));
shortcut("n.", turn("next"));
