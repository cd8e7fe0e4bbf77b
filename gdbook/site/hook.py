"""The part of the build that MkDocs calls: notebooks, and what is left to do when all pages are written."""

from pathlib import Path

from gdbook.site import javascript, javascript_value, notebooks
from gdbook.site.font import math_characters, subset_math_font
from gdbook.site.notebooks import on_post_page, on_pre_page

__all__ = ["on_config", "on_post_build", "on_post_page", "on_pre_page"]


API_STYLE = "assets/_mkdocstrings.css"  # for parts of API pages that the book's do not have


def on_config(config):
    config.extra_css = [sheet for sheet in config.extra_css if sheet != API_STYLE]
    return notebooks.on_config(config)


def on_post_build(config):
    notebooks.on_post_build(config)
    site = Path(config["site_dir"])
    (site / API_STYLE).unlink()
    (site / "assets" / "gdbook.js").write_text(javascript.module(), encoding="utf-8")
    (site / "assets" / "value.js").write_text(javascript_value.module(), encoding="utf-8")
    subset_math_font(*math_characters(site), site / "assets" / "math.woff2")
