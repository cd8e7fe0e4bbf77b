"""The command line: the numbers are those of ``descend``, the words are true, and bad input is named."""

import contextlib
import inspect
import json
import os
import pty
import re
import subprocess
import sys
import termios

import numpy as np
import pytest

from gdbook import __version__, cli
from gdbook.cli import main, text
from gdbook.descent import descend
from gdbook.functions import FUNCTIONS, double_well, rosenbrock
from gdbook.rules import RULES, momentum
from gdbook.rules.matrix import MATRICES

GDBOOK = [sys.executable, "-c", "from gdbook.cli import main; raise SystemExit(main())"]
RUN = ["descend", "--function", "double_well", "--rule", "momentum"]
RUN += ["--lr", "0.1", "--momentum", "0.9", "--start", "2.6", "--steps", "50"]


@pytest.fixture
def gdbook(capsys):
    """Runs a command that should succeed; returns what it prints."""

    def run(*words):
        words = [part for word in words for part in word.split()]
        code = main(words)
        out, err = capsys.readouterr()
        assert (code, err) == (0, "")
        return out

    return run


def table(out):
    return [line for line in out.splitlines() if line.startswith("iter")]


def numbers(line):
    return [float(x) for x in re.findall(r"-?\d+\.\d+(?:e[+-]\d+)?", line)]


def words(out):
    """The sentences after the last blank line, on one line."""
    return " ".join(out.split("\n\n")[-1].split())


def test_each_line_is_an_iterate(gdbook):
    out = gdbook(*RUN)
    trace = descend(double_well.grad, 2.6, momentum, steps=50, loss=double_well, lr=0.1, momentum=0.9)
    lines = table(out)
    assert lines[0] == "iter 00 | theta = 2.600000 | cost = 4.664400"
    assert [line[:7] for line in lines] == [f"iter {k:02d}" for k in range(51)]
    for line, w, loss in zip(lines, trace.w, trace.loss, strict=True):
        assert numbers(line) == pytest.approx([w, loss], abs=5.1e-7)  # six decimals printed


def test_two_dimensions_print_pairs(gdbook):
    out = gdbook("descend --function rosenbrock --lr 0.001 --start -1.2,1 --steps 3 --no-plot")
    trace = descend(rosenbrock.grad, [-1.2, 1.0], steps=3, loss=rosenbrock, lr=0.001)
    assert table(out)[0] == "iter 00 | theta = (-1.200000, 1.000000) | cost = 24.200000"
    assert numbers(table(out)[3]) == pytest.approx([*trace.w[3], trace.loss[3]], abs=5.1e-7)


@pytest.mark.parametrize(("steps", "last"), [(0, "00"), (9, "09"), (100, "100"), (1000, "1000")])
def test_the_counter_is_as_wide_as_its_last_number(gdbook, steps, last):
    lines = table(gdbook(f"descend --function parabola --no-plot --steps {steps}"))
    assert len(lines) == steps + 1
    assert lines[-1].startswith(f"iter {last} ")
    assert len({line.index("|") for line in lines}) == 1


def test_every_prints_each_kth_line_and_the_last(gdbook):
    lines = table(gdbook("descend --function parabola --no-plot --steps 11 --every 5"))
    assert [line[5:7] for line in lines] == ["00", "05", "10", "11"]


def test_defaults_are_sgd_at_a_tenth_from_the_functions_own_start(gdbook):
    for name, f in FUNCTIONS.items():
        run = json.loads(gdbook(f"descend --function {name} --json"))
        trace = descend(f.grad, f.start, steps=50, loss=f, lr=0.1)
        assert (run["rule"], run["hyperparameters"]) == ("sgd", {"lr": 0.1})
        assert run["w"][: trace.last + 1] == trace.w[: trace.last + 1].tolist()


def test_json_is_the_trace(gdbook):
    run = json.loads(gdbook(*RUN, "--json"))
    trace = descend(double_well.grad, 2.6, momentum, steps=50, loss=double_well, lr=0.1, momentum=0.9)
    assert run == {
        "function": "double_well",
        "rule": "momentum",
        "hyperparameters": {"lr": 0.1, "momentum": 0.9},
        "w": trace.w.tolist(),
        "loss": trace.loss.tolist(),
        "grad": trace.grad.tolist(),
        "diverged_at": None,
        "outcome": "descending",
    }


@pytest.mark.parametrize("name", ["double_well", "himmelblau"])
def test_json_of_a_divergence_has_null_for_what_is_not_finite(gdbook, name):
    out = gdbook(f"descend --function {name} --lr 9 --json")
    run = json.loads(out, parse_constant=pytest.fail)
    k = run["diverged_at"]
    assert run["outcome"] == "diverged"
    assert len(run["w"]) == 51
    assert None not in run["loss"][:k]
    assert set(run["loss"][k:]) == {None}
    assert not np.isfinite(np.array(run["w"][k], dtype=float)).any()


@pytest.mark.parametrize(
    ("command", "sentences"),
    [
        ("parabola --lr 0.1 --steps 100", ["Converged: from step 36 on", "1 − η f″ = 0.8;", "2/f″ = 1,"]),
        ("parabola --lr 0.01", ["Still 0.946", "after 50 steps; cost"]),
        ("parabola --lr 0.99", ["oscillating", "1 − η f″ = -0.98"]),
        ("parabola --lr 1.1", ["The cost grew from 6.760000", "oscillating", "2/f″ = 1, and η is 1.1"]),
        ("parabola --lr 1.5 --start 2 --steps 600", ["Diverged at step 511", "at step 510"]),
        (
            "double_well --start 10 --lr 0.3",
            ["Diverged at step 5", "2/f″ = 0.5", "met a curvature"],
        ),
        ("double_well --start 0", ["At rest at 0.000000", "a maximum"]),
        ("saddle --start 1,0 --steps 100", ["At rest at (0.0000", "a saddle point"]),
        ("wavy", ["the minimum at 3.875543", "not the global minimum: it is at 0.000000"]),
        ("parabola --lr 0", ["The cost is 6.760000, as at the start"]),
        ("rosenbrock --lr 0.001", ["λ is 1001.6", "2/λ = 0.0019968"]),
        ("parabola --rule momentum --momentum 0.5", ["2(1 + μ)/f″ = 1.5, and η is 0.1"]),
    ],
)
def test_the_words_say_what_happened_and_why(gdbook, command, sentences):
    said = words(gdbook(f"descend --no-plot --function {command}"))
    for sentence in sentences:
        assert sentence in said


def test_a_global_minimum_is_not_called_local(gdbook):
    assert "global" not in words(gdbook("descend --no-plot --function double_well --start -2.6"))


def test_a_rule_without_a_known_limit_gets_no_theory(gdbook, monkeypatch):
    monkeypatch.setitem(RULES, "fixed", lambda w, g, state=None, lr=0.1: (w - lr, state))
    assert "limit" not in words(gdbook("descend --no-plot --function parabola --rule fixed"))


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("steps", [0, 1, 50])
def test_the_plot_is_plain_text_of_80_columns(gdbook, monkeypatch, name, steps):
    monkeypatch.delenv("COLUMNS", raising=False)
    out = gdbook(f"descend --function {name} --steps {steps}")
    drawing = out.split("\n\n")[1].splitlines()
    assert "\x1b" not in out
    assert max(map(len, drawing)) == 80
    assert name in drawing[0]
    assert len(drawing) == 20


def test_the_plot_has_the_width_of_the_terminal(gdbook, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    assert max(map(len, gdbook(*RUN).splitlines())) == 100


def test_a_low_terminal_does_not_squash_the_plot():
    env = {**os.environ, "LINES": "8", "COLUMNS": "80"}
    done = subprocess.run([*GDBOOK, *RUN], env=env, capture_output=True, text=True, check=True)
    assert len(done.stdout.split("\n\n")[1].splitlines()) == 20


def test_the_path_lies_on_the_curve(gdbook):
    out = gdbook("descend --function parabola --start 2 --steps 8 --lr 0.25")
    assert "S the start, ● the steps" in out
    marks = [line for line in out.split("\n\n")[1].splitlines()[2:] if "●" in line or "S" in line]
    # 2, 1, ½, …: the start is the highest and the rightmost
    assert "S" in marks[0]
    assert marks[0].index("S") > max(line.rindex("●") for line in marks[1:])


def test_steps_outside_the_plot_are_counted(gdbook):
    assert "50 outside the plot" in gdbook("descend --function parabola --lr 1.1 --start 3")


def test_list_names_every_function_and_rule(gdbook):
    out = gdbook("list")
    for name in [*FUNCTIONS, *(name for name in RULES if name not in MATRICES)]:
        assert re.search(rf"^  {name} ", out, re.MULTILINE)
    assert re.search(r"double_well +1/4 x⁴ - x²\n +on \[-2.8, 2.8\]", out)
    assert re.search(r"rosenbrock .*\n +on \[-2, 2\] × \[-1, 3\]", out)
    assert re.search(r"momentum .*heavy ball.*\n +--lr 0.001  --momentum 0.9", out)


def test_list_as_json_says_the_same(gdbook):
    catalogue = json.loads(gdbook("list --json"))
    assert list(catalogue["functions"]) == list(FUNCTIONS)
    assert catalogue["rules"]["momentum"]["hyperparameters"] == {"lr": 0.001, "momentum": 0.9}
    for name, f in FUNCTIONS.items():
        entry = catalogue["functions"][name]
        np.testing.assert_array_equal(entry["minima"], f.minima)
        np.testing.assert_array_equal(entry["domain"], f.domain)
        assert not set(entry["formula"] + entry["about"]) & set("\\{}$^")


def test_formulas_read_as_text():
    assert text.plain(FUNCTIONS["huber"].tex) == "1/2 x² if |x| ≤ 1, else |x| - 1/2"
    assert text.plain(FUNCTIONS["wavy"].tex) == "1/8 x² + 2/5 (1 - cos 3x)"
    assert text.plain("of $\\kappa$ ≥ 1") == "of κ ≥ 1"
    assert text.plain("e^{x} + 2^{10} x^2 + e^{x + 1}") == "e^x + 2¹⁰ x² + e^(x + 1)"


def test_version(gdbook):
    assert gdbook("--version").strip() == f"gdbook {__version__}"


def test_every_hyperparameter_of_every_rule_is_an_option(gdbook):
    usage = gdbook("descend --help")
    for rule in RULES.values():
        if rule.__name__ not in MATRICES:
            for name in list(inspect.signature(rule).parameters)[3:]:
                assert f"--{name.replace('_', '-')} " in usage


def test_rules_for_matrices_are_not_offered_and_say_why(gdbook, capsys):
    for words in ("list", "list --json", "descend --help"):
        assert not set(MATRICES) & set(re.findall(r"\w+", gdbook(words)))
    for name in MATRICES:
        fails(capsys, f"descend --function rosenbrock --rule {name}", f"--rule {name} needs a matrix")
    for name in RULES:  # and each that is offered runs on each function
        if name not in MATRICES:
            for function in FUNCTIONS:
                gdbook(f"descend --function {function} --rule {name} --steps 2 --no-plot")


def test_a_new_rule_gets_its_options_from_its_signature(gdbook, monkeypatch):
    def decayed(w, g, state=None, lr=0.1, weight_decay=0.5, decoupled=True):
        return (w - lr * weight_decay * w if decoupled else w) - lr * g, state

    monkeypatch.setitem(RULES, "decayed", decayed)
    run = gdbook("descend --function parabola --rule decayed --no-decoupled --weight-decay 2 --json")
    assert json.loads(run)["hyperparameters"] == {"lr": 0.1, "weight_decay": 2.0, "decoupled": False}


@pytest.mark.parametrize("start", ["--start -2.5", "--start=-2.5", "--start -25e-1"])
def test_negative_starts_are_values(gdbook, start):
    out = gdbook(f"descend --function double_well --no-plot --steps 0 {start}")
    assert table(out)[0].startswith("iter 00 | theta = -2.500000")


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (
            "doubl_well",
            "unknown --function 'doubl_well': did you mean 'double_well'?",
        ),
        (
            "parabola --rule momentun",
            "unknown --rule 'momentun': did you mean 'momentum'?",
        ),
        ("parabola --start nan", "--start must be a finite number, got nan"),
        ("parabola --start -inf", "--start must be a finite number, got -inf"),
        ("parabola --start two", "--start must be a finite number, got 'two'"),
        (
            "parabola --start 1,2",
            "--start must be one number for parabola, such as 2.6, got '1,2'",
        ),
        (
            "saddle --start 1",
            "--start must be two numbers for saddle, such as 1.8,0.01, got '1'",
        ),
        ("wavy --start 1e200", "--start must be where wavy is a finite number"),
        (
            "double_well --start 1e200",
            "--start must be where double_well is a finite number",
        ),
        ("parabola --lr inf", "--lr must be a finite number, got inf"),
        ("parabola --lr -0.1", "--lr must not be negative, got -0.1"),
        ("parabola --steps -1", "--steps must be at least 0, got -1"),
        ("parabola --steps 1.5", "--steps must be a whole number such as 100, got 1.5"),
        ("parabola --every 0", "--every must be at least 1, got 0"),
        (
            "parabola --momentum 0.9",
            "--rule sgd takes no --momentum (got 0.9); it takes --lr",
        ),
        (
            "parabola --rule momentum --momentum x",
            "--momentum must be a finite number, got 'x'",
        ),
        ("parabola --speed 3", "unrecognized arguments: --speed 3"),
    ],
)
def test_bad_input_is_named(capsys, run, message):
    fails(capsys, f"descend --function {run}", message)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("descend", "the following arguments are required: --function"),
        ("ascend", "invalid choice: 'ascend'"),
        ("", "the following arguments are required: list | descend"),
    ],
)
def test_bad_commands_are_named(capsys, command, message):
    fails(capsys, command, message)


def fails(capsys, command, message):
    assert main(command.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("gdbook: error: ")
    assert message in err
    assert err.count("\n") == 1


def test_without_plotext_the_numbers_and_words_remain(capsys, monkeypatch):
    monkeypatch.delitem(sys.modules, "gdbook.cli.plot", raising=False)
    monkeypatch.setitem(sys.modules, "plotext", None)
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert main(RUN) == 0
    out, err = capsys.readouterr()
    assert len(table(out)) == 51
    assert words(out).startswith("Still")
    assert 'pip install "gdbook[cli]"' in err


def test_numbers_never_load_the_extra():
    code = (
        "import sys; sys.modules['plotext'] = sys.modules['tqdm'] = None; from gdbook.cli import main;"
        "raise SystemExit(main('descend --function parabola --no-plot'.split()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(table(done.stdout)) == 51


def test_an_interrupt_is_quiet(capsys, monkeypatch):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "descend", interrupt)
    assert main(RUN) == 130
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("command", ["list", "descend --function parabola --steps 20000 --no-plot"])
def test_a_reader_that_leaves_ends_the_run_quietly(command):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([*GDBOOK, *command.split()], stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


ASCII = [
    {"PYTHONIOENCODING": "ascii"},
    {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
]


@pytest.mark.parametrize("env", ASCII, ids=["encoding", "locale"])
def test_a_terminal_without_greek_gets_words_and_a_plot(env):
    done = run([*RUN], env)
    assert (done.returncode, done.stderr) == (0, b"")
    said = done.stdout.decode("ascii")
    assert "and eta is 0.1" in " ".join(said.split())
    assert "?" not in said
    assert "S the start, o the steps" in said
    assert max(map(len, said.split("\n\n")[1].splitlines())) == 80  # no character of the plot became two


@pytest.mark.parametrize("env", ASCII, ids=["encoding", "locale"])
@pytest.mark.parametrize("command", ["list", "--help", "descend --help", "descend --function himmelblau"])
def test_nothing_is_lost_on_a_terminal_of_ascii(command, env):
    done = run(command.split(), env)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "?" not in done.stdout.decode("ascii")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_json_is_the_same_on_a_terminal_without_greek(encoding):
    done = run(["list", "--json"], {"PYTHONIOENCODING": encoding})
    assert json.loads(done.stdout.decode("ascii")) == json.loads(run(["list", "--json"], {}).stdout)


def run(words, env=None, stdout=subprocess.PIPE, options=()):
    command = [sys.executable, *options, "-m", "gdbook", *words]
    env = {**os.environ, **(env or {})}
    return subprocess.run(command, env=env, stdout=stdout, stderr=subprocess.PIPE, check=False)


COMMANDS = ["list", "list --json", "--help", "--version", "descend --help", "descend --function parabola"]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_is_an_error_in_one_line(command):
    with open("/dev/full", "w") as full:
        done = run(command.split(), stdout=full)
    assert done.returncode == cli.CANNOT_WRITE == 74
    assert done.stderr == b"gdbook: cannot write: No space left on device\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_closed_output_is_an_error_in_one_line(command):
    shell = ["sh", "-c", 'exec "$0" -m gdbook "$@" >&-', sys.executable, *command.split()]
    done = subprocess.run(shell, stderr=subprocess.PIPE, check=False)
    assert done.returncode == cli.CANNOT_WRITE
    assert done.stderr == b"gdbook: cannot write: standard output is closed\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_closed_pipe_ends_every_command_quietly(command):
    read, write = os.pipe()
    os.close(read)
    done = run(command.split(), stdout=write)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


def test_an_error_that_cannot_be_said_has_its_exit_code_still():
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "gdbook", "ascend"]
        assert subprocess.run(command, stderr=full, check=False).returncode == 2


def test_an_interrupt_during_import_is_quiet():
    interrupted = """
import runpy, sys

class Interrupt:
    def find_spec(self, name, *_):
        if name == "gdbook.descent":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupt())
runpy.run_module("gdbook", run_name="__main__")
"""
    done = subprocess.run([sys.executable, "-c", interrupted], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_the_module_runs_as_the_command_does():
    with_module = run(["list"])
    with_function = subprocess.run([*GDBOOK, "list"], capture_output=True, check=False)
    assert (with_module.returncode, with_module.stdout) == (0, with_function.stdout)


@pytest.mark.parametrize("command", COMMANDS)
def test_without_docstrings_every_command_works(command):
    done = run(command.split(), options=["-OO"])
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout


def test_divergence_far_out_is_told_in_words(gdbook):
    assert "Diverged at step 869" in words(
        gdbook("descend --function wavy --start 5 --lr 10 --steps 4000 --no-plot")
    )


def in_terminal(command, **env):
    """What ``command`` writes when stdout and stderr are a terminal."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    env = {key: value for key, value in os.environ.items() if key != "NO_COLOR"} | env
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=env) as process:
        os.close(theirs)
        written = b""
        with contextlib.suppress(OSError):  # Linux's way to say that the other end is closed
            while chunk := os.read(ours, 65536):
                written += chunk
        os.close(ours)
    assert process.returncode == 0
    return written.decode()


def test_colour_is_for_terminals_that_want_it():
    assert "\x1b[" in in_terminal([*GDBOOK, *RUN])
    assert "\x1b[" not in in_terminal([*GDBOOK, *RUN], NO_COLOR="1")


SLOW = """
import time
from gdbook import cli, functions

quick = functions.parabola.grad
functions.parabola.grad = lambda x: (time.sleep(0.05), quick(x))[1]
raise SystemExit(cli.main("descend --function parabola --no-plot --steps 30".split()))
"""


def test_progress_is_for_long_runs_in_a_terminal():
    assert "/30 [" in in_terminal([sys.executable, "-c", SLOW])
    assert "/50 [" not in in_terminal([*GDBOOK, *RUN, "--no-plot"])


def test_a_long_run_into_a_file_shows_no_progress():
    done = subprocess.run([sys.executable, "-c", SLOW], capture_output=True, text=True, check=True)
    assert done.stderr == ""
