"""The one part of the build that knows MkDocs: what is left to do when all pages are written."""

from pathlib import Path

from gdbook.site import javascript
from gdbook.site.font import math_characters, subset_math_font


def on_post_build(config):
    site = Path(config["site_dir"])
    (site / "assets" / "gdbook.js").write_text(javascript.module(), encoding="utf-8")
    subset_math_font(*math_characters(site), site / "assets" / "math.woff2")
