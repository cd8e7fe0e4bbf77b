// What a reader chose, kept from page to page where the browser keeps things.
const home = new URL("../../", import.meta.url).pathname;

export function recall(name) {
  try {
    return JSON.parse(localStorage.getItem(`${home}.${name}`));
  } catch {
    return null;
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem(`${home}.${name}`, JSON.stringify(value));
  } catch {
    // No storage, or a full one: it holds for this page.
  }
}
