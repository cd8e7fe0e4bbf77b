// The buttons Edit and run, and those of exercises. All that it takes to change Python and run it comes when that
// is asked for.
import { recall } from "./reading/memory.js";

document.addEventListener("click", async ({ target }) => {
  const button = target.closest(":is(.gd-foot, .gd-task-bar) > .gd-change");
  if (!button) return;
  try {
    const { open } = await (button.closest(".gd-task") ? import("./run/task.js") : import("./run/snippet.js"));
    await open(button);
  } catch {
    button.textContent = "Could not be loaded";
  }
});
for (const task of document.querySelectorAll(".gd-task")) {
  task.toggleAttribute("data-solved", Boolean(recall(`task.${task.dataset.task}`)?.solved));
}
