// The buttons Edit and run. All that it takes to change a snippet and run it comes when that is asked for.
document.addEventListener("click", async ({ target }) => {
  const button = target.closest(".gd-foot .gd-change");
  if (!button) return;
  try {
    const { open } = await import("./run/snippet.js");
    await open(button);
  } catch {
    button.textContent = "Could not be loaded";
  }
});
