"""The site, built once for all workers, and a browser to look at it."""

import pytest
from built import build
from filelock import FileLock
from visit import PATIENCE, find_chromium, launch, serve


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
    with serve(site) as server:
        yield server


# Of a module and not of the session: Playwright's loop stays the thread's running loop until it
# is closed, and a test that calls asyncio.run in the same worker would fail.
@pytest.fixture(scope="module")
def browser():
    chromium = find_chromium()
    if not chromium:
        pytest.skip("no Chromium here: install one, or set CHROMIUM to its path")
    with launch(chromium) as browser:
        yield browser


@pytest.fixture(scope="module")
def lab_tab(browser):
    """One page for all tests of a lab; ``complaints`` is what its console says."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    yield page
    context.close()


@pytest.fixture
def opened(request, lab_tab, server):
    """A function that opens the lab of the module's ``PAGE`` with a query, and gives the page."""

    def open_lab(query=""):
        lab_tab.complaints.clear()
        lab_tab.goto(server.url + request.module.PAGE + query)
        lab_tab.wait_for_selector("[data-ready]")
        return lab_tab

    return open_lab


@pytest.fixture
def tab(browser):
    """A page for a reader who wants no motion, so that Play goes to the end at once.

    It may use the clipboard. At the end its console must have had nothing to complain of.
    """
    context = browser.new_context(viewport={"width": 1280, "height": 1200}, reduced_motion="reduce")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda m: m.type in ("error", "warning") and page.complaints.append(m.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    yield page
    context.close()
    assert page.complaints == []
