"""The playground: a program that a reader changes at will, with the whole package.

The fence ``playground`` holds what stands there at first. The build runs it in MicroPython, where it must end
well: its plots are drawn by the page.
"""

import json

import markdown_exec
from markdown_exec import MarkdownConverter

from gdbook.site.build.errors import PageError
from gdbook.site.kept import results
from gdbook.site.kept.results import Pending
from gdbook.site.micropython import snippets

BUTTON = '<button class="gd-change" type="button">Open the editor</button>'


def show(source, language, css_class, options, md, **_):
    """The program as HTML, with the button that opens it."""
    from gdbook.site.markdown.fences import PENDING

    change = ""
    if task := snippets.task(source):
        kind, text, _, roots = task
        try:
            told = json.loads(results.ask(kind, text, roots))
        except Pending:
            return PENDING
        if "error" in told:
            raise PageError(f"the program of the playground fails in MicroPython\n{told['error']}", source)
        change = BUTTON
    code = MarkdownConverter(md).convert(markdown_exec.code_block("python", source))
    return f'<div class="gd-play" data-search-exclude>{code}<div class="gd-task-bar">{change}</div></div>'
