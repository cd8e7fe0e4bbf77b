"""Which colour of the book stands on which, and how well it is seen there."""

import re
from pathlib import Path

SHEET = Path("docs/assets/book.css")
SCHEMES = ("default", "slate")
TEXT = 4.5  # the least contrast of words, by WCAG 2.2

_HUES = ("blue", "orange", "green", "purple", "red", "ochre", "teal", "pink", "olive")
_ON_PAPER = ("brown", "pale", "light", "middle", "deep")  # in figures alone
_INKS = ("--gd-ink", "--gd-muted", "--md-typeset-a-color", "--md-accent-fg-color")
# Words of the first column stand on what the second names.
PAIRS = [
    *((ink, ground) for ink in _INKS for ground in ("--gd-paper", "--gd-wash")),
    *((f"--gd-{hue}", ground) for hue in (*_HUES, "curve") for ground in ("--gd-paper", "--gd-wash")),
    *((f"--gd-{hue}", "--gd-paper") for hue in _ON_PAPER),
    ("--gd-paper", "--gd-blue"),  # what is written on a button
    ("--gd-paper", "--gd-ink"),
    ("--md-primary-bg-color", "--md-primary-fg-color"),  # the header
    ("--md-footer-fg-color", "--md-footer-bg-color"),
    ("--md-footer-fg-color--light", "--md-footer-bg-color"),
]


def variables(scheme, css=None):
    """The colours that the style sheet ``css`` sets for a scheme, by the name of their variable."""
    if scheme not in SCHEMES:
        raise ValueError(f"scheme={scheme!r} is not known, use one of {SCHEMES}")
    css = SHEET.read_text(encoding="utf-8") if css is None else css
    which = "" if scheme == "default" else rf'(?:="{scheme}")?'
    blocks = re.findall(rf"^ *(?:\[data-md-color-scheme{which}\])+\s*{{([^}}]*)}}", css, re.MULTILINE)
    values = dict(re.findall(r"(--[\w-]+):\s*([^;]+);", "".join(blocks)))
    return {
        name: values[value[4:-1]] if value.startswith("var(") else value for name, value in values.items()
    }


def luminance(colour):
    """Relative luminance of ``#rrggbb``, as WCAG 2.2 defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    """The contrast of two colours, from 1 to 21."""
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


def pairs(scheme):
    """``(colour, ground, contrast)`` of each pair that the book uses, those of code included."""
    values = variables(scheme)
    code = [name for name in values if name.startswith(("--md-code-hl-", "--md-code-fg"))]
    return [
        (colour, ground, contrast(values[colour], values[ground]))
        for colour, ground in [*PAIRS, *((name, "--md-code-bg-color") for name in code)]
    ]


def table():
    """The pairs with their contrast in both schemes, as a table in Markdown."""
    rows = ["| colour | on | light | dark |", "|---|---|--:|--:|"]
    for (colour, ground, light), (_, _, dark) in zip(*map(pairs, SCHEMES), strict=True):
        rows.append(f"| {_name(colour)} | {_name(ground)} | {light:.1f} | {dark:.1f} |")
    return "\n".join(rows)


def _name(variable):
    words = re.sub(r"^--(gd|md)-|-color\b", "", variable).replace("hl-", "")
    return words.replace("typeset-a", "link").replace("accent-fg", "accent").replace("-", " ")
