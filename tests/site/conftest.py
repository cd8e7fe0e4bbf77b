"""The site, built once for all workers, and a browser to look at it."""

import pytest
import unchanged
from built import ROOT, SOURCES, build
from filelock import FileLock
from visit import LOCAL, PATIENCE, find_chromium, launch, serve


@pytest.fixture(scope="session")
def site(tmp_path_factory, worker_id):
    """The folder of the built site."""
    shared = tmp_path_factory.getbasetemp()
    shared = shared if worker_id == "master" else shared.parent
    folder, done = shared / "site", shared / "site.done"
    with FileLock(shared / "site.lock"):
        if not done.exists():
            built = build(folder)
            if built.returncode:
                pytest.fail(f"the site does not build:\n{built.stdout}", pytrace=False)
            done.touch()
    return folder


@pytest.fixture(scope="session")
def server(site):
    """The site as a static host serves it, without the delays of a line."""
    with serve(site, LOCAL) as server:
        yield server


@pytest.fixture(scope="session")
def far_server(site):
    """The site at the other end of a mobile line."""
    with serve(site) as server:
        yield server


@pytest.fixture(scope="session")
def browser_path():
    return find_chromium() or pytest.skip("no Chromium here: install one, or set CHROMIUM to its path")


# Of a module and not of the session: Playwright's loop stays the thread's running loop until it
# is closed, and a test that calls asyncio.run in the same worker would fail.
@pytest.fixture(scope="module")
def browser(browser_path):
    with launch(browser_path) as browser:
        yield browser


@pytest.fixture(scope="module")
def shared_tab(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 1200}, reduced_motion="reduce")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    yield page
    context.close()


@pytest.fixture(scope="module")
def ruled(browser):
    """A tab in which the policy of the pages holds, as for a reader; ``complaints`` is what it says."""
    context = browser.new_context(bypass_csp=False, viewport={"width": 1280, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.set_default_timeout(PATIENCE)
    tab = context.new_page()
    tab.complaints = []
    tab.on("console", lambda message: tab.complaints.append(message.text))
    tab.on("pageerror", lambda error: tab.complaints.append(str(error)))
    yield tab
    context.close()


@pytest.fixture
def tab(shared_tab):
    """An empty page for a reader who wants no motion, so that Play goes to the end at once.

    It may use the clipboard. All tests of a module have the same one, one after the other: only the
    files that it has loaded are kept from test to test. At the end its console must have said nothing;
    ``complaints`` is what it has said.
    """
    shared_tab.goto("about:blank")
    shared_tab.mouse.move(0, 0)
    shared_tab.complaints.clear()
    yield shared_tab
    assert shared_tab.complaints == []
    if shared_tab.url != "about:blank":
        shared_tab.evaluate("localStorage.clear(); sessionStorage.clear()")


@pytest.fixture
def opened(request, tab, server):
    """A function that opens the lab of the module's ``PAGE`` with a query, and gives the page."""

    def open_lab(query=""):
        tab.complaints.clear()
        tab.goto(server.url + request.module.PAGE + query)
        tab.wait_for_selector("[data-ready]")
        return tab

    return open_lab


def _group(item):
    mark = item.get_closest_marker("xdist_group")
    return mark.args[0] if mark else item.nodeid


@pytest.hookimpl(tryfirst=True)  # before -m and -k choose
def pytest_collection_modifyitems(items):
    for item in items:
        if "browser_path" in item.fixturenames:
            item.add_marker("browser")
    # What is asked of one page is asked in one go, without xdist too.
    first = {}
    items.sort(key=lambda item: first.setdefault(_group(item), len(first)))


def pytest_runtest_setup(item):
    mark = item.get_closest_marker("looks_at")
    if mark:
        if unchanged.is_unchanged(item.nodeid, ROOT):
            pytest.skip("unchanged: it passed with the same bytes")
        page = SOURCES.get(item.callspec.params.get("page")) if hasattr(item, "callspec") else None
        names = [page.relative_to(ROOT).as_posix() if name == "page" else name for name in mark.args]
        item.stash[unchanged.SEEN] = ROOT, ("tests/site", "mkdocs.yml", "gdbook", *names)


_passed = {}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call" and report.passed and unchanged.SEEN in item.stash:
        _passed[item.nodeid] = item.stash[unchanged.SEEN]
    return report


def pytest_sessionfinish():
    unchanged.keep(_passed)
