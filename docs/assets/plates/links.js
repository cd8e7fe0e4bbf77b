// A phrase of the text that sets a plate: <a href="#figure-valley" data-set="mu=0.99">what if …</a>.
export function linked(text) {
  text.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-set]");
    const plate = link && document.querySelector(`${link.hash} gd-plate`);
    if (!plate || "failed" in plate.dataset) return;
    event.preventDefault();
    await import("./plate.js");
    await plate.ready;
    plate.set(new URLSearchParams(link.dataset.set));
    plate.scrollIntoView({ block: "nearest" });
  });
}
