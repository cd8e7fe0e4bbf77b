// The element that the address points to. A hand-written address may be no valid one.
export function target() {
  try {
    return document.getElementById(decodeURIComponent(location.hash.slice(1)));
  } catch {
    return null;
  }
}
