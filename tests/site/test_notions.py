"""The beginner's path, read in order with nothing else at hand, uses no notion before it explains it.

``notions.toml`` has the path, and each notion of it with the place of its introduction.
"""

import itertools
import re
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest
from built import DOCS

KNOWN = tomllib.loads(Path(__file__).with_name("notions.toml").read_text(encoding="utf-8"))
PATH = KNOWN["path"]
NOT_READ = re.compile(
    r"\A---\n.*?^---$|<!--.*?-->|^## Sources\n.*"  # tags, comments, and the list at the end
    r"|\{\{.*?\}\}(?!\})|\{:? ?data-[^}]*\}"  # values, and what a link sets
    r"|^#+ .*?$|^\*\*[^*\n]+\.\*\*(?= )"  # a heading announces
    r"|!?\[(?:[^][]|\[[^][]*\])*\]\([^()\s]*(?:\([^()]*\)[^()\s]*)*\)",  # a link leads to what explains
    re.DOTALL | re.MULTILINE,
)
FENCE = re.compile(r"^([ \t]*)(```+) *([^\n]*)\n(.*?)^\1\2[ \t]*$", re.DOTALL | re.MULTILINE)
COMPARED = re.compile(r"(?<=^- )[^:\n]*:(?= )|^answer: .*?$", re.MULTILINE)  # in a quiz
CODE = re.compile(r"`[^`\n]+`")
SENTENCE = re.compile(r"[.!?:][*\"”)]*\s+|^[ \t]*\|.*\|$|^[ \t]*([-*]|\d+\.) |^#.*\n", re.MULTILINE)


class Notion(NamedTuple):
    """What introduces it, and where; ``used`` finds its uses."""

    name: str
    used: str
    said: str
    page: str
    heading: str


class Text(NamedTuple):
    """A page: its source, and of this what is read as prose and as code, each letter at its place."""

    source: str
    prose: str
    code: str


NOTIONS = [
    Notion(name, used, said, f"{part}/{stem}", heading)
    for part, pages in KNOWN.items()
    if part != "path"
    for stem, headings in pages.items()
    for heading, notions in headings.items()
    for name, (used, said) in notions.items()
]


def blank(found):
    return re.sub(r"[^\n]", " ", found[0])


def text_of(source):
    shown = {"caption": lambda fence: fence[0], "quiz": lambda fence: COMPARED.sub(blank, fence[0])}
    prose = FENCE.sub(lambda fence: shown.get(fence[3], blank)(fence), source)
    code = list(blank(re.match(".*", source, re.DOTALL)))
    for fence in FENCE.finditer(source):
        if fence[3].startswith("python run"):
            code[fence.start(4) : fence.end(4)] = fence[4]
    return Text(source, CODE.sub(blank, NOT_READ.sub(blank, prose)), "".join(code))


def first_use(notion, text):
    """Where a page first uses a notion, or None."""
    where, pattern = (text.code, notion.used[1:-1]) if notion.used[0] == "`" else (text.prose, notion.used)
    found = re.search(pattern, where, re.IGNORECASE)
    return found and found.start()


def introduction(notion, text):
    """``(start, end)`` of the words that introduce a notion, None if its section has them not or twice."""
    ((start, end),) = [
        (start, end) for heading, start, end in sections(text.source) if heading == notion.heading
    ]
    words = r"\s+".join(map(re.escape, notion.said.split()))
    found = [match.span() for match in re.compile(words).finditer(text.source, start, end)]
    return found[0] if len(found) == 1 else None


def sections(source):
    """``(heading, start, end)`` of each; what stands above the first has the title for a heading."""
    heads = list(re.finditer(r"^##? (.+)$", FENCE.sub(blank, source), re.MULTILINE))
    ends = [head.start() for head in heads[1:]] + [len(source)]
    return [(head[1], head.end(), end) for head, end in zip(heads, ends, strict=True)]


def beginning(source, place):
    """Where the sentence, or the caption, begins in which ``place`` is."""
    for fence in FENCE.finditer(source):
        if fence[3] == "caption" and fence.start() <= place < fence.end():
            return fence.start()
    ends = [found.end() for found in SENTENCE.finditer(source, 0, place) if not found[0].startswith("|")]
    row = source.rfind("\n", 0, place) + 1
    return row if source.startswith("|", row) else max(ends, default=0)


def too_early(notion, texts):
    """``page:line`` of the first use of a notion, if that is before its introduction; else None."""
    for page, text in texts.items():
        use = first_use(notion, text)
        if page == notion.page:
            allowed = beginning(text.source, introduction(notion, text)[0])
            return f"{page}:{line(text, use)}" if use is not None and use < allowed else None
        if use is not None:
            return f"{page}:{line(text, use)}"
    raise LookupError(notion.page)


def line(text, place):
    return text.source.count("\n", 0, place) + 1


@pytest.fixture(scope="module")
def texts():
    return {page: text_of((DOCS / f"{page}.md").read_text(encoding="utf-8")) for page in PATH}


@pytest.mark.parametrize("notion", NOTIONS, ids=lambda notion: notion.name)
def test_a_notion_is_explained_where_the_list_says(texts, notion):
    assert introduction(notion, texts[notion.page])


@pytest.mark.parametrize("notion", NOTIONS, ids=lambda notion: notion.name)
def test_no_notion_is_used_before_it_is_explained(texts, notion):
    assert too_early(notion, texts) is None


def test_the_list_is_in_the_order_of_the_path():
    listed = [place for place, _ in itertools.groupby((notion.page, notion.heading) for notion in NOTIONS)]
    sources = {page: (DOCS / f"{page}.md").read_text(encoding="utf-8") for page in PATH}
    path = [(page, heading) for page in PATH for heading, _, _ in sections(sources[page])]
    assert [place for place in path if place in listed] == listed


@pytest.mark.parametrize("notion", NOTIONS, ids=lambda notion: notion.name)
def test_each_notion_of_the_list_is_used(texts, notion):
    assert any(first_use(notion, text) is not None for text in texts.values())


def test_six_cards_and_one_are_enough_for_the_first_chapters_of_descent(texts):
    others = ("Convex", "L-smooth", "Complex roots", "Singular values")
    again = {"double well", "local minimum", "μ"}  # which are given there once more, or linked
    chapters = [text for page, text in texts.items() if page.startswith("descent/")]
    used = {
        notion.name
        for notion in NOTIONS
        if notion.heading in others and any(first_use(notion, text) is not None for text in chapters)
    }
    assert len(chapters) == 4
    assert used == again


WARP = Notion("warp", r"\bwarps?\b", "A *warp* is", "b", "Two")
SHOWN = "```caption\nA warp, drawn.\n\nA *warp* is a knot.\n```"


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        (
            "# One\n\nNothing.",
            "# B\n\n## Two\n\nOf all, a warp counts: a *warp* is not. A *warp* is a knot.",
            "b:5",
        ),
        ("# One\n\nNothing.", "# B\n\n## Two\n\nA *warp* is a knot. Warps\nare good.", None),
        ("# One\n\nSome warps.", "# B\n\n## Two\n\nA *warp* is a knot.", "a:3"),
        ("# One\n\nSome [warps](b.md).", "# B\n\n## Two\n\nA *warp* is a knot.", None),
        (
            "# A warp\n\n`warp` {{ warp() }}\n\n```python run\nwarp\n```",
            "# B\n\n## Two\n\nA *warp* is a knot.",
            None,
        ),
        ("# One", f"# B\n\n## Two\n\n{SHOWN}", None),
        ("# One", f"# B\n\nThe warp.\n\n## Two\n\n{SHOWN}", "b:3"),
        ("# One", "# B\n\n## Two\n\n| a warp | x |\n| y | A *warp* is a knot |", "b:5"),
        ("# One", "# B\n\n## Two\n\n- The warp\n- A *warp* is a knot", "b:5"),
        ("# One\n\n## Sources\n\n- On warps.", "# B\n\n## Two\n\nA *warp* is a knot.", None),
    ],
)
def test_a_use_before_the_introduction_is_found(first, second, found):
    assert too_early(WARP, {"a": text_of(first), "b": text_of(second)}) == found


def test_a_notion_of_code_is_looked_for_in_programs_alone():
    warp = WARP._replace(used="`warp`")
    later = text_of("# B\n\n## Two\n\nA *warp* is a knot.")
    assert too_early(warp, {"a": text_of("# One\n\nA warp."), "b": later}) is None
    assert too_early(warp, {"a": text_of("# One\n\n```python run\nwarp()\n```"), "b": later}) == "a:4"
