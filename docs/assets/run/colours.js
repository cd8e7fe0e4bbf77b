// Python in the colours of the book: the classes that Pygments gives to the blocks of a page.
const KEYWORDS =
  "as assert async await break class continue def del elif else except finally for from global if " +
  "import lambda nonlocal pass raise return try while with yield";
const BUILT_IN =
  "abs all any bool dict enumerate filter float int isinstance len list map max min print range reversed round " +
  "set sorted str sum tuple type zip";
const CLASSES = {};
for (const word of KEYWORDS.split(" ")) CLASSES[word] = "k";
for (const word of ["and", "in", "is", "not", "or"]) CLASSES[word] = "ow";
for (const word of ["True", "False", "None"]) CLASSES[word] = "kc";
for (const word of BUILT_IN.split(" ")) CLASSES[word] = "nb";

const TOKENS = new RegExp(
  [
    "(?<c1>#[^\\n]*)",
    "(?<s1>\\b[rbfu]{0,2}(?:'''[^]*?(?:'''|$)|\"\"\"[^]*?(?:\"\"\"|$)|'(?:\\\\.|[^'\\\\\\n])*'?|\"(?:\\\\.|[^\"\\\\\\n])*\"?)" +
      "|'''[^]*?(?:'''|$)|\"\"\"[^]*?(?:\"\"\"|$)|'(?:\\\\.|[^'\\\\\\n])*'?|\"(?:\\\\.|[^\"\\\\\\n])*\"?)",
    "(?<mi>\\b\\d[\\w.]*(?:(?<=\\de)[+-]\\d+)?)",
    "(?<nd>^[ ]*@[\\w.]+)",
    "(?<word>[\\p{L}_][\\p{L}\\p{N}_]*)",
    "(?<o>[-+*/%=<>!&|^~@]+)",
  ].join("|"),
  "gmu",
);

// The pieces of a code: `[text, class]`, which together are the code.
export function pieces(code) {
  const found = [];
  let at = 0;
  let before = "";
  for (const match of code.matchAll(TOKENS)) {
    if (match.index > at) found.push([code.slice(at, match.index), ""]);
    const [kind] = Object.entries(match.groups).find(([, text]) => text !== undefined);
    const named = before === "def" ? "nf" : before === "class" ? "nc" : (CLASSES[match[0]] ?? "n");
    found.push([match[0], kind === "word" ? named : kind]);
    before = match[0];
    at = match.index + match[0].length;
  }
  if (at < code.length) found.push([code.slice(at), ""]);
  return found;
}

// Fill an element with the code in its colours.
export function colour(element, code) {
  const spans = pieces(code).map(([text, kind]) => {
    if (!kind || kind === "n") return text;
    return Object.assign(document.createElement("span"), { className: kind, textContent: text });
  });
  element.replaceChildren(...spans, "\n"); // a last line of its own, as in what is typed
}
