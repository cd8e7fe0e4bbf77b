"""The command line: ``gdbook list`` and ``gdbook descend``, a run of gradient descent in the terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

try:
    import argparse
    import codecs
    import contextlib
    import inspect
    import json
    import math
    import os
    import re
    import shutil
    import textwrap

    from gdbook import __version__
    from gdbook.checks.numbers import finite, known, rate, whole
    from gdbook.cli.text import ASCII, iterates, nearest_minimum, plain, story
    from gdbook.descent import descend, hyperparameters, outcome
    from gdbook.functions import FUNCTIONS
    from gdbook.rules import RULES
    from gdbook.rules.matrix import MATRICES
except KeyboardInterrupt:  # NumPy takes its time
    raise SystemExit(130) from None

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import NoReturn

    from gdbook.functions import Function
    from gdbook.types import Rule


NEGATIVE = re.compile(r"-(\.?\d|inf|nan)", re.IGNORECASE)
BAD_INPUT, CANNOT_WRITE = 2, 74  # the second is EX_IOERR of sysexits.h
INTERRUPTED, PIPE_CLOSED = 130, 141  # 128 and the number of the signal


def main(argv: Sequence[str] | None = None) -> Any:
    """Run the command ``argv`` (``sys.argv[1:]`` if None); returns the exit code."""
    codecs.register_error("gdbook", _in_ascii)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="gdbook")  # where the terminal has no θ, a "theta" and not a traceback
    if sys.stdout is None:  # it was closed, and Python would print nowhere and say nothing
        return _fail("cannot write: standard output is closed", CANNOT_WRITE)
    try:
        try:
            args = _parser().parse_args(_join_negative(sys.argv[1:] if argv is None else argv))
            args.command(args)
            code: Any = 0
        except SystemExit as end:  # --help and --version
            code = end.code
        sys.stdout.flush()
        return code
    except (ValueError, TypeError) as error:
        return _fail(f"error: {error}", BAD_INPUT)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader, such as head, has left
        _give_up()
        return PIPE_CLOSED
    except OSError as error:  # the disk is full
        _give_up()
        return _fail(f"cannot write: {error.strerror or error}", CANNOT_WRITE)


def _give_up() -> None:
    """Send what was not written nowhere: Python would complain of it at exit."""
    with contextlib.suppress(AttributeError, OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(message: str, code: int) -> int:
    with contextlib.suppress(AttributeError, OSError):
        print(f"gdbook: {message}", file=sys.stderr, flush=True)
    return code


def _in_ascii(error: Any) -> tuple[str, int]:
    """What stands in for the characters that the terminal does not have."""
    return "".join(ASCII.get(letter, "?") for letter in error.object[error.start : error.end]), error.end


class _Parser(argparse.ArgumentParser):
    """Raises ValueError for bad input, so that each error is worded in one place, ``main``."""

    def error(self, message: str) -> NoReturn:
        raise ValueError(message)

    def _print_message(self, message: str, file: Any = None) -> None:
        file.write(message)  # argparse's own would pass over a disk that is full


def _parser() -> _Parser:
    parser = _Parser(prog="gdbook", description="Gradient descent in the terminal.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"gdbook {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="list | descend")

    catalogue = commands.add_parser("list", help="the functions and the rules", allow_abbrev=False)
    catalogue.add_argument("--json", action="store_true", help="as one JSON object")
    catalogue.set_defaults(command=_list)

    run = commands.add_parser("descend", help="run a rule on a function", allow_abbrev=False)
    run.add_argument("--function", required=True, metavar="NAME", help=", ".join(FUNCTIONS))
    run.add_argument("--rule", default="sgd", metavar="NAME", help=f"{', '.join(_rules())} (default: sgd)")
    run.add_argument("--start", metavar="X or X,Y", help="default: the function's own")
    run.add_argument("--steps", default="50", metavar="N", help="default: 50")
    run.add_argument("--lr", default="0.1", metavar="η", help="learning rate (default: 0.1)")
    for name, defaults in _options().items():
        rules: dict = {}
        for rule, default in defaults.items():
            rules.setdefault(default, []).append(rule)
        used = "; ".join(f"{default} for {', '.join(those)}" for default, those in rules.items())
        switch = all(isinstance(default, bool) for default in defaults.values())
        run.add_argument(
            _option(name),
            help=f"default: {used}",
            **({"action": argparse.BooleanOptionalAction} if switch else {"metavar": "NUMBER"}),
        )
    run.add_argument("--every", default="1", metavar="K", help="print each K-th line, and the last")
    run.add_argument("--no-plot", action="store_true", help="numbers and words only")
    run.add_argument("--json", action="store_true", help="the run as one JSON object, and nothing else")
    run.set_defaults(command=_descend)
    return parser


def _list(args: argparse.Namespace) -> None:
    functions = {
        name: {
            "about": plain(_first_line(f)),
            "formula": plain(f.tex),
            "dim": f.dim,
            "domain": f.domain,
            "start": f.start,
            "minima": f.minima,
        }
        for name, f in FUNCTIONS.items()
    }
    rules: dict[str, dict[str, Any]] = {
        name: {"about": plain(_first_line(rule)), "hyperparameters": hyperparameters(rule)}
        for name, rule in _rules().items()
    }
    if args.json:
        print(
            json.dumps({"functions": functions, "rules": rules}, ensure_ascii=not _knows_unicode(), indent=2)
        )
        return
    indent = 2 + max(map(len, [*functions, *rules])) + 2
    print("functions")
    for name, f in functions.items():
        axes = [f["domain"]] if f["dim"] == 1 else f["domain"]
        print(f"  {name}".ljust(indent) + f["formula"])
        print(" " * indent + "on " + " × ".join(f"[{low:g}, {high:g}]" for low, high in axes))
    print("\nrules")
    for name, rule in rules.items():
        print(f"  {name}".ljust(indent) + rule["about"])
        print(" " * indent + "  ".join(f"{_option(k)} {v}" for k, v in rule["hyperparameters"].items()))


def _descend(args: argparse.Namespace) -> None:
    f = known("--function", args.function, FUNCTIONS)
    if args.rule in MATRICES:
        raise ValueError(f"--rule {args.rule} needs a matrix, and no function here takes one")
    rule = known("--rule", args.rule, _rules())
    start = _start(args.start, args.function, f)
    steps = whole("--steps", _number(args.steps))
    every = whole("--every", _number(args.every), least=1)
    lr = float(rate("--lr", _number(args.lr)))
    hyper = _hyper(args, rule)
    with _progress(f.grad, steps) as grad:
        trace = descend(grad, start, rule=rule, steps=steps, loss=f, lr=lr, **hyper)
    hyper = {**(hyperparameters(rule) or {}), **hyper, "lr": lr}
    if args.json:
        run = {"function": args.function, "rule": args.rule, "hyperparameters": hyper}
        run |= {"w": trace.w, "loss": trace.loss, "grad": trace.grad, "diverged_at": trace.diverged_at}
        run |= {"outcome": outcome(trace, nearest_minimum(f, trace.w[trace.last]))}
        print(json.dumps({key: _without_nan(value) for key, value in run.items()}, allow_nan=False))
        return
    for line in iterates(trace, every):
        print(line)
    width = shutil.get_terminal_size().columns
    if not args.no_plot:
        color = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        try:
            from gdbook.cli.plot import plot
        except ImportError:
            sys.stdout.flush()
            print('gdbook: for the plot, pip install "gdbook[cli]"', file=sys.stderr)
        else:
            print("\n" + plot(args.function, f, trace, width, color))
    print("\n" + textwrap.fill(story(f, trace, args.rule, hyper), min(80, width)))


def _rules() -> dict[str, Rule]:
    """The rules that a function of one or two numbers can be descended by."""
    return {name: rule for name, rule in RULES.items() if name not in MATRICES}


def _knows_unicode() -> bool:
    """Whether standard output has every character."""
    return codecs.lookup(getattr(sys.stdout, "encoding", None) or "utf-8").name.startswith("utf")


def _options() -> dict[str, dict[str, Any]]:
    """Each hyperparameter but the rate, with the default that each rule which takes it gives it."""
    options: dict[str, dict[str, Any]] = {}
    for rule, function in _rules().items():
        for name, default in (hyperparameters(function) or {}).items():
            if name != "lr":
                options.setdefault(name, {})[rule] = default
    return options


def _hyper(args: argparse.Namespace, rule: Rule) -> dict[str, Any]:
    """The hyperparameters given on the command line, if ``rule`` takes them."""
    takes = hyperparameters(rule) or {}
    given = {name: getattr(args, name) for name in _options() if getattr(args, name) is not None}
    for name, value in given.items():
        if name not in takes:
            names = ", ".join(map(_option, takes))
            raise ValueError(f"--rule {args.rule} takes no {_option(name)} (got {value}); it takes {names}")
    return {
        name: value if isinstance(value, bool) else float(finite(_option(name), _number(value)))
        for name, value in given.items()
    }


def _start(text: str | None, name: str, f: Function) -> Any:
    """The start: a float in one dimension, a list of two in two."""
    if text is None:
        return f.start
    start: Any = [float(finite("--start", _number(part))) for part in text.split(",")]
    if len(start) != f.dim:
        example = f.start if f.dim == 1 else "{:g},{:g}".format(*f.start)
        kind = "one number" if f.dim == 1 else "two numbers"
        raise ValueError(f"--start must be {kind} for {name}, such as {example}, got {text!r}")
    start = start[0] if f.dim == 1 else start
    try:
        overflows = not math.isfinite(f(start))
    except OverflowError:
        overflows = True
    if overflows:
        raise ValueError(f"--start must be where {name} is a finite number, such as near 0, got {text!r}")
    return start


@contextlib.contextmanager
def _progress(grad: Callable[[Any], Any], steps: int) -> Iterator[Callable[[Any], Any]]:
    """``grad``, counted by a progress bar on stderr if that is a terminal and the run takes over a second."""
    try:
        from tqdm import tqdm
    except ImportError:
        yield grad
        return

    def counted(w: Any) -> Any:
        bar.update()
        return grad(w)

    with tqdm(total=steps, delay=1, disable=None, leave=False, unit="step") as bar:
        yield grad if bar.disable else counted


def _join_negative(argv: Sequence[str]) -> list[str]:
    """``--start -1.2,1`` as ``--start=-1.2,1``: argparse takes the first form for two options."""
    joined: list[str] = []
    for word in argv:
        if joined and joined[-1].startswith("--") and NEGATIVE.match(word):
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined


def _number(text: str) -> int | float | str:
    """The int or float that the text says; the text itself if none, for the check to refuse."""
    for kind in (int, float):
        with contextlib.suppress(ValueError):
            return kind(text)
    return text


def _without_nan(value: Any) -> Any:
    """Lists for arrays, None for what is not finite: JSON has no NaN and no infinity."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _first_line(thing: object) -> str:
    return (inspect.getdoc(thing) or "").partition("\n")[0]  # python -OO leaves no docstrings
