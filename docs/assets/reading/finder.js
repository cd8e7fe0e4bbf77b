// Searches the index, in a worker of its own: sections by how often and where they have the terms, in the
// manner of BM25 (Robertson and Zaragoza, 2009, eq. 3.15), under the pages that they are on.
import { fold, marked, places, termsOf } from "./words.js";

const SATURATION = 1.2;
const BY_LENGTH = 0.75;
const PREFIX = 0.5; // what the beginning of a word counts, beside the word
const TITLE = 9;
const HEAD = 1.5; // what the title of a page counts, beside that of a section
const OF_PAGE = 2.5; // the title of the page, for its sections
// A chapter explains, the other pages serve: for a word that both have, the chapter comes first.
const STANDING = [
  [/^reference\/api\//, 0.25],
  [/^about\//, 0.4],
  [/^$/, 0.6],
  [/^labs\//, 0.7],
  [/^reference\//, 0.4],
];
const EXCERPT = 160; // characters
const SHOWN = 2; // sections under a page before the fold

let pages;
let coming;
let length; // mean of the sections, in characters

const ENTITIES = { lt: "<", gt: ">", amp: "&", quot: '"', "#39": "'", para: "" };
const plain = (html) =>
  html
    .replace(/<\/?(?:p|div|li|[uod]l|d[td]|pre|table|t[rdh]|h\d|br)\b[^>]*>/g, " ")
    .replace(/<[^>]*>/g, "")
    .replace(/&(\w+|#39);/g, (whole, name) => ENTITIES[name] ?? whole)
    .replace(/\s+/g, " ")
    .trim();

function take({ docs }) {
  const found = new Map();
  let total = 0;
  for (const { location, title, text, tags = [] } of docs) {
    const place = location.split("#")[0];
    if (!found.has(place)) {
      const standing = STANDING.find(([where]) => where.test(place))?.[1] ?? 1;
      found.set(place, { standing, sections: [], taught: tags.map(fold) });
    }
    const section = { location, title: plain(title), text: plain(text) };
    total += section.text.length;
    found.get(place).sections.push(Object.assign(section, { inTitle: fold(section.title).replace(/^(?:the|an?) /, ""), inText: fold(section.text) }));
  }
  pages = [...found.values()];
  length = total / docs.length;
}

const worth = (spots) => spots.reduce((sum, [, , whole]) => sum + (whole ? 1 : PREFIX), 0);
const best = (spots) => spots.reduce((most, [, , whole]) => Math.max(most, whole ? 1 : PREFIX), 0);

// How much of a title the term is, and whether the title begins with it.
function titled(title, term) {
  const spots = [...places(title, term)];
  if (!spots.length) return 0;
  const share = Math.min(1, (spots.length * term.length) / title.length);
  return best(spots) * (0.2 + 0.5 * share + (spots[0][0] === 0 ? 0.3 : 0));
}

// Of the section that bears the page's title, the words that the page says it teaches count as titles too.
function named({ page, section }, term) {
  const titles = section === page.sections[0] ? [section.inTitle, ...page.taught] : [section.inTitle];
  return Math.max(...titles.map((title) => titled(title, term)));
}

export function find(query) {
  const terms = termsOf(query);
  if (!terms.length) return { count: 0, pages: [] };
  const sections = pages.flatMap((page) => page.sections.map((section) => ({ page, section })));
  const inTexts = terms.map((term) => sections.map(({ section }) => worth([...places(section.inText, term)])));
  const inTitles = terms.map((term) => sections.map((place) => named(place, term)));
  const rarity = terms.map((_, k) => {
    const having = sections.filter((_, i) => inTexts[k][i] || inTitles[k][i]).length;
    return Math.log(1 + (sections.length - having + 0.5) / (having + 0.5));
  });

  const hits = new Map();
  let first = 0; // the section that bears the page's title
  sections.forEach(({ page, section }, i) => {
    if (sections[first].page !== page) first = i;
    const has = terms.map((_, k) => inTexts[k][i] > 0 || inTitles[k][i] > 0);
    if (!has.some(Boolean)) return;
    let score = 0;
    terms.forEach((_, k) => {
      const often = inTexts[k][i];
      const norm = SATURATION * (1 - BY_LENGTH + (BY_LENGTH * section.inText.length) / length);
      const inTitle = i === first ? HEAD * TITLE * inTitles[k][i] : TITLE * inTitles[k][i] + OF_PAGE * inTitles[k][first];
      const inText = (often * (SATURATION + 1)) / (often + norm);
      score += rarity[k] * (inText + inTitle);
    });
    const share = has.filter(Boolean).length / terms.length;
    const hit = { section, has, score: score * share ** 2 };
    hits.set(page, [...(hits.get(page) ?? []), hit]);
  });

  const found = [...hits].map(([page, parts]) => {
    const has = terms.map((_, k) => parts.some((part) => part.has[k]));
    parts.sort((a, b) => b.score - a.score);
    const [first, ...others] = parts.map(({ score }) => score);
    const share = has.filter(Boolean).length / terms.length;
    return { page, parts, has, share, score: page.standing * share ** 2 * (first + 0.15 * others.slice(0, 4).reduce((a, b) => a + b, 0)) };
  });
  // Pages with all the terms; where there is none, those that have most of them.
  const most = Math.max(0, ...found.map(({ share }) => share));
  const kept = found.filter(({ share }) => share === most).sort((a, b) => b.score - a.score);
  return { count: kept.length, pages: kept.map((hit) => told(hit, terms)) };
}

function told({ page, parts, has }, terms) {
  const missing = terms.filter((_, k) => !has[k]);
  const present = terms.filter((_, k) => has[k]);
  const [head] = page.sections;
  const shown = (section) => ({
    location: section.location,
    title: marked(section.title, present),
    excerpt: excerpt(section, present),
    missing: [],
    terms: present,
  });
  const under = parts.filter(({ section }) => section !== head);
  const strong = under.filter(({ score }) => score >= parts[0].score / 3).slice(0, SHOWN);
  const own = parts.find(({ section }) => section === head);
  return {
    page: { ...shown(head), excerpt: own || !under.length ? excerpt(head, present) : [], missing },
    best: strong.map(({ section }) => shown(section)),
    more: under.filter((part) => !strong.includes(part)).map(({ section }) => shown(section)),
  };
}

// The words around the first place of the rarest term, which is the longest mostly.
function excerpt({ text, inText }, terms) {
  const spots = terms.map((term) => places(inText, term).next().value?.[0]).filter((at) => at !== undefined);
  const at = spots.length ? Math.min(...spots) : 0;
  const start = at < EXCERPT / 3 ? 0 : text.indexOf(" ", at - EXCERPT / 3) + 1;
  const space = text.indexOf(" ", start + EXCERPT);
  const end = space < 0 ? text.length : space;
  if (end <= start) return [];
  return [[start ? "…" : "", false], ...marked(text.slice(start, end), terms), [end < text.length ? "…" : "", false]];
}

async function load(index) {
  const answer = await fetch(index);
  if (!answer.ok) throw new Error(`${answer.status}`);
  take(await answer.json());
}

let waiting;
addEventListener("message", async ({ data }) => {
  if (data.index) {
    coming ??= load(data.index);
    try {
      await coming;
    } catch {
      coming = undefined;
      postMessage({ failed: true });
      return;
    }
  } else waiting = data;
  if (!pages || !waiting) return;
  const { id, query } = waiting;
  waiting = undefined;
  postMessage({ id, ...find(query) });
});
