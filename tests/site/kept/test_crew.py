"""The workers: each page in a process of its own, told what it used, named when it dies."""

import os
import random
import signal
import time

import numpy as np
import pytest

from gdbook.site.kept.crew import Crew, Died

pytestmark = pytest.mark.looks_at()


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    (root / "data.txt").write_text("data")
    (root / "folder").mkdir()
    return root


@pytest.fixture(scope="module")
def crew(root):
    before = os.getcwd()
    os.chdir(root)
    crew = Crew(root, 2)
    yield crew
    crew.close()
    os.chdir(before)


def run(crew, *codes):
    return [future.result(60) for future in crew.submit([("block", code, "{}") for code in codes])]


def printed(crew, *codes):
    return [answer["text"] for answer in run(crew, *codes)]


def test_a_block_gives_what_it_prints(crew):
    (answer,) = run(crew, "print('one')\nprint('two', end='')")
    assert (answer["ended"], answer["text"]) == ("done", "one\ntwo")


def test_nothing_of_one_page_reaches_another(crew):
    (first,) = printed(crew, "import builtins\nbuiltins.left = 1\nprint(builtins.left)")
    (second,) = printed(crew, "import builtins\nprint(hasattr(builtins, 'left'))")
    assert (first, second) == ("1\n", "False\n")


LEAVES = """
import os, random, warnings
import matplotlib, numpy as np
matplotlib.rcParams["font.size"] = 99
np.set_printoptions(precision=1)
np.seterr(all="raise")
os.environ["LEFT"] = "1"
os.chdir("/")
random.random(), np.random.rand()
warnings.simplefilter("ignore")
"""
FINDS = """
import os, random, warnings
import matplotlib, numpy as np
print(matplotlib.rcParams["font.size"], np.get_printoptions()["precision"], np.geterr()["over"])
print("LEFT" in os.environ, os.getcwd(), random.random(), np.random.rand())
"""


def test_no_setting_of_one_block_reaches_the_next(crew):
    alone, (_, after) = printed(crew, FINDS)[0], printed(crew, LEAVES, FINDS)
    assert alone == after


def test_random_numbers_are_the_same_each_time(crew):
    random.seed(0)
    np.random.seed(0)
    expected = f"{random.random()} {np.random.rand()}\n"
    code = "import random, numpy as np\nprint(random.random(), np.random.rand())"
    assert printed(crew, code, code) == [expected, expected]


def test_a_class_of_a_block_has_the_same_name_whatever_ran_before(crew):
    code = "class A: pass\nprint(A)"
    assert printed(crew, "1", code)[1] == printed(crew, code)[0]


def test_it_is_told_which_files_and_folders_were_read(crew):
    code = (
        "import os\nopen('data.txt').read(); os.listdir('folder')\ntry: open('missing')\nexcept OSError: pass"
    )
    (answer,) = run(crew, code)
    assert set(answer["files"]) == {"data.txt", "folder", "missing"}


def test_what_the_first_block_read_counts_for_the_second(crew):
    first, second = run(crew, "open('data.txt').read()", "print(1)")
    assert first["files"] == second["files"] == ["data.txt"]


def test_what_the_first_block_imports_is_not_what_the_second_uses(crew):
    _, second = run(crew, "from gdbook import linear", "print(1)")
    assert second["names"] == []


def test_the_text_of_a_module_counts_for_each_block_that_reads_it(crew, root):
    (root / "told.py").write_text("def f():\n    return 1\n")
    code = "import inspect, sys\nsys.path.insert(0, '')\nimport told\nprint(inspect.getsource(told.f))"
    for answer in run(crew, code, code):
        assert "told.py" in answer["files"]


def test_it_is_told_what_code_that_was_made_up_imports(crew):
    code = (
        "exec('from gdbook.rules import sgd'); import importlib; importlib.import_module('gdbook.functions')"
    )
    (answer,) = run(crew, code)
    assert ["gdbook.rules", "sgd"] in answer["names"]
    assert ["gdbook.functions", "*"] in answer["names"]


def test_imports_inside_the_package_are_left_to_its_source(crew):
    (answer,) = run(crew, "from gdbook.descent import descend")
    assert answer["names"] == [["gdbook.descent", "descend"]]


@pytest.mark.parametrize(
    ("code", "ended", "words"),
    [
        ("1 / 0", "failed", "ZeroDivisionError"),
        ("raise SystemExit(3)", "exit", "3"),
        ("def f(:", "failed", "SyntaxError"),
    ],
)
def test_a_block_that_fails_says_how_and_the_next_still_runs(crew, code, ended, words):
    failed, after = run(crew, code, "print('after')")
    assert failed["ended"] == ended
    assert words in failed["text"]
    assert after["text"] == "after\n"


def test_a_command_that_is_wrong_says_so(crew):
    (answer,) = [future.result(60) for future in crew.submit([("terminal", "rm -r docs", "{}")])]
    assert answer["ended"] == "wrong"
    assert "runs gdbook, not 'rm'" in answer["text"]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_a_worker_that_is_killed_is_named(crew, how):
    code = f"import os\nos.kill(os.getpid(), {int(how)})"
    first, dead, never = crew.submit([("block", text, "{}") for text in ("print(1)", code, "print(2)")])
    assert first.result(60)["text"] == "1\n"
    with pytest.raises(Died, match=how.name):
        dead.result(60)
    with pytest.raises(Died, match="the block before it did not end"):
        never.result(60)
    assert printed(crew, "print('alive')") == ["alive\n"]


def test_a_worker_that_exits_behind_pythons_back_is_named(crew):
    (dead,) = crew.submit([("block", "import os\nos._exit(7)", "{}")])
    with pytest.raises(Died, match="ended with 7"):
        dead.result(60)


def test_when_the_one_that_forks_dies_all_are_told(root):
    crew = Crew(root, 1)
    slow, waiting = (crew.submit([("block", "import time\ntime.sleep(60)", "{}")])[0] for _ in range(2))
    time.sleep(0.2)
    crew.process.kill()
    for future in (slow, waiting):
        with pytest.raises(Died):
            future.result(60)
    crew.close()


def test_as_many_run_at_once_as_there_are_workers(root):
    for size in (1, 3):
        crew = Crew(root, size)
        code = "import time\nprint(time.time())\ntime.sleep(0.3)\nprint(time.time())"
        futures = [crew.submit([("block", code, "{}")])[0] for _ in range(4)]
        spans = [tuple(map(float, future.result(60)["text"].split())) for future in futures]
        crew.close()
        most = max(sum(start <= moment < end for start, end in spans) for moment, _ in spans)
        assert most <= size
        assert size == 1 or most > 1


def test_no_process_is_left_when_the_crew_is_closed(root):
    crew = Crew(root, 1)
    code = "import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(60)"
    crew.submit([("block", code, "{}")])
    pid = root / "pid"
    while not pid.exists() or not pid.read_text():
        time.sleep(0.02)
    crew.close()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_a_module_of_the_project_is_used_as_a_file_and_never_stale(crew, root):
    code = "import sys\nsys.path.insert(0, '')\nimport local\nprint(local.VALUE)"
    for value in "123":  # the same size, within a second
        (root / "local.py").write_text(f"VALUE = {value}\n")
        (answer,) = run(crew, code)
        assert answer["text"] == f"{value}\n"
        assert "local.py" in answer["files"]


def test_a_module_that_makes_a_setting_makes_it_for_each_block(crew, root):
    (root / "style.py").write_text("import matplotlib\nmatplotlib.rcParams['font.size'] = 77\n")
    shown = "print(matplotlib.rcParams['font.size'])"
    code = f"import sys\nsys.path.insert(0, '')\nimport style, matplotlib\n{shown}"
    assert printed(crew, code, code) == ["77.0\n", "77.0\n"]


SETTINGS = """
import os, sys, warnings
import matplotlib, numpy as np
def settings():
    return dict(matplotlib.rcParams), np.get_printoptions(), np.geterr(), dict(os.environ), list(sys.path)
before = settings()
import importlib, pkgutil, gdbook
for module in pkgutil.walk_packages(gdbook.__path__, "gdbook."):
    if not module.name.startswith("gdbook.site") and not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print(settings() == before)
"""


def test_no_module_of_the_package_makes_a_setting_when_it_is_imported(crew):
    assert printed(crew, SETTINGS) == ["True\n"]
