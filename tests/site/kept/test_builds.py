"""Builds that keep: the same bytes as without, whoever works, whatever is killed, broken or full."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest
from built import ROOT
from test_build import EXEC, FIGURE, VALUES, WRONG, block, hashes, small_book

from gdbook.site.kept.pages import WORKING

pytestmark = pytest.mark.looks_at()

TEXT = "\n\n".join(
    [
        VALUES,
        block("python run", "print(1)"),
        block("python run", "from gdbook.rules import sgd", "print(sgd(1.0, 2.0, lr=0.1))"),
        block('python exec="on"', "print('Words, $x^2$ and **more**.')"),
        block("terminal", "gdbook list"),
        block("source", "gdbook.rules.sgd"),
        block(EXEC, FIGURE),
        block(
            "caption", "Two paths with η = {{ gd_limit(4):.2f }}.", "", "The limit is ${{ gd_limit(4) }}$."
        ),
        block("quiz", "Which?", "", "answer: {{ gd_limit(4) }}", "", "- 0.5: Half.", "  So it is."),
    ]
)


def book(folder, markdown=TEXT, **environment):
    built = small_book(folder, markdown, **environment)
    assert built.returncode == 0, built.stdout
    return built.stdout, hashes(folder / "site")


def ran(said):
    """How many blocks a build says that it ran."""
    found = re.search(r"(\d+) of \d+ blocks were run", said)
    return int(found[1]) if found else 0


@pytest.fixture(scope="module")
def built_once(tmp_path_factory):
    """A book that was built with nothing kept: its folder, what the build said, hashes of its site."""
    folder = tmp_path_factory.mktemp("book")
    return folder, *book(folder)


@pytest.fixture
def warm(built_once, tmp_path):
    """A copy of that book, with all that was kept."""
    shutil.copytree(built_once[0], tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_cold_warm_and_cold_again_are_the_same_bytes(built_once, warm):
    _, said, cold = built_once
    assert ran(said) > 0
    said, kept = book(warm)
    assert ran(said) == 0
    shutil.rmtree(warm / ".cache")
    said, again = book(warm)
    assert ran(said) > 0
    assert cold == kept == again


@pytest.mark.parametrize("environment", [{"GDBOOK_KEEP": "false"}, *({"GDBOOK_WORKERS": n} for n in "124")])
def test_the_number_of_workers_changes_no_byte_nor_does_keeping(built_once, tmp_path, environment):
    assert book(tmp_path, **environment)[1] == built_once[2]


def test_with_the_setting_off_nothing_is_kept(tmp_path):
    for _ in range(2):
        said, _ = book(tmp_path, GDBOOK_KEEP="false")
        assert ran(said) > 0
    assert not (tmp_path / ".cache" / "kept").exists()


# Each other kind of it is built twice where it is told where it is wrong, in test_build.py.
@pytest.mark.parametrize(
    "what", ["a shown block that fails", "a value that fails", "a caption without a figure"]
)
def test_what_is_wrong_is_said_again_when_all_else_is_kept(warm, what):
    markdown, _, complaint = WRONG[what]
    said = []
    for _ in range(2):
        built = small_book(warm, f"{TEXT}\n\n{markdown}")
        assert built.returncode != 0
        assert complaint in built.stdout
        said.append(set(re.findall(r"docs/index\.md:\d+", built.stdout)))
    assert said[0] == said[1] != set()
    assert ran(book(warm)[0]) == 0


def test_a_file_that_a_block_reads_is_part_of_what_it_gives(tmp_path):
    (tmp_path / "data.txt").write_text("one")
    reads = block("python run", "print(open('data.txt').read())")
    book(tmp_path, reads)
    (tmp_path / "data.txt").write_text("two")
    book(tmp_path, reads)
    assert "two" in (tmp_path / "site" / "index.html").read_text()


def test_a_block_that_prints_more_when_it_runs_again_is_shown_as_it_was(tmp_path):
    counts = block("python run", "print(open('/dev/urandom', 'rb').read(8).hex())")
    _, first = book(tmp_path, counts)
    _, second = book(tmp_path, counts)
    assert first == second


def test_only_what_differs_is_written_and_what_is_gone_is_removed(warm):
    site = warm / "site"
    (site / "old.html").write_text("of an earlier build")
    os.utime(site / "old.html", (1, 1))
    before = {path: path.stat().st_mtime_ns for path in site.rglob("*.*")}
    book(warm, TEXT + "\n\nA sentence.")
    after = {path: path.stat().st_mtime_ns for path in site.rglob("*.*")}
    assert site / "old.html" not in after
    changed = {path.relative_to(site).as_posix() for path in after if after[path] != before.get(path)}
    assert changed == {"index.html", "index.md", "search/search_index.json"}


def test_a_worker_that_is_killed_is_named_with_its_block(tmp_path):
    dies = block("python run", "import os", "import signal", "os.kill(os.getpid(), signal.SIGKILL)")
    built = small_book(tmp_path, f"{TEXT}\n\n{dies}")
    assert built.returncode != 0
    assert "SIGKILL" in built.stdout
    line = 3 + len(TEXT.splitlines()) + 2
    assert f"docs/index.md:{line}: a code block did not end" in built.stdout
    book(tmp_path)


def start(folder, **environment):
    return subprocess.Popen(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder / "site"],
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


SLOW = "\n\n".join(
    block("python run", "import time", "time.sleep(0.1)", f"print('slow {i}')") for i in range(6)
)


def test_a_build_that_is_killed_leaves_nothing_half_done(tmp_path):
    expected = book(tmp_path, SLOW)[1]
    shutil.rmtree(tmp_path / ".cache")
    shutil.rmtree(tmp_path / "site")
    for wait in (1.0, 1.6, 2.2, 2.8):
        killed = start(tmp_path)
        time.sleep(wait)
        killed.send_signal(signal.SIGKILL)
        killed.wait()
    assert book(tmp_path, SLOW)[1] == expected
    assert book(tmp_path, SLOW)[1] == expected


def test_two_builds_at_once_do_not_disturb_each_other(tmp_path):
    small_book(tmp_path, SLOW)
    shutil.rmtree(tmp_path / ".cache")
    folders = [tmp_path / "site", tmp_path / "other"]
    both = [
        subprocess.Popen(
            [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for folder in folders
    ]
    assert [build.wait() for build in both] == [0, 0]
    assert hashes(folders[0]) == hashes(folders[1])
    assert ran(book(tmp_path, SLOW)[0]) == 0


def test_damaged_entries_are_said_and_made_again(built_once, warm):
    for number, path in enumerate(sorted((warm / ".cache" / "kept").rglob("*/*/*"))):
        if path.is_file():
            whole = path.read_bytes()
            path.write_bytes(whole[: len(whole) // 2] if number % 2 else b"")
    said, again = book(warm)
    assert "is damaged: it is made again" in said
    assert again == built_once[2]


def test_where_nothing_can_be_kept_the_build_goes_on_and_says_so(built_once, tmp_path):
    (tmp_path / ".cache").write_text("in the way")
    said, made = book(tmp_path)
    assert said.count("Nothing more is kept") == 1
    assert made == built_once[2]


MODULES = """
import sys
from mkdocs.commands.build import build
from mkdocs.config import load_config
build(load_config())
print(*(module.__file__ for name, module in sys.modules.items() if name.startswith("gdbook")), sep="\\n")
"""


def test_a_page_depends_on_each_module_that_the_build_itself_works_with(warm):
    shutil.rmtree(warm / ".cache")
    done = subprocess.run([sys.executable, "-c", MODULES], cwd=warm, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    package = ROOT / "gdbook"
    known = {str(path) for pattern in WORKING for path in package.glob(pattern)}
    # Thumbnails stand around a page, whose template is kept under them; the others hold no code.
    known.add(str(package / "site" / "pages" / "thumbnail.py"))
    known |= {str(path) for path in package.rglob("__init__.py")}
    assert set(done.stdout.split()) - known == set()


def test_the_inventory_is_that_of_a_build_from_nothing(tmp_path):
    # Each module holds names of the next, which another page documents.
    (tmp_path / "docs").mkdir()
    pages = {"descent": "gdbook.descent", "rules": "gdbook.rules.first_order"}
    made = []
    for text in ("One.", "Two."):
        for name, module in pages.items():
            (tmp_path / "docs" / f"{name}.md").write_text(f"# {name}\n\n::: {module}\n", encoding="utf-8")
        with (tmp_path / "docs" / "rules.md").open("a", encoding="utf-8") as page:
            page.write(text)
        assert small_book(tmp_path, "text", nav="[index.md, descent.md, rules.md]").returncode == 0
        made.append((tmp_path / "site" / "objects.inv").read_bytes())
    assert made[0] == made[1]
