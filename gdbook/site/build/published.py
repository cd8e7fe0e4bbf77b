"""What a site has besides its pages, for programs that read it: ``llms.txt``, and a sitemap where it has an
address.

``llms.txt`` lists the pages as Markdown (llmstxt.org). A sitemap (sitemaps.org) holds absolute addresses, so
a site without an address has none.
"""

import html

from gdbook.site.build import plain


def files(config, pages, outline):
    """The files, by name."""
    made = {"llms.txt": llms(config, pages, outline)}
    if config.site_url:
        made["sitemap.xml"] = sitemap(page.canonical_url for page in pages)
    return made


def llms(config, pages, outline):
    """The pages in the order of the book, each with its question, under the names of its parts."""
    lines = [f"# {config.site_name}", "", f"> {config.site_description}"]
    part = ""
    for page in pages:
        here = page.ancestors[-1].title if page.ancestors else part
        if here != part:
            lines += ["", f"## {here}", ""]
            part = here
        elif lines[-1].startswith(">"):
            lines.append("")
        question = outline.links[page.url]["asked"]
        place = plain.place(page.file.src_uri) if page.plain else page.url
        link = f"[{html.unescape(page.title)}]({config.site_url or ''}{place})"
        lines.append(": ".join(filter(None, [f"- {link}", question])))
    return "\n".join(lines) + "\n"


def sitemap(addresses):
    """The sitemap of pages with these addresses."""
    urls = "".join(f"  <url><loc>{html.escape(address)}</loc></url>\n" for address in addresses)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{urls}</urlset>\n'
    )
