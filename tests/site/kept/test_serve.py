"""``mkdocs serve``: what is saved is seen, in pages and in the package; what is wrong is said, and mended."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
from built import ROOT
from test_build import block

pytestmark = pytest.mark.looks_at()

PATIENCE = 90  # seconds: the tests ask what, not how fast
PAGE = "# Title\n\nFirst words.\n\n" + block(
    "python run", "from gdbook.theory import gd_limit", "print('limit', gd_limit(4.0))"
)
# What a page holds of values that take a while.
SLOW = "\n\n".join(
    [
        "<!-- values from gdbook.theory: gd_limit -->\n<!-- values from time: sleep -->",
        "The value is {{ [sleep(3), gd_limit(8)][1]:.3f }}, or $10^{{{ [sleep(3), gd_limit(2)][1]:.0f }}}$.",
        block(
            "quiz", "How much?", "", "answer: {{ [sleep(3), gd_limit(8)][1] }}", "", "- 0.25: So.", "  Yes."
        ),
    ]
)


class Served:
    """A copy of the book that is served."""

    def __init__(self, folder):
        self.folder = folder
        shutil.copytree(ROOT / "gdbook", folder / "gdbook", ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "docs" / "assets").mkdir(parents=True)
        self.page = folder / "docs" / "index.md"
        self.page.write_text(f"{PAGE}\n\n{SLOW}\n", encoding="utf-8")
        (folder / "mkdocs.yml").write_text(
            f"INHERIT: {ROOT / 'mkdocs.yml'}\ntheme: {{custom_dir: gdbook/site/theme}}\n"
            "hooks: [gdbook/site/build/hook.py]\nnav: [index.md]\n"
        )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/"
        self.log = open(folder / "log", "w+")  # noqa: SIM115
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mkdocs", "serve", "-a", f"127.0.0.1:{port}"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder)},
            stdout=self.log,
            stderr=subprocess.STDOUT,
            # Who starts the tests in the background has Ctrl-C ignored, in all that they start.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def until(self, *words, without=()):
        """The page when it holds all words and none of the others."""
        end = time.monotonic() + PATIENCE
        shown = ""
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(self.url, timeout=PATIENCE) as answer:
                    shown = answer.read().decode()
            except (urllib.error.URLError, ConnectionError):
                shown = ""
            if all(word in shown for word in words) and not any(word in shown for word in without):
                return shown
            time.sleep(0.05)
        raise AssertionError(
            f"no page with {words} without {without}:\n{self.said()[-3000:]}\n{shown[-2000:]}"
        )

    def said(self):
        self.log.flush()
        return (self.folder / "log").read_text()

    def close(self):
        """As somebody who presses Ctrl-C until it ends: Python loses one that comes in a finalizer."""
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < end:
            self.process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
        said, ended = self.said(), self.process.poll() is not None
        self.process.kill()
        self.process.wait()
        self.log.close()
        assert ended, said[-3000:]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    served = Served(tmp_path_factory.mktemp("served"))
    yield served
    served.close()


def test_a_page_is_there_and_its_blocks_and_values_follow(served):
    shown = served.until("First words.", "The value is …", "gd-pending", without=['role="alert"'])
    assert "<gd-quiz" not in shown
    served.until("limit 0.5", "The value is 0.250", "<gd-quiz", without=["gd-pending"])


def test_a_saved_sentence_is_seen(served):
    served.page.write_text(PAGE + "\n\nSecond words.\n", encoding="utf-8")
    served.until("First words.", "Second words.", "limit 0.5")


def test_an_error_is_shown_in_the_page_and_the_terminal_until_it_is_mended(served):
    served.page.write_text(PAGE + "\n\n" + block("python run", "print(1 / 0)"), encoding="utf-8")
    shown = served.until('role="alert"', "ZeroDivisionError", "docs/index.md:11")
    assert "First words." in shown
    assert "ZeroDivisionError" in served.said()
    served.page.write_text(PAGE + "\n\nMended.\n", encoding="utf-8")
    served.until("Mended.", without=['role="alert"', "ZeroDivisionError"])


def test_wrong_math_is_shown_in_the_page(served):
    served.page.write_text(PAGE + "\n\n$\\nosuchcommand$\n", encoding="utf-8")
    served.until('role="alert"', "nosuchcommand")
    served.page.write_text(PAGE, encoding="utf-8")
    served.until("limit 0.5", without=['role="alert"'])


def test_an_edit_of_the_package_is_seen_without_a_restart(served):
    path = served.folder / "gdbook" / "theory" / "gd.py"
    text = path.read_text()
    assert "return 2 / " in text
    path.write_text(text.replace("return 2 / ", "return 6 / ", 1))
    served.until("limit 1.5")
    path.write_text(text)
    served.until("limit 0.5")


def test_an_edit_of_what_builds_the_page_is_seen_without_a_restart(served):
    path = served.folder / "gdbook" / "site" / "markdown" / "fences.py"
    text = path.read_text()
    path.write_text(text.replace("Runs as it stands", "Runs just as it stands"))
    served.until("Runs just as it stands", "limit 0.5")
    path.write_text(text)
    served.until("Runs as it stands", "limit 0.5")


@pytest.mark.parametrize("module", ["theory/gd.py", "site/markdown/math.py"], ids=["block", "build"])
def test_a_mistake_in_a_module_is_shown_and_mended(served, module):
    path = served.folder / "gdbook" / module
    text = path.read_text()
    path.write_text(text + "\nthis is no Python\n")
    served.until('role="alert"', "SyntaxError")
    path.write_text(text)
    served.until("limit 0.5", without=['role="alert"'])
