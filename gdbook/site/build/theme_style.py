"""The theme's style sheets without the rules for what no page of the book has: over half of their bytes."""

import re
from pathlib import Path

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SCRIPT = re.compile(r"<script\b.*?</script>", re.DOTALL)
_SAID = re.compile(
    r"""\b(?:aria-label|title|alt|content|placeholder|href|style|d|points)=("[^"]*"|'[^']*')"""
)
_STRING = re.compile(r"""("[^"\n]*"|'[^'\n]*'|`[^`]*`)""")
_WORD = re.compile(r"-?[A-Za-z_][\w-]*")
_TOKEN = re.compile(r"""url\("[^"]*"\)|"[^"]*"|'[^']*'|[^{};"']+|[{};]""")
_FREE = re.compile(r"::?[\w-]+(\((?:[^()]|\([^()]*\))*\))?|[\"'\\]")  # of a selector, what asks for no name
_VARIABLE = re.compile(r"var\((--[\w-]+)")
_DECLARED = re.compile(r"""(--[\w-]+):(?:url\("[^"]*"\)|"[^"]*"|'[^']*'|[^;{}"'])*(?:;|(?=\}))""")


def words_of(page):
    """What a style can ask of a page, as HTML: the names of its elements, attributes, classes and ids, and
    what its scripts may set."""
    words = set(words_of_script("".join(_SCRIPT.findall(page))))
    for tag in re.findall(r"<[^>]*>", _SCRIPT.sub("", page)):
        words.update(_WORD.findall(_SAID.sub("", tag)))
    for tabs in re.findall(r'data-tabs="\d+:(\d+)"', page):  # the theme has a rule for each of twenty tabs
        words.update(f"nth-{i}" for i in range(1, int(tabs) + 1))
    return sorted(words)


def words_of_script(code):
    """The words in the strings of a script."""
    return sorted(set(_WORD.findall(" ".join(_STRING.findall(code)))))


def sheets(folders):
    """The theme's style sheets, which is the last of the folders that has any."""
    found = [sorted(Path(folder).glob("assets/stylesheets/*.min.css")) for folder in folders]
    return "\n".join(path.read_text(encoding="utf-8") for path in next(filter(None, found)))


def bare(css):
    """The style sheet without comments and indentation."""
    return re.sub(r"\s*([{};])\s*", r"\1", _COMMENT.sub("", css)).strip()


def cut(css, words, others=""):
    """The style sheet ``css`` for pages with these words, and its variables that it or ``others`` uses.

    A rule stays if all names in one of its selectors are among the words; in doubt, it stays.
    """
    kept = _rules(_TOKEN.findall(bare(css)), set(words))
    before = None
    while kept != before:  # a variable may be used by one that is not
        before, kept = kept, _without_unused(kept, set(_VARIABLE.findall(kept + others)))
    return re.sub(r"[^{}]+\{\}", "", kept)


def _without_unused(css, used):
    return _DECLARED.sub(lambda declared: declared[0] if declared[1] in used else "", css)


def _rules(tokens, words):
    """The rules among the tokens, and after a brace that closes, the rest is of the caller."""
    tokens.reverse()
    return _block(tokens, words)


def _block(tokens, words):
    made, head = [], ""
    while tokens:
        token = tokens.pop()
        if token == "}":
            break
        if token == "{":
            made.append(_group(head.strip(), tokens, words))
            head = ""
        elif token == ";":
            made.append(f"{head};" if head.strip() else "")
            head = ""
        else:
            head += token
    return "".join(made)


def _group(head, tokens, words):
    """What follows a brace that opens, if it stays: rules in an at-rule, declarations in a rule."""
    if head.startswith(("@media", "@supports", "@layer", "@container")):
        inner = _block(tokens, words)
        return f"{head}{{{inner}}}" if inner else ""
    body = []
    depth = 1
    while depth:
        token = tokens.pop()
        depth += (token == "{") - (token == "}")
        body.append(token)
    if not head.startswith("@"):
        head = ",".join(one for one in _selectors(head) if words.issuperset(_names(one)))
    return f"{head}{{{''.join(body)}" if head else ""


def _selectors(head):
    """The selectors of a rule; commas in parentheses part none."""
    return [one.strip() for one in re.split(r",(?![^()]*(?:\([^()]*\)[^()]*)*\))", head)]


def _names(selector):
    tabs = re.findall(r":nth-child\((\d+)\)", selector) if "tabbed" in selector else []
    return _WORD.findall(_FREE.sub(" ", selector)) + [f"nth-{i}" for i in tabs]
