// How words are compared, in the index and on a page: without case and accents, in British and American
// spelling, from the start of a word. What is folded keeps its length, so that places stay places.
export function fold(text) {
  const lower = text.toLowerCase();
  const same = lower.length === text.length ? lower : text;
  return same
    .replace(/[\u00c0-\u017f]/g, (letter) => letter.normalize("NFD")[0])
    .replace(/iz(?=[aei])/g, "is")
    .replace(/[\s\-\u2010-\u2015]/g, " ");
}

const LETTER = /[\p{L}\p{N}]/u;
const FILLERS = new Set("a an and are as at be by do does for from how i in is it of on or that the this to was what when why with".split(" "));

// The terms of a query: words, and phrases in quotation marks; little words only where there is nothing
// else. A plural asks for the singular, which its beginning is.
export function termsOf(query) {
  const parts = [...query.matchAll(/["“]([^"”]+)["”]|[^\s"“”]+/g)].flatMap(([part, phrase]) =>
    phrase ? [fold(phrase).trim()] : fold(part).split(" "),
  );
  const words = parts.map((part) => part.replace(/^[^\p{L}\p{N}]+(?=[\p{L}\p{N}])|[,;:.?!]+$/gu, "")).filter(Boolean);
  const telling = words.filter((word) => !FILLERS.has(word));
  const singular = (word) => (/[^su]s$/.test(word) && word.length > 3 ? word.slice(0, -1) : word);
  return [...new Set((telling.length ? telling : words).map(singular))];
}

// Where a term begins a word of a folded text: [start, end of what is to be marked, is it the whole word].
export function* places(text, term) {
  const inWord = LETTER.test(term[0]);
  for (let i = text.indexOf(term); i >= 0; i = text.indexOf(term, i + term.length)) {
    if (inWord && i > 0 && LETTER.test(text[i - 1])) continue;
    const end = i + term.length;
    const plural = text[end] === "s" ? end + 1 : end;
    const ends = !LETTER.test(text[plural] ?? " ");
    // A part of a name, as ball of heavy_ball, is no word of its own.
    yield [i, ends ? plural : end, ends && text[plural] !== "_" && text[i - 1] !== "_"];
  }
}

// A text in pieces, [words, are they marked].
export function marked(text, terms) {
  const folded = fold(text);
  const spots = terms.flatMap((term) => [...places(folded, term)]).sort(([a], [b]) => a - b);
  const pieces = [];
  let done = 0;
  for (const [start, end] of spots) {
    if (start < done) continue;
    if (start > done) pieces.push([text.slice(done, start), false]);
    pieces.push([text.slice(start, end), true]);
    done = end;
  }
  if (done < text.length) pieces.push([text.slice(done), false]);
  return pieces;
}
