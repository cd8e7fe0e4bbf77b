"""The words of a figure, as a fence of Markdown right below the block that draws it.

```python exec="on" html="on"
from gdbook.figures.momentum import regimes
from gdbook.site.pages.figure import emit

print(emit(regimes))
```

```caption
What the picture shows, for readers who do not see it.

The caption, in Markdown. It may be left out.
```
"""

import re

from markdown.extensions import Extension
from markdown.postprocessors import Postprocessor

from gdbook.figures.house import words
from gdbook.site.build.errors import PageError
from gdbook.site.markdown.computed import as_written
from gdbook.site.markdown.inline import to_html
from gdbook.site.pages.figure import CAPTION, LABEL, as_attribute

_OPEN = re.compile(LABEL.format(r"(\w+)"))


def show_caption(source, language, css_class, options, md, **_):
    """Put the words into the figure above; nothing is left in the fence's place."""
    from gdbook.site.markdown.fences import PENDING  # which loads markdown-exec

    label, caption = words(source)
    above = md.htmlStash.rawHtmlBlocks
    if not label or (above and above[-1] == PENDING):
        return ""  # without words the figure stays open, which ends the build
    if not above or not _OPEN.search(above[-1]):
        written = as_written(source, md)
        raise PageError("a caption stands right below the block that draws its figure", written)
    labelled = _OPEN.sub(lambda _: as_attribute(label), above[-1])
    above[-1] = labelled.replace(CAPTION, to_html(caption))
    return ""


class _NoneIsOpen(Postprocessor):
    def run(self, text):
        if drawn := _OPEN.search(text):
            raise PageError(
                "no caption with words stands below the block that draws this figure", f"emit({drawn[1]}"
            )
        return text


class CaptionExtension(Extension):
    def extendMarkdown(self, md):
        # When what was stashed is back in the page.
        md.postprocessors.register(_NoneIsOpen(md), "gdbook-captions", 1)


def makeExtension(**options):
    return CaptionExtension(**options)
