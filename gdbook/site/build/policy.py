"""What a page may load, said to the browser: nothing that the book did not put there.

A Content-Security-Policy (W3C, level 3) stands in each page of a built site, so that it holds on every
host. Where a host can send headers, ``headers()`` has files for it, with what a page cannot say of itself:
that it is not to be framed. ``mkdocs serve`` sends none of it, since its reload is an inline script.
"""

import base64
import hashlib
import re

_FIRST = '<meta charset="utf-8">'
# A page on which MicroPython can run.
_RUNS = 'class="gd-change"'
_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)
RULES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "font-src": "'self' data:",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
}
ELSE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}


def scripts(page):
    """What a page may run beside the files of the site, as the policy names it.

    An inline script is named by its hash. WebAssembly is allowed where the page has a snippet to change.
    """
    inline = [
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in _INLINE.findall(page)
    ]
    return [*inline, "'wasm-unsafe-eval'"] if _RUNS in page else inline


def policy(inline, **more):
    """The policy that allows what ``scripts`` named and no more."""
    rules = RULES | {"script-src": " ".join(["'self'", *dict.fromkeys(inline)])} | more
    return "; ".join(f"{name} {allowed}" for name, allowed in rules.items())


def guarded(page):
    """A page with its policy, which stands before all that it rules."""
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy(scripts(page))}">'
    return page.replace(_FIRST, _FIRST + meta, 1)


def headers(inline):
    """The files, by name, from which hosts take headers for the whole site; ``inline`` of all its pages."""
    told = {"Content-Security-Policy": policy(sorted(inline), **{"frame-ancestors": "'none'"}), **ELSE}
    lines = [f"  {name}: {value}\n" for name, value in told.items()]
    apache = [f'  Header always set {name} "{value}"\n' for name, value in told.items()]
    return {
        "_headers": "".join(["/*\n", *lines]),
        ".htaccess": "".join(["<IfModule mod_headers.c>\n", *apache, "</IfModule>\n"]),
    }
