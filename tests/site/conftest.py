"""The site, built once for all workers, and a browser to look at it."""

import pytest
from built import build
from filelock import FileLock
from visit import find_chromium, launch, serve


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
