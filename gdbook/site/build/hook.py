"""What MkDocs calls while it builds. Each step is taken up anew from its module, which may have changed."""

from mkdocs.plugins import CombinedEvent, event_priority

__all__ = [
    "on_build_error", "on_config", "on_env", "on_files", "on_nav", "on_page_content", "on_page_context",
    "on_post_build", "on_post_page", "on_post_template", "on_pre_build", "on_pre_page", "on_serve",
    "on_startup",
]  # fmt: skip


def _steps():
    from gdbook.site.build import steps as build

    return build


def on_startup(command, dirty):
    from gdbook.site.kept import serve

    serve.command = command


def on_config(config):
    from gdbook.site.build import notebooks
    from gdbook.site.build import steps as build

    config.extra_css = [sheet for sheet in config.extra_css if sheet != build.API_STYLE]
    return notebooks.on_config(config)


def on_pre_build(config):
    _steps().begin(config)


@event_priority(-100)  # when mkdocs-jupyter has found its notebooks
def on_files(files, config):
    from gdbook.site.build import theme_style

    for file in list(files):
        # The theme's; in their place are assets/reading.js, and assets/theme.css with what the pages need.
        if file.src_uri.startswith(("assets/javascripts/", "assets/stylesheets/")):
            files.remove(file)
        elif file.src_uri.endswith(".css"):
            file.content_string = theme_style.bare(file.content_string)
    _steps().now.begin(config, files)
    return files


def on_nav(nav, config, files):
    _steps().now.nav = nav
    return nav


def on_pre_page(page, config, files):
    from gdbook.site.build import figure_numbers as numbers
    from gdbook.site.build import notebooks, plain, take_away
    from gdbook.site.markdown import letters

    page = notebooks.on_pre_page(page, config, files)
    render = page.render
    chapters = numbers.chapters(_steps().now.nav, config.extra.get("chapters", ()))
    is_chapter = page.file.src_uri in chapters and page.file.src_uri.endswith(".md")

    def convert(config, files):
        render(config, files)
        letters.show(page)
        page.plain = plain.of(page.markdown, page.file.src_uri)
        page.taken = take_away.cells(page.markdown, page.file.src_uri) if is_chapter else None

    page.render = lambda config, files: _steps().now.pages.render(page, config, files, convert)
    return page


def on_page_content(html, page, config, files):
    from gdbook.site.build import figure_numbers as numbers
    from gdbook.site.markdown import tables

    chapter = numbers.chapters(_steps().now.nav, config.extra.get("chapters", ())).get(page.file.src_uri)
    content = numbers.numbered(tables.in_frames(html), chapter)
    page.present_anchor_ids |= numbers.anchors(content)
    return content


@event_priority(100)  # before mkdocstrings writes it
def _inventory(env, config, files):
    _steps().now.pages.without_other_names()
    return env


@event_priority(-100)  # when autorefs has resolved its links
def _frame(env, config, files):
    build = _steps().now
    return build.frame(env, config, build.nav)


on_env = CombinedEvent(_inventory, _frame)


@event_priority(100)
def _before_search(context, page, config, nav):
    build = _steps().now
    context["around"] = build.outline.around(page)
    build.pages.begin_template(page, context["around"])
    return context


@event_priority(-100)
def _after_search(context, page, config, nav):
    _steps().now.pages.searched(page)
    return context


on_page_context = CombinedEvent(_before_search, _after_search)


@event_priority(-100)
def on_post_page(output, page, config):
    build = _steps().now
    build.pages.end_template(output, page)
    build.take_along(page, config)
    return build.guard(output)


def on_post_template(output_content, template_name, config):
    return _steps().now.guard(output_content) if template_name.endswith(".html") else output_content


def on_post_build(config):
    _steps().now.finish(config)


def on_build_error(error):
    build = _steps().now
    if build:
        build.fail()


def on_serve(server, config, builder):
    from gdbook.site.kept import serve

    return serve.on_serve(server, builder)
