"""The offline edition: the built site as one zip, whose pages work when they are opened from a file.

A browser gives a page from a file no modules, no workers, no ``fetch``, and no ``index.html`` for a folder.
So the modules are bound into one classic script (``offline.js`` runs them), the search index comes as a
script, and links name their files. Python does not run there, since that takes a worker that can be stopped:
the buttons to edit and run are left out. It is made from the site's own files when all of them are written.
"""

import io
import json
import posixpath
import re
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

from gdbook.site.markdown import exercise, playground
from gdbook.site.micropython import snippets

RUNTIME = Path(__file__).with_suffix(".js")
SCRIPT = "assets/offline.js"
INDEX = "search/search_index.json"
NAME = "gdbook-offline.zip"
# For hosts, for programs, and what is there in another form.
LEFT_OUT = re.compile(
    r"404\.html|sitemap\.xml|llms\.txt|objects\.inv|_headers|\..*|.*/index\.md|index\.md|assets/.*\.js|"
    r"assets/run/.*|assets/run\.css|assets/licences/[Mm]icro.*|" + re.escape(INDEX)
)
_HERE = "  // The modules.\n"
_IMPORT = re.compile(r'^import (?:\{(?P<names>[^}]*)\} from )?(?P<path>"\.[^"]*");$', re.MULTILINE)
_EXPORT = re.compile(
    r"^export (?P<kept>(?:async )?function\*? ?(?P<function>[\w$]+)|(?:class|const|let) (?P<name>[\w$]+))",
    re.MULTILINE,
)
_LISTED = re.compile(r"^export \{ ?(?P<names>[^}]*?),? ?\};$", re.MULTILINE)
_LEFT = re.compile(r"""^(?:export\b|import\b[^"'\n]*["']|import\s*\{).*$""", re.MULTILINE)
_MODULE = re.compile(r' *<script src="(?P<path>[^"]*)" type="module"></script>\n?')
_OFFER = re.compile(r' *<a class="gd-offline"[^>]*>.*?</a>\.')  # this edition has no need of itself
_ONLINE = re.compile(r' *<span class="gd-online">.*?</span>\n?')  # leads to what is left out
_RUNS = " 'wasm-unsafe-eval'"
_LINK = re.compile(r'(<a\b[^>]*? href=")([^"]+)(")')


def edition(files):
    """The zip, as bytes, of a site: its ``files`` as bytes by name, ``descent/momentum/index.html``."""
    pages = {name for name in files if name.endswith(".html")}
    made = {name: content for name, content in files.items() if not LEFT_OUT.fullmatch(name)}
    for name in pages & made.keys():
        made[name] = page(files[name].decode(), name, pages).encode()
    modules = {
        name.removeprefix("assets/"): text.decode()
        for name, text in sorted(files.items())
        if name.startswith("assets/") and name.endswith(".js") and not name.startswith("assets/run/")
    }
    made[SCRIPT] = bundle(modules).encode()
    if INDEX in files:
        made[f"{INDEX}.js"] = index(files[INDEX].decode()).encode()
    return zipped(made)


def zipped(files):
    """A zip with a folder of these files: the same bytes for the same files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(f"gdbook/{name}")  # dated 1980
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, content)
    return made.getvalue()


def page(text, name, pages):
    """A page whose links name files, and whose modules are started by the one script."""
    started = [
        posixpath.relpath(posixpath.join(posixpath.dirname(name), path), "assets")
        for path in _MODULE.findall(text)
    ]
    above = "../" * name.count("/")
    script = f'<script src="{above}{SCRIPT}" data-start="{" ".join(started)}" defer></script>\n'
    for left_out in (_MODULE, _OFFER, _ONLINE):
        text = left_out.sub("", text)
    for button in (snippets.BUTTON, exercise.BUTTON, playground.BUTTON):
        text = text.replace(button, "")
    text = text.replace(_RUNS, "")
    if started:
        text = text.replace("</body>", f"{script}</body>")
    return _LINK.sub(lambda link: f"{link[1]}{_named(link[2], name, pages)}{link[3]}", text)


def _named(url, name, pages):
    """The address of a page with its file: ``../momentum/#a`` → ``../momentum/index.html#a``."""
    parts = urlsplit(url)
    if parts.scheme or parts.netloc or not parts.path:
        return url
    to = posixpath.normpath(posixpath.join(posixpath.dirname(name), parts.path, "index.html"))
    if to not in pages:
        return url
    return parts._replace(path=posixpath.join(parts.path, "index.html")).geturl()


def index(text):
    """The search index as a script; what it finds is named by files."""
    found = json.loads(text)
    for entry in found["docs"]:
        path, mark, anchor = entry["location"].partition("#")
        entry["location"] = f"{path}index.html{mark}{anchor}"
    return f"globalThis.fetched = {json.dumps(found, ensure_ascii=False, separators=(',', ':'))};\n"


def bundle(modules):
    """One classic script of the modules, which are texts by their paths."""
    bound = "".join(
        f"  modules[{json.dumps(path)}] = {function(path, text)};\n" for path, text in modules.items()
    )
    return RUNTIME.read_text(encoding="utf-8").replace(_HERE, bound)


def function(path, text):
    """A module as a function.

    It knows the forms of ``import`` and ``export`` that the book's modules have, and raises ValueError for
    any other.
    """
    paths, names, exported = [], [], []

    def imported(found):
        paths.append(found["path"])
        names.append((found["names"] or "").replace(" as ", ": ").strip())
        return ""

    def exports(found):
        exported.append(found["function"] or found["name"])
        return found["kept"]

    def listed(found):
        exported.extend(re.split(r",\s*", found["names"]))
        return ""

    text = _LISTED.sub(listed, _EXPORT.sub(exports, _IMPORT.sub(imported, text)))
    text = re.sub(r"\bimport\.meta\b", "$meta", re.sub(r"\bimport\((?=[\"`])", "$load(", text))
    if left := _LEFT.search(text):
        raise ValueError(f"{path} has a form of import or export that is not known here: {left[0]}")
    loaded = ", ".join(f"$load({path})" for path in paths)
    taken = ", ".join(f"{{ {name} }}" if name else "" for name in names)
    head = f"const [{taken}] = await Promise.all([{loaded}]);\n" if paths else ""
    tail = f"Object.assign($exports, {{ {', '.join(exported)} }});\n" if exported else ""
    scope = "{ $meta, $load, $exports, Worker, fetch, addEventListener, postMessage }"
    return f"async ({scope}) => {{\n{head}{text}{tail}}}"
