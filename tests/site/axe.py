"""axe, with the contrast of texts that look alike judged once, on one page and on page after page.

axe takes three milliseconds for the contrast of one text, and a page has thousands: a word of code in
each of six colours, again and again. That was nine tenths of its time. Its verdict on a text follows
from the text's own style, from those of the elements around it, from whether it stays within those
that are painted, and from what else lies there. Texts that agree in all of it are judged by the first
of them; a text on which something lies that is out of the flow is always judged by itself.
"""

from axe_playwright_python.base import AXE_SCRIPT
from axe_playwright_python.sync_playwright import Axe

JUDGE_ONE_OF_A_LOOK = """
(() => {
  const LOOKS = ["color", "backgroundColor", "backgroundImage", "opacity", "fontSize", "fontWeight",
    "textShadow", "filter", "backdropFilter", "mixBlendMode", "webkitTextFillColor", "visibility",
    "display", "position", "overflow", "clip", "clipPath", "textIndent", "transform"];
  const STATES = ["hidden", "disabled", "aria-disabled", "aria-hidden", "inert", "role"];
  const looks = new Map(), lookOf = new Map(), boxes = new Map();
  // The same number for the same text on every page: the FNV-1a hash, on two halves of 32 bits.
  const hash = (text) => {
    let [a, b] = [0x811c9dc5, 0xcbf29ce4];
    for (let i = 0; i < text.length; i++) {
      a = Math.imul(a ^ text.charCodeAt(i), 0x01000193);
      b = Math.imul(b ^ text.charCodeAt(text.length - 1 - i), 0x01000193);
    }
    return `${(a >>> 0).toString(36)}.${(b >>> 0).toString(36)}`;
  };
  const number = (text) => looks.get(text) ?? (looks.set(text, hash(text)), looks.get(text));
  const box = (element) => boxes.get(element)
    ?? (boxes.set(element, element.getBoundingClientRect()), boxes.get(element));
  const within = (a, b) => a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom;
  const touch = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  const loose = [], painted = new Set();
  const all = [document.documentElement, ...document.documentElement.getElementsByTagName("*")];
  for (const element of all) {  // an element comes after those around it
    const style = getComputedStyle(element);
    const states = STATES.map((name) => element.getAttribute(name));
    lookOf.set(element, number(JSON.stringify([
      lookOf.get(element.parentElement), element.localName, states, LOOKS.map((name) => style[name])])));
    if (style.position !== "static" || style.transform !== "none") loose.push(element);
    if (style.backgroundColor !== "rgba(0, 0, 0, 0)" || style.backgroundImage !== "none")
      painted.add(element);
  }
  const judged = new Set(window.judgedElsewhere ?? []);
  window.judgedHere = [];
  for (const element of all) {
    element.removeAttribute("data-alike");
    const text = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE)
      .map((node) => node.data).join("").trim();
    if (!text) continue;
    const mine = box(element);
    if (loose.some((other) => touch(mine, box(other)) && !other.contains(element))) continue;
    let stays = "";
    for (let around = element; around; around = around.parentElement)
      if (painted.has(around)) stays += +within(mine, box(around));
    // axe does not judge a single character, and signs of which it does not know whether they are text
    const kind = [text.length === 1, /[\\p{L}\\p{N}]/u.test(text), mine.width * mine.height > 0];
    const key = hash(JSON.stringify([lookOf.get(element), stays, kind]));
    element.toggleAttribute("data-alike", judged.has(key));
    if (!judged.has(key)) window.judgedHere.push(key);
    judged.add(key);
  }
  axe.configure({ rules: [{ id: "color-contrast", selector: "*:not([data-alike])" }] });
})();
"""


# The rules that look at colours. The others see the same page whatever its scheme.
OF_COLOURS = ["color-contrast", "link-in-text-block"]


def violations(tab, one_of_a_look=True, rules=None, judged=None, within=None):
    """What axe finds on a page, of its rules all, or of these; its report is ``generate_report()``.

    ``judged`` is a set of the looks that were found right on earlier pages: they are not judged again, and
    those of this page are added if all is right on it. ``within`` is a selector: what is around such elements
    is not looked at, and what is in them is judged one by one.
    """
    some = one_of_a_look and not within
    axe = Axe(AXE_SCRIPT + ";" + JUDGE_ONE_OF_A_LOOK if some else AXE_SCRIPT)
    tab.evaluate("(looks) => { window.judgedElsewhere = looks; }", list(judged or ()))
    # Of what is right, and of what axe cannot say, one element of each rule is told: they are megabytes.
    options = {"resultTypes": ["violations"]}
    found = axe.run(tab, within, options | {"runOnly": rules} if rules else options)
    if judged is not None and not found.violations_count:
        judged |= set(tab.evaluate("window.judgedHere"))
    return found
