// A program in an address, and back: packed, and in letters that an address may hold.
const PLACE = new URL("../../labs/playground/", import.meta.url);

async function through(stream, bytes) {
  const packed = new Blob([bytes]).stream().pipeThrough(stream);
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

async function packed(code) {
  const bytes = await through(new CompressionStream("deflate-raw"), new TextEncoder().encode(code));
  const letters = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return letters.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// Throws for what was not packed so.
export async function unpacked(letters) {
  const binary = atob(letters.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = await through(new DecompressionStream("deflate-raw"), Uint8Array.from(binary, (one) => one.charCodeAt(0)));
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}

// The address of the playground with this program in it.
export async function address(code) {
  return `${PLACE.href}#code=${await packed(code)}`;
}
