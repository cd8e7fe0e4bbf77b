// The buttons Edit and run, those of exercises, and that of the playground. All that it takes to change Python and
// run it comes when that is asked for.
import { recall } from "./reading/memory.js";

async function opened(button) {
  try {
    const { open } = await (button.closest(".gd-play")
      ? import("./run/play.js")
      : button.closest(".gd-task")
        ? import("./run/task.js")
        : import("./run/snippet.js"));
    await open(button);
  } catch {
    button.textContent = "Could not be loaded";
  }
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest(":is(.gd-foot, .gd-task-bar) > .gd-change");
  if (button) opened(button);
});
// Who follows a link to a program sees it at once. It is not run.
const play = document.querySelector(".gd-play .gd-change");
if (play && location.hash.startsWith("#code=")) opened(play);
for (const task of document.querySelectorAll(".gd-task")) {
  task.toggleAttribute("data-solved", Boolean(recall(`task.${task.dataset.task}`)?.solved));
}
