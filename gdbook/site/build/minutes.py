"""How long a page takes to read, from what stands on it."""

import re

# Minutes.
WORD = 1 / 200  # prose with symbols in it is read slower than a story (238 a minute: Brysbaert, 2019)
FORMULA = 20 / 60  # one that has a line to itself
FIGURE = 20 / 60
LINE = 2 / 60  # of code or output: about six names and signs

_FOLDED = re.compile(r"<details\b.*?</details>", re.DOTALL)
_FIGURE = re.compile(r"<figure\b")  # whose picture may be drawn more than once, for each width
_CODE = re.compile(r"<pre\b.*?</pre>", re.DOTALL)
_DRAWN = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
_FORMULA = re.compile(r"<math\b[^>]*>.*?</math>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


def minutes(content):
    """Minutes to read a page, at least 1, from its HTML.

    ``words / 200 + (formulas + figures) / 3 + lines / 30``, rounded: formulas are those with a line to
    themselves, one in a sentence is a word of it; lines are those of code and of what it printed. What is
    folded, as solutions are, is left out.
    """
    shown = _FOLDED.sub(" ", content)
    figures = len(_FIGURE.findall(shown))
    shown = _DRAWN.sub(" ", shown)
    lines = sum(text.count("\n") for text in _CODE.findall(shown))
    shown = _CODE.sub(" ", shown)
    formulas = sum('display="block"' in formula for formula in _FORMULA.findall(shown))
    words = len(_TAG.sub(" ", _FORMULA.sub(" x ", shown)).split())
    return max(1, round(WORD * words + FORMULA * formulas + FIGURE * figures + LINE * lines))
