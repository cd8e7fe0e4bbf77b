"""Plant small mistakes in the package, and see which the tests miss: python benchmarks/mutants.py

    python benchmarks/mutants.py                          every module, 40 mistakes each
    python benchmarks/mutants.py rules theory             these modules
    python benchmarks/mutants.py rules --sample 0         all mistakes there are, which takes hours
    python benchmarks/mutants.py --save                   writes benchmarks/mutants.json

Prints each mistake that the tests missed, as file:line and what was changed, and the share that they saw. A
mistake is an operator swapped, a comparison at its border or turned round, a number changed, a condition
negated, a keyword or a statement dropped, a result lost, a slice off by one. Which are planted is drawn with
``--seed``. Everything happens in a scratch copy: the tree is only read. Each mistake gets a process of its
own with a time limit, so that a loop without end is seen too.

Needs a system that forks, and the development environment.
"""

import argparse
import ast
import contextlib
import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import hypothesis
import numpy  # noqa: F401  (imported once here, so that no child has to)
import pytest

ROOT = Path(__file__).parents[1]
SAVED = Path(__file__).with_name("mutants.json")

# What is broken, and the tests that mirror it: patterns, so that a new file of tests counts
# at once. Tests that need the built site, a browser or other libraries are left to the complete run.
MODULES = {
    "rules": (["gdbook/rules/*.py"], ["tests/rules/test_*.py"]),
    "schedules": (["gdbook/schedules.py"], ["tests/test_schedules*.py"]),
    "gradients": (["gdbook/gradients.py"], ["tests/test_gradients*.py"]),
    "theory": (
        ["gdbook/theory/*.py", "gdbook/checks/curvatures.py"],
        ["tests/theory/test_*.py", "tests/checks/test_checks_curvatures.py"],
    ),
    "descent": (["gdbook/descent.py"], ["tests/test_descent*.py"]),
    "autodiff": (["gdbook/autodiff/*.py"], ["tests/autodiff/test_*.py"]),
    "second_order": (
        ["gdbook/second_order/*.py", "gdbook/checks/callbacks.py"],
        ["tests/second_order/test_*.py"],
    ),
    "site": (
        ["gdbook/site/[bmpt]*/*.py"],  # build, markdown, pages, translate
        [
            f"tests/site/test_{name}.py"
            for name in (
                *("bugs", "cheat_sheet", "errors", "find_the_bug", "font"),
                *("javascript", "lab", "math", "notation"),
                *("quiz", "source", "svg", "site_mistakes"),
            )
        ],
    ),
}

# Changes that change nothing: no test can see them. By file, line of source and change, and why.
EQUIVALENT = {
    (
        "gdbook/schedules.py",
        "if t < warmup_steps:",
        "t < warmup_steps -> (t <= warmup_steps)",
    ): "at t = W the line of the warm-up has arrived at the full rate",
    (
        "gdbook/gradients.py",
        "return limit if g > limit else -limit if g < -limit else g",
        "g > limit -> (g >= limit)",
    ): "at the limit the limit is the gradient",
    (
        "gdbook/gradients.py",
        "return limit if g > limit else -limit if g < -limit else g",
        "g < -limit -> (g <= -limit)",
    ): "at the limit the limit is the gradient",
    (
        "gdbook/gradients.py",
        "largest = 0.0",
        "0.0 -> -1.0",
    ): "where the largest size is looked for, any number that is no size will do to begin with",
    (
        "gdbook/theory/failures.py",
        "low, high = 1.0, 2.0",
        "2.0 -> 3.0",
    ): "the root is found from any interval that holds it",
    (
        "gdbook/descent.py",
        "for t in range(steps + 1):",
        "1 -> 2",
    ): "the loop is left at t = steps",
    (
        "gdbook/descent.py",
        "None if loss is None else _record(losses, steps + 1, 0.0),",
        "0.0 -> -1.0",
    ): "only that it is a float counts",
    (
        "gdbook/second_order/line_search.py",
        "if slope * (high[0] - low[0]) >= 0:",
        "slope * (high[0] - low[0]) >= 0 -> (slope * (high[0] - low[0]) > 0)",
    ): "a slope of 0 is flat, and was returned",
    (
        "gdbook/second_order/line_search.py",
        "def search(f, grad, w, direction, lr=1.0):",
        "1.0 -> 2.0",
    ): "an exact search tries nothing: it takes lr as all searches do, and does not use it",
    (
        "gdbook/second_order/least_squares.py",
        "if self.residual.shape is None and np.all(np.isfinite(self.r)):  # as many residuals ever after",
        "np.all -> (np.any)",
    ): "with one residual that is not finite the loss is not, and w0 is refused with the same words",
    (
        "gdbook/second_order/line_search.py",
        "curvature = d @ A @ d",
        "d @ A -> (A @ d)",
    ): "A is symmetric",
}

IMPORTED = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # hypothesis was, before pytest began
# The same examples each time; a busy machine is no mistake.
hypothesis.settings.register_profile("mutants", deadline=None, derandomize=True, database=None)

COMPARISONS = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
OPERATORS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
NAMES = ["min max", "any all", "argmin argmax", "minimum maximum", "zeros_like ones_like", "floor ceil"]
SWAPPED = {a: b for pair in NAMES for a, b in (pair.split(), pair.split()[::-1])}


class Mutant(NamedTuple):
    """A mistake: in ``file``, the bytes from ``start`` to ``end`` become ``text``."""

    file: str
    line: int
    start: int
    end: int
    change: str
    text: str


def mutants_of(file, source):
    """All mistakes that can be planted in a source, in its order."""
    tree = ast.parse(source)
    starts = [0]
    for line in source.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found = []

    def plant(node, new, change=None):
        if isinstance(node, ast.expr) and isinstance(new, ast.expr):
            text = (
                f"({ast.unparse(new)})" if not isinstance(new, ast.Constant | ast.Name) else ast.unparse(new)
            )
        else:
            text = new
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[node.end_lineno - 1] + node.end_col_offset
        old = source.encode()[start:end].decode().split("\n")[0]
        if isinstance(node, ast.If) and old.startswith("elif"):
            text = f"el{text}"
        found.append(Mutant(file, node.lineno, start, end, change or f"{old} -> {text}", text))

    for node in _code(tree):
        for new, change in _changes(node):
            plant(node, new, change)
    return sorted(found, key=lambda mutant: (mutant.start, mutant.end, mutant.change))


def _code(node):
    """The nodes that compute: no docstrings, no annotations, no words of errors, no ``__all__``."""
    yield node
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list") or isinstance(node, ast.JoinedStr):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(child, ast.Import | ast.ImportFrom):
                continue
            if isinstance(child, ast.Assign) and ast.unparse(child.targets[0]) == "__all__":
                continue
            if isinstance(node, ast.Raise):
                continue
            yield from _code(child)


def _copy(node, **fields):
    """The node with other fields."""
    return type(node)(**{**dict(ast.iter_fields(node)), **fields})


def _negated(test):
    return (
        test.operand
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
        else ast.UnaryOp(ast.Not(), test)
    )


def _changes(node):
    """What may go wrong at a node: ``(new node or text, words or None)``."""
    if isinstance(node, ast.Compare):
        for i, op in enumerate(node.ops):
            for other in COMPARISONS[type(op)]:
                yield _copy(node, ops=[*node.ops[:i], other(), *node.ops[i + 1 :]]), None
    elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        if not (isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant)):
            yield _copy(node, op=OPERATORS[type(node.op)]()), None
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        yield _copy(node, left=node.right, right=node.left), None
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not):
        yield node.operand, None
    elif isinstance(node, ast.BoolOp):
        yield _copy(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And()), None
    elif isinstance(node, ast.IfExp):
        yield _copy(node, test=_negated(node.test)), None
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value), None
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        for other in {node.value + 1, node.value - 1, 2 * node.value} - {node.value}:
            yield ast.Constant(other), None
    elif isinstance(node, ast.Name) and node.id in SWAPPED:
        yield ast.Name(SWAPPED[node.id]), None
    elif isinstance(node, ast.Attribute) and node.attr in SWAPPED:
        yield _copy(node, attr=SWAPPED[node.attr]), None
    elif isinstance(node, ast.Call):
        for i, keyword in enumerate(node.keywords):
            if keyword.arg is not None:
                others = [*node.keywords[:i], *node.keywords[i + 1 :]]
                yield _copy(node, keywords=others), f"{ast.unparse(node)} without {ast.unparse(keyword)}"
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        for bound in ("lower", "upper"):
            at = getattr(node.slice, bound)
            if at is not None and not isinstance(at, ast.Constant):
                moved = _copy(node.slice, **{bound: ast.BinOp(at, ast.Add(), ast.Constant(1))})
                yield _copy(node, slice=moved), None
    elif isinstance(node, ast.If | ast.While):
        head = _negated(node.test)
        yield _statement(node, test=head), f"if {ast.unparse(node.test)} -> {ast.unparse(head)}"
    elif isinstance(node, ast.Return) and node.value is not None and ast.unparse(node.value) != "None":
        yield "return None", None
    elif isinstance(node, ast.Break):
        yield "continue", None
    elif isinstance(node, ast.Continue):
        yield "break", None
    elif isinstance(node, ast.Raise | ast.AugAssign) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ):
        yield "pass", f"without {ast.unparse(node)}"
    if isinstance(node, ast.AugAssign) and type(node.op) in OPERATORS:
        yield ast.unparse(_copy(node, op=OPERATORS[type(node.op)]())), None


def _statement(node, **fields):
    """An ``if`` or ``while`` in another form, as text that stands where the old one stood."""
    text = ast.unparse(_copy(node, **fields))
    return ("\n" + " " * node.col_offset).join(text.split("\n"))


def scratch_copy(folder):
    """Copy what git knows of, and what is new, into the folder."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)


def files(patterns, folder):
    return sorted(str(path.relative_to(folder)) for pattern in patterns for path in folder.glob(pattern))


def _run_tests(folder, tests):
    """In a child: run the tests in the copy, silently, and leave with pytest's exit code."""
    os.setsid()
    os.chdir(folder)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    os.environ.update(PYTHONPATH=str(folder), PYTHONDONTWRITEBYTECODE="1")
    os.environ.pop("GDBOOK_FRAMEWORKS_PYTHON", None)
    sys.dont_write_bytecode = True
    here = str(ROOT)
    sys.path[:] = [str(folder), *(path for path in sys.path if path not in ("", here))]
    code = pytest.main(
        [
            "-x",
            "-q",
            "-n",
            "0",
            "-p",
            "no:cacheprovider",
            "--hypothesis-profile=mutants",
            "-o",
            "addopts=",
            *IMPORTED,
            *tests,
        ]
    )
    os._exit(int(code))


def outcome_of(folder, tests, limit):
    """``(exit code, seconds)`` of the tests; the code is None where they took longer than the limit."""
    start = time.perf_counter()
    child = multiprocessing.get_context("fork").Process(target=_run_tests, args=(folder, tests))
    child.start()
    try:
        child.join(limit)
    finally:  # whoever interrupts this leaves nothing behind
        late = child.is_alive()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)  # its own children too
        child.join()
    return None if late else child.exitcode, time.perf_counter() - start


def examine(module, folder, sample, seed):
    """Plant ``sample`` mistakes in a module, one at a time; ``(survivors, equivalents, planted)``."""
    sources, tests = (files(patterns, folder) for patterns in MODULES[module])
    code, took = outcome_of(folder, tests, 900)
    if code != 0:
        sys.exit(f"{module}: the tests fail as they are (exit code {code}): {' '.join(tests)}")
    every = [mutant for file in sources for mutant in mutants_of(file, (folder / file).read_text("utf-8"))]
    drawn = every if not sample else random.Random(seed).sample(every, min(sample, len(every)))
    print(f"{module}: {len(drawn)} of {len(every)} mistakes; the tests take {took:.0f} s", flush=True)
    survivors, equivalents = [], []
    for mutant in sorted(drawn):
        path = folder / mutant.file
        original = path.read_bytes()
        line = original.decode().splitlines()[mutant.line - 1].strip()
        why = EQUIVALENT.get((mutant.file, line, mutant.change))
        if why:
            equivalents.append({**_in_words(mutant), "why": why})
            continue
        path.write_bytes(original[: mutant.start] + mutant.text.encode() + original[mutant.end :])
        try:
            nearest = sorted(tests, key=lambda test: Path(mutant.file).stem not in test)  # they see it first
            code, _ = outcome_of(folder, nearest, 10 + 4 * took)
        finally:
            path.write_bytes(original)
        if code == 0:
            survivors.append(_in_words(mutant))
            print(f"  {mutant.file}:{mutant.line}: {mutant.change}", flush=True)
    return survivors, equivalents, len(drawn)


def _in_words(mutant):
    return {"file": mutant.file, "line": mutant.line, "change": mutant.change}


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("modules", nargs="*", metavar="module", help=f"of {', '.join(MODULES)}; default: all")
    parser.add_argument("--sample", type=int, default=40, help="mistakes for each module; 0 is all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save", action="store_true", help=f"write {SAVED.name}")
    options = parser.parse_args(arguments)
    unknown = set(options.modules) - set(MODULES)
    if unknown:
        parser.error(f"unknown module {', '.join(sorted(unknown))}: known are {', '.join(MODULES)}")
    with tempfile.TemporaryDirectory(prefix="mutants-") as name:
        folder = Path(name)
        scratch_copy(folder)
        for module in options.modules or MODULES:
            survivors, equivalents, planted = examine(module, folder, options.sample, options.seed)
            counted = planted - len(equivalents)
            seen = counted - len(survivors)
            print(
                f"{module}: {seen} of {counted} seen, {seen / counted:.0%}; "
                f"{len(equivalents)} more change nothing",
                flush=True,
            )
            if options.save:
                report = json.loads(SAVED.read_text("utf-8")) if SAVED.exists() else {}
                report[module] = {
                    "seed": options.seed,
                    "planted": planted,
                    "seen": seen,
                    "missed": survivors,
                    "equivalent": equivalents,
                }
                SAVED.write_text(
                    json.dumps(report, indent=1, ensure_ascii=False, sort_keys=True) + "\n", "utf-8"
                )


if __name__ == "__main__":
    main()
