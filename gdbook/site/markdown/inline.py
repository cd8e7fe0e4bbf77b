"""Markdown in places that a page's own Markdown does not reach: captions, questions, feedback."""

from functools import cache

import markdown

_EXTENSIONS = [
    "pymdownx.arithmatex",
    "gdbook.site.markdown.math",
    "pymdownx.superfences",
    "pymdownx.highlight",
    "pymdownx.inlinehilite",
]
_CONFIGS = {
    "pymdownx.arithmatex": {"generic": True},
    "pymdownx.highlight": {"pygments_lang_class": True},
}


@cache
def to_html(text):
    """``text``, in Markdown with math and code, as HTML; a single paragraph without its ``<p>``."""
    html = markdown.Markdown(extensions=_EXTENSIONS, extension_configs=_CONFIGS).convert(text)
    if html.count("<p>") == 1 and html.startswith("<p>") and html.endswith("</p>"):
        return html[3:-4]
    return html
