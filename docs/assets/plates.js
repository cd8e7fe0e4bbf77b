// Starts a plate when it comes near the view. A link to a plate's figure may set its knobs.
import { linked } from "./plates/links.js";

const start = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      start.unobserve(target);
      import("./plates/plate.js").catch(() => (target.dataset.failed = ""));
    }
  },
  { rootMargin: "300px" },
);
for (const plate of document.querySelectorAll("gd-plate")) start.observe(plate);
linked(document.querySelector("article"));
