// The playground: an editor with the whole package. A program that came with a link waits to be run by the reader.
import { copy } from "../reading/clipboard.js";
import { recall, remember } from "../reading/memory.js";
import { bench, button, style } from "./bench.js";
import { address, unpacked } from "./link.js";

const NAME = "play";
const CAME = "This program came with the link. Read it before you run it.";
const LOST = "The program in this link cannot be read.";
const TYPE = "text/x-python";

export async function open(opener) {
  const place = opener.closest(".gd-play");
  await style();
  const code = place.querySelector(".language-python code").textContent.trimEnd();
  const share = button("Copy link", async () => {
    const link = await address(made.edited.code);
    history.replaceState(null, "", link);
    await copy(link);
  });
  const save = button("Save as file", () => {
    const href = URL.createObjectURL(new Blob([made.edited.code], { type: TYPE }));
    Object.assign(document.createElement("a"), { href, download: "descent.py" }).click();
    setTimeout(() => URL.revokeObjectURL(href), 1000);
  });
  const made = bench({ code, label: "Your Python", more: [share, save], ran: (written) => remember(NAME, written) });
  place.classList.add("gd-run");
  place.replaceChildren(...made.parts);
  const asked = /^#code=(.*)$/.exec(location.hash)?.[1];
  if (asked === undefined) made.edited.set(recall(NAME) ?? code);
  else {
    try {
      made.edited.set(await unpacked(asked));
      made.say(CAME);
    } catch {
      made.say(LOST, "wrong");
    }
  }
  made.edited.area.focus({ preventScroll: true });
}
