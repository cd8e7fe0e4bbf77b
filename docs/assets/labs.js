// Starts a lab when it comes near the view, so that a page is there before its labs are.
const start = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      start.unobserve(target);
      import(`./labs/${target.dataset.lab}.js`).catch(() => (target.dataset.failed = ""));
    }
  },
  { rootMargin: "200px" },
);
for (const lab of document.querySelectorAll("[data-lab]")) start.observe(lab);
