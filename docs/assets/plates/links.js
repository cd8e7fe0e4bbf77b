// A phrase of the text that sets a plate: <a href="#figure-valley" data-set="mu=0.99">what if …</a>.
export function linked(text) {
  text?.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-set]");
    const plate = link && document.querySelector(`${link.hash} gd-plate`);
    if (!plate) return;
    event.preventDefault();
    await import("./plate.js");
    await plate.ready;
    plate.set(Object.fromEntries(new URLSearchParams(link.dataset.set)));
    plate.show();
  });
}
