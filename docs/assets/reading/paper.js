// On paper the address of a link that leads out is a note at the end of the page, and the link has its number.
const OUT = "article a[href^='http']";

function note() {
  const links = [...document.querySelectorAll(OUT)].filter((link) => link.textContent.trim() !== link.href);
  const addresses = [...new Set(links.map(({ href }) => href))];
  if (!addresses.length || document.querySelector(".gd-links")) return;
  for (const link of links) {
    const number = document.createElement("sup");
    number.className = "gd-link-number";
    number.textContent = addresses.indexOf(link.href) + 1;
    link.after(number);
  }
  const section = document.createElement("section");
  section.className = "gd-links";
  const heading = document.createElement("h2");
  heading.textContent = "Links";
  const list = document.createElement("ol");
  list.append(
    ...addresses.map((address) => {
      const item = document.createElement("li");
      item.textContent = address;
      return item;
    }),
  );
  section.append(heading, list);
  document.querySelector("article").append(section);
}

function clear() {
  for (const added of document.querySelectorAll(".gd-links, .gd-link-number")) added.remove();
}

const paper = matchMedia("print");
addEventListener("beforeprint", note);
addEventListener("afterprint", clear);
paper.addEventListener("change", ({ matches }) => (matches ? note() : clear()));
