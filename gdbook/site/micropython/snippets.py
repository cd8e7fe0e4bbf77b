"""Which snippets a reader may change and run: those that MicroPython prints exactly as Python does."""

import json

from gdbook.site.kept import results
from gdbook.site.kept.results import Pending
from gdbook.site.micropython import library, wheel

# The file of the WebAssembly in the build that goes on, or None: then no snippet has the button.
wasm = None
BUTTON = '<button class="gd-change" type="button">Edit and run</button>'


def begin():
    """A build begins that has snippets: MicroPython is to be there."""
    global wasm
    library.package.cache_clear()
    wasm = wheel.get()
    if wasm:
        try:
            library.keep(wasm.parent)
        except OSError as error:
            wasm = wheel.without(str(error))


def task(code):
    """What a worker is asked of a snippet; None where MicroPython cannot have what it imports."""
    if wasm is None or not can_try(code):
        return None
    return "micropython", code, "{}", results.roots(code)


def can_try(code):
    """Whether all that the snippet imports is there for MicroPython."""
    try:
        needed = library.needs(code, library.modules())
    except SyntaxError:
        return False
    return all(name in library.modules() or name in library.BUILT_IN for name in needed)


def button(code, printed):
    """The button for a snippet that Python printed so, if MicroPython prints the same; else nothing."""
    asked = task(code)
    if asked is None:
        return ""
    kind, text, _, roots = asked
    try:
        told = json.loads(results.ask(kind, text, roots))
    except Pending:
        return ""
    return BUTTON if told == {"printed": printed} else ""
