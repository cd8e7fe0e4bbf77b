"""How the book is cited, from ``CITATION.cff``."""

import yaml


def bibtex(path):
    """The entry of the book for LaTeX, from the text of a citation file."""
    said = yaml.safe_load(path.read_text(encoding="utf-8"))
    authors = " and ".join(f"{{{author['name']}}}" for author in said["authors"])
    fields = {"author": authors, "title": f"{{{said['title']}}}", "version": said["version"]}
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items()]
    return "\n".join(["@software{gdbook,", *lines, "}"])
