"""Every public function of the package is given odd values, and says what is wrong with them, or works.

The functions are found by looking, and each argument in turn gets what people pass by mistake: other types,
other dtypes, shapes that do not fit, numbers far out. Each call must end in time with a result or with a
ValueError or TypeError that names an argument or its value, or with an error that its docstring names. It
must leave its arguments as they were, and give no NaN for finite numbers unless it says so: by a warning, by
``diverged_at`` or in its docstring. Before that each is called with usual arguments, and with those in single
and in extended precision, in which its results must then be.

The calls are drawn from seeds, the same in every run. ``GDBOOK_FUZZ_SECONDS=3600`` goes on for an hour.
"""

import contextlib
import copy
import importlib
import inspect
import math
import os
import pkgutil
import random
import re
import signal
import time
import warnings
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import gdbook
from gdbook import autodiff, in_place, mlp, rules, schedules, second_order
from gdbook.autodiff.core import TABLE
from gdbook.backprop import expression
from gdbook.descent import descend
from gdbook.functions import FUNCTIONS, Function, parabola, quadratic
from gdbook.rules.matrix import MATRICES
from gdbook.value import Value

ROUNDS = 20  # odd calls of each function
SECONDS = float(os.environ.get("GDBOOK_FUZZ_SECONDS", 0))
LONGEST = 10  # seconds for a call
# Figures take no arguments; the site only builds; the command line has tests of its own; records are files;
# the checks are what all the others do; types compute nothing; runs on a cluster have a list of mistakes of
# their own, for each starts one.
LEFT_OUT = (
    *("gdbook.site", "gdbook.figures", "gdbook.cli", "gdbook.__main__", "gdbook.recorded"),
    *("gdbook.checks", "gdbook.types", "gdbook.distributed"),
)
# What other functions make.
RECORDS = ("gdbook.descent.Trace", "gdbook.mlp.Training", "gdbook.second_order.SecondOrderTrace")


def public_modules():
    """The modules; of a package that says what is public, in ``__all__``, the package alone."""
    closed = []
    for found in pkgutil.walk_packages(gdbook.__path__, "gdbook."):
        if not found.name.startswith((*LEFT_OUT, *closed)):
            module = importlib.import_module(found.name)
            closed += [f"{found.name}."] if hasattr(module, "__all__") else []
            yield module


def public_callables():
    """The functions and classes by name; and the methods of the losses."""
    found = {}
    for module in public_modules():
        for name, thing in vars(module).items():
            own = getattr(thing, "__module__", None) == module.__name__ or name in getattr(
                module, "__all__", ()
            )
            if own and not name.startswith("_") and (inspect.isfunction(thing) or inspect.isclass(thing)):
                found[f"{module.__name__}.{name}"] = thing
    for made in RECORDS:
        del found[made]
    for name, f in FUNCTIONS.items():
        for method in ("value", "grad", "hess"):
            found[f"gdbook.functions.{name}.{method}"] = getattr(f, method)
    return found


# Left out, for a reason: what calls them does the checks.
TRUSTING = {
    "gdbook.backprop.expression.perform": "one step of evaluate, which checks the whole; translated",
    "gdbook.backprop.graph.children": "the inside of program, called for each value; translated",
    "gdbook.in_place.adam_block": "the inside of Adam's step, called for each block",
    "gdbook.browser.iterate.iterate": "the loop of the browser, translated: descend is the same with checks",
    "gdbook.browser.noise.gaussian": "the inside of noisy_descent's loop; translated",
    "gdbook.exercise.check": "calls what a reader wrote; test_exercise.py has odd values",
    "gdbook.exercise.check_that": "prints any words; test_exercise.py has odd conditions",
    "gdbook.plot.plot": "opens a window; test_plot.py has odd values",
    "gdbook.browser.noise.lehmer": "the inside of gaussian, twelve times a step; translated",
}

CALLABLES = public_callables()
ARRAY = np.array([1.0, -0.5, 2.0])
MATRIX = np.array([[2.0, 0.5, 0.0], [0.5, 1.0, 0.25], [0.0, 0.25, 3.0]])
NETWORK = mlp.init([2, 3, 2], np.random.default_rng(0))
SAMPLES = np.random.default_rng(1).normal(size=(6, 2))
CLASSES = np.array([0, 1, 1, 0, 1, 0])
TARGETS = np.arange(6.0)

TEXT = "tanh(a*b + 2)"
PROGRAM = (Value(0.5) * 3).tanh()

# What an argument of this name is given where it is not odd.
NUMBERS = {
    **{"lr": 0.1, "momentum": 0.5, "L": 4.0, "mu": 1.0, "R": 2.0, "curvature": 2.0, "variance": 1.0},
    **{"gamma": 0.5, "steps": 3, "epochs": 2, "n": 6, "size": 2, "every": 2, "seed": 1, "kappa": 5.0},
    **{"rate": 0.5, "decay": 0.1, "fraction": 0.1, "rise": 0.5, "time": 0.5, "limit": 1.0, "noise": 0.1},
    **{"weight_decay": 0.1, "t": 3, "warmup_steps": 1, "decay_steps": 2, "rows": 3, "columns": 2},
    **{"value": 0.5, "damping": 0.1, "penalty": 0.1, "near": 0.5, "beta1": 0.9, "beta2": 0.99, "eps": 1e-8},
    **{"argnum": 0, "falling": True, "diverged_at": None, "stopped": "steps"},
}
ARRAYS = {
    **{"x": ARRAY, "w": ARRAY, "g": 0.5 * ARRAY, "w0": ARRAY, "theta": np.array([0.5, 1.0]), "X": SAMPLES},
    **{"params": NETWORK, "stepped": NETWORK, "logits": SAMPLES, "hess": [[2.0, 0.5], [0.5, 1.0]]},
    **{"energy": [4.0, 2.0, 1.0, 0.5], "points": [[1.0], [0.5], [0.25]], "losses": [1.0, 0.25, 0.06]},
    **{"a": ARRAY, "z": ARRAY, "s": ARRAY, "b": ARRAY, "v": ARRAY, "r": ARRAY, "y": 2 * ARRAY, "A": MATRIX},
    **{"H": MATRIX, "J": MATRIX, "g_before": ARRAY, "direction": -ARRAY, "pairs": [(ARRAY, 2 * ARRAY)]},
    **{"start": [1.0, 0.5], "xs": [1.0, 0.5], "data": (SAMPLES, CLASSES), "labels": CLASSES, "gs": ARRAY},
    **{"args": ARRAY, "primals": (ARRAY,), "tangents": (0.5 * ARRAY,), "components": 0.5, "calls": None},
    **{"milestones": [2, 4], "sizes": [2, 3], "shape": (3,), "minima": [[1.0, 1.0]], "state": (0.0, 0.0, 0)},
}
FUNCTIONS_OF = {
    **{"grad": lambda w: 2 * w, "hvp": lambda z: 2 * z, "diagonal": lambda w: 2 + 0 * w, "rule": rules.sgd},
    **{"schedule": lambda t: 0.1, "loss": lambda w: float(np.sum(w * w)), "f": lambda w: np.sum(w * w)},
    **{"hess_of": lambda w: 2 * np.eye(3), "times_hessian": lambda v: 2 * v, "step": lambda x: x / 2},
    **{"slope": lambda x: 0.5 + 0 * x, "residual": lambda w: w - 1, "jacobian": lambda w: np.eye(len(w))},
    **{
        "function": np.sin,
        "functions": np.sin,
        "by": lambda x: np.sin(x),
        "derivative": lambda y, x: np.cos(x),
    },
    **{"vjp": lambda g, y, x: g, "vjps": lambda g, y, x: g, "left": lambda y, a, b: a},
    "right": lambda y, a, b: b,
}
USUAL = {
    **NUMBERS,
    **ARRAYS,
    **FUNCTIONS_OF,
    **{"rng": np.random.default_rng(0), "name": "lr", "activation": "relu", "dtype": np.dtype(float)},
    **{"method": "random", "kind": "name", "table": {"a": 1}, "form": "same", "text": TEXT},
    **{"code": expression.parse(TEXT)[0], "inputs": {"a": Value(1.0), "b": Value(2.0)}},
    **{"result": PROGRAM, "trace": descend(lambda w: 2 * w, 1.0, steps=3, lr=0.1, loss=lambda w: w * w)},
}
# Where that is no good.
NORMAL = {
    "gdbook.linear": {"y": TARGETS},
    "gdbook.mlp": {"y": CLASSES, "loss": None},
    "gdbook.linear.with_intercept": {"x": TARGETS},
    "gdbook.browser.line_loss.LineLoss": {"x": [0.0, 1.0, 2.0], "y": [1.0, 2.0, 4.0]},
    "gdbook.schedules.reduce_on_plateau": {"loss": 1.0},
    "gdbook.schedules": {"steps": 10},
    "gdbook.theory.exact_line_search_factor": {"kappa": 5.0},
    "gdbook.theory.condition_number": {"hess": MATRIX},
    "gdbook.theory.ModifiedLoss": {"f": quadratic(5)},
    "gdbook.theory.modified_loss": {"f": quadratic(5)},
    "gdbook.rules.hutchinson": {"shape": (3,)},
    **{
        f"gdbook.rules.{name}": {"w": MATRIX, "g": 0.5 * MATRIX, "x": MATRIX}
        for name in (*MATRICES, "newton_schulz")
    },
    "gdbook.browser.noise": {"start": 1.0, "seed": 7},
    "gdbook.backprop.chain": {"x": 1.0, "steps": 4},
    "gdbook.backprop.graph": {"value": PROGRAM},
    "gdbook.autodiff.affine": {"w": MATRIX},
    "gdbook.autodiff.vjp(…)": {"g": 1.0},
    "gdbook.second_order": {"loss": np.ones(3), "grad": FUNCTIONS_OF["grad"]},
    "gdbook.second_order.newton": {"hess": FUNCTIONS_OF["hess_of"]},
    "gdbook.second_order.damped_newton": {"hess": FUNCTIONS_OF["hess_of"]},
    "gdbook.conventions.adam_with_decay_in_gradient": {"state": (0.0, 0.0, 0)},
    "gdbook.browser.iterate.arrival": {"points": [[0.0, 0.0], [0.5, 0.5], [0.9, 1.1]]},
}


def usual(name, parameters):
    """Arguments that the function accepts, as far as the table has them; defaults are left alone."""
    given = {}
    for parameter in parameters:
        for place in (name, name.rpartition(".")[0]):
            if parameter.name in NORMAL.get(place, {}):
                given[parameter.name] = NORMAL[place][parameter.name]
                break
        else:
            if parameter.default is inspect.Parameter.empty and parameter.name in USUAL:
                given[parameter.name] = USUAL[parameter.name]
    if name.startswith("gdbook.functions."):
        dim = FUNCTIONS[name.split(".")[2]].dim if name.count(".") > 2 else 1
        given = {key: 0.5 if dim == 1 else [0.5, 1.0] for key in given} if name.count(".") > 2 else given
    return given


def of_one_call(function, made, parameters):
    """What ``made`` computes, as a function of these parameters, with the docstring of ``function``."""
    names = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in parameters.split()]

    def call(**given):
        return made(**given)

    call.__doc__, call.__module__ = function.__doc__, function.__module__
    call.__signature__ = inspect.Signature(names)
    return call


def second_calls():
    """Functions that return functions, and classes with a step: what is done with what they return."""
    for name in ("grad", "value_and_grad", "jacobian", "hessian"):
        of = getattr(autodiff, name)
        yield of, lambda f, x, argnum, of=of: of(f, argnum)(x), "f x argnum"
    yield autodiff.vjp, lambda f, x, g: autodiff.vjp(f, x)[1](g), "f x g"
    search = second_order.exact
    yield (
        search,
        lambda A, f, grad, w, direction, lr: search(A)(f, grad, w, direction, lr),
        ("A f grad w direction lr"),
    )
    for name in ("SGD", "Momentum", "Adam", "AdamW"):
        of = getattr(in_place, name)
        yield of, lambda w, g, of=of: of(w).step(g), "w g"
    for name, of in vars(schedules).items():
        if f"gdbook.schedules.{name}" in CALLABLES:
            parameters = usual(f"gdbook.schedules.{name}", parameters_of(of))
            if callable(of(**parameters)):
                yield of, lambda t, of=of, parameters=parameters: of(**parameters)(t), "t"


ODD = [
    *(None, "text", "", b"bytes", True, False, [], (), {}, set(), object(), Ellipsis, int, NotImplemented),
    *(0, 1, -1, 2, 0.0, -0.0, -0.5, 1.5, 1e-320, 1e-9, 1e9, 1e200, -1e200, 1e308, math.pi),
    *(
        math.nan,
        math.inf,
        -math.inf,
        1j,
        complex(1, 0),
        Fraction(1, 3),
        Fraction(-2),
        Decimal("0.25"),
        Decimal("NaN"),
    ),
    *(2**63, -(2**63) - 1, 2**64, 10**400, -(10**400)),
    *(
        kind(1)
        for kind in (np.int8, np.uint8, np.int64, np.uint64, np.float16, np.float32, np.longdouble, np.bool_)
    ),
    *(
        np.float64("nan"),
        np.complex128(1 + 1j),
        np.str_("a"),
        np.timedelta64(1, "s"),
        np.datetime64("2020-01-01"),
    ),
    *(
        np.array(0.5),
        np.array(2),
        np.array(1j),
        np.array("a"),
        np.array(None),
        np.array([]),
        np.zeros((0, 3)),
    ),
    *(np.ones(3, kind) for kind in "bBhiqQefdgFD?"),
    *(
        np.ones(3, ">f8"),
        np.array([1, 2.5, None], object),
        np.array([1, 2, 3], object),
        np.array(["a", "b", "c"]),
    ),
    *(
        np.array([np.nan, 1, 2]),
        np.array([np.inf, 1, 2]),
        np.full(3, 1e200),
        np.full(3, 100, np.int8),
        np.ones(2),
    ),
    *(
        np.ones((3, 1)),
        np.ones((1, 3)),
        np.eye(3),
        np.eye(2),
        np.ones((2, 3, 3)),
        np.array([[1.0, 2], [2, 4]]),
    ),
    *(np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0]), np.ma.masked, np.eye(3).view(np.matrix), np.ones(6)[::2]),
    *(
        [1, [2, 3]],
        [[1.0], [1.0, 2.0]],
        [1.0, 2.0, 3.0],
        (0.0, 0.0),
        [None, None],
        ["a"],
        range(3),
        [[1.0, 0.0]] * 2,
    ),
    *(lambda *args, **named: None, lambda *args: "text", lambda *args: math.nan, lambda *args: np.ones(7)),
    *(
        lambda *args: 1j,
        lambda *args: (),
        lambda: 1.0,
        lambda *args: np.ma.masked,
        math.sin,
        parabola,
        rules.adam,
    ),
]
READ_ONLY = np.ones(3)
READ_ONLY.flags.writeable = False


def scribbles(*args, **named):
    """Writes into what it is given, and returns it."""
    for arg in args:
        if isinstance(arg, np.ndarray):
            arg[...] = 7.0
    return args[0] if args else None


def raises(*args, **named):
    raise ValueError("not here")


ODD += [READ_ONLY, scribbles, raises, np.triu(np.ones((3, 3))), -np.eye(3), np.zeros((3, 3)), np.zeros(3)]
ODD += [np.eye(3, dtype=kind) for kind in "igqFO"] + [np.full((3, 3), np.nan), np.ones((3, 3), order="F")]
ODD += [np.float64(3), np.float64(1.5), np.int64(-1), np.array([Fraction(1, 2)] * 3), [np.float32(1)] * 3]
ODD += [
    np.ma.array(np.eye(3)),
    [[1, 2, 3]] * 3,
    [np.nan, 1.0, 2.0],
    (1j, 2.0, 3.0),
    [10**400, 1, 2],
    np.inf * np.ones(3),
]

# How many times something is done: a large number is no mistake here, and takes long.
COUNTS = {
    "steps",
    "epochs",
    "n",
    "size",
    "most",
    "rows",
    "columns",
    "every",
    "shape",
    "sizes",
    "valid",
    "test",
}
COUNTS |= {
    "batch",
    "growth",
    "patience",
    "warmup_steps",
    "decay_steps",
    "memory",
    "rounds",
    "order",
    "t",
    "ns_steps",
}
COUNTS |= {"trials", "samples", "width", "digits"}


def too_many(name, value):
    return name in COUNTS and isinstance(value, (int, float, np.number)) and abs(value) > 1000


class TooLong(BaseException):
    """No ``except Exception`` on the way takes it for its own."""


@contextlib.contextmanager
def in_time(seconds):
    def ring(*_):
        raise TooLong

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def copied(value):
    try:
        return copy.deepcopy(value)
    except Exception:
        return value


def same(a, b):
    if a is b:
        return True
    if isinstance(a, np.ndarray):
        if a.dtype != b.dtype or a.shape != b.shape:
            return False
        return a.tobytes() == b.tobytes() if a.dtype != object else all(map(same, a.ravel(), b.ravel()))
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return True


def numbers_in(value, depth=3):
    """The floats in a value, as far as it can be looked into."""
    if isinstance(value, (float, np.floating, Decimal)):
        yield float(value)
    elif isinstance(value, np.ndarray) and value.dtype.kind in "fc":
        yield from value.ravel()[:50].tolist()
    elif isinstance(value, (list, tuple)) and depth:
        for item in value[:50]:
            yield from numbers_in(item, depth - 1)


def holds_objects(value, given):
    """Whether there is an array of objects in a value, which is not what was given."""
    if isinstance(value, (list, tuple)):
        return any(holds_objects(item, given) for item in value)
    of_objects = isinstance(value, np.ndarray) and value.dtype == object
    return of_objects and not any(value is own for own in given)


def finite(value):
    """Whether what a function was given is finite; of what another function may return, nobody knows."""
    if callable(value) and not isinstance(value, Function):
        return False
    with contextlib.suppress(Exception):
        return not isinstance(value, complex) and all(map(math.isfinite, numbers_in(value)))
    return False


def called(function, given):
    """What the function returns: arguments go by name, where they can."""
    of_a_loss = isinstance(getattr(function, "__self__", None), Function)  # f.value(x): the x is any name
    parameters = parameters_of(function)
    many = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    args, named = [], dict(given)
    for p in parameters:
        by_place = p.kind in (p.POSITIONAL_ONLY, p.VAR_POSITIONAL) or of_a_loss
        if p.name in given and (by_place or (many and p.kind is p.POSITIONAL_OR_KEYWORD)):
            args.append(named.pop(p.name))
    result = function(*args, **named)
    if callable(result) and getattr(function, "__module__", "") == "gdbook.schedules":
        return result(3)
    return result


def what_is_wrong(function, given):
    """None, or what the function did with the arguments that it should not have done."""
    before = {name: copied(value) for name, value in given.items()}
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(None):
        warnings.simplefilter("always")
        try:
            with in_time(LONGEST):
                result = called(function, given)
        except TooLong:
            return f"still running after {LONGEST} seconds"
        except Exception as error:
            result, kind = None, type(error)
            message = "\n".join([str(error), *getattr(error, "__notes__", [])])
            if kind not in (ValueError, TypeError):
                if kind.__name__ not in words_about(function):
                    return f"{kind.__name__}: {error}"
            elif not any(spoken_of(name, value, message) for name, value in given.items()):
                return f"{kind.__name__} that names nothing: {message}"
    changed = [name for name, value in given.items() if not same(before[name], value)]
    if changed and "in_place" not in function.__module__:
        return f"{changed} changed"
    if any("ComplexWarning" in type(w.message).__name__ for w in caught):
        return "the imaginary part was lost"
    if holds_objects(result, given.values()):
        return "an array of objects"
    said = caught or getattr(result, "diverged_at", None) is not None or "NaN" in words_about(function)
    if not said and all(map(finite, given.values())) and any(map(math.isnan, map(abs, numbers_in(result)))):
        return "NaN without a word"
    return None


# What the odd functions raise themselves, or a usual one of an odd argument: their own affair.
OF_CALLERS = (
    *("not here", "must be real number, not", "only 0-dimensional arrays can be", "int() argument must"),
    *("a traced value has no plain number", "only integer scalar arrays can be", "'dict' and 'dict'"),
    *("multiply sequence by non-int of type 'list'", "multiply sequence by non-int of type 'tuple'"),
)
# What an error may call an argument, or a part of it, beside its own name.
BY_PLACE = ["argument 0 is", "derivatives are of plain arrays"]
ALSO_CALLED = {
    **{"data": ["X must", "y must"], "valid": ["X must", "y must"], "lr": ["t must"], "gamma": ["t must"]},
    **{"args": BY_PLACE, "x": BY_PLACE, "primals": BY_PLACE, "f": ["a function that returns one"]},
}


def words_about(function):
    """The docstring; with it that of all losses for a method of one."""
    of_a_loss = isinstance(getattr(function, "__self__", None), Function)
    return f"{function.__doc__} {Function.__doc__ if of_a_loss else ''}"


def spoken_of(name, value, message):
    """Whether an error's message has the name of an argument, as a word, or its value."""
    named = "a must" if name == "a" else rf"(?<!\w){name}(?!\w)"  # an article is no name
    words = [*ALSO_CALLED.get(name, ()), *(OF_CALLERS if callable(value) else ())]
    with contextlib.suppress(Exception):
        words += [repr(value)[:20], getattr(value, "__name__", "")]
    return bool(re.search(named, message)) or any(word and word in message for word in words)


def parameters_of(function):
    try:
        found = list(inspect.signature(function).parameters.values())
    except ValueError:
        return []
    return [p for p in found if p.kind is not p.VAR_KEYWORD]


def odd_calls(name, function, seed):
    """A few calls with odd arguments, drawn from the seed."""
    draw = random.Random(f"{name} {seed}")
    parameters = parameters_of(function)
    normal = usual(name, parameters)
    for _ in range(ROUNDS):
        given = {key: copied(value) for key, value in normal.items()}
        for parameter in draw.sample(parameters, min(len(parameters), draw.choice((1, 1, 1, 2)))):
            value = draw.choice(ODD)
            if not too_many(parameter.name, value):
                given[parameter.name] = copied(value)
        if all(p.name in given or p.default is not p.empty or p.kind is p.VAR_POSITIONAL for p in parameters):
            yield given


for _of, _made, _parameters in list(second_calls()):
    _package = "gdbook.autodiff" if _of.__module__.startswith("gdbook.autodiff") else _of.__module__
    CALLABLES[f"{_package}.{_of.__name__}(…)"] = of_one_call(_of, _made, _parameters)


@pytest.fixture(autouse=True)
def _table_as_it_was():
    """What is added to the engine's table is taken out again."""
    before = dict(TABLE)
    yield
    TABLE.clear()
    TABLE.update(before)


CHECKED = [name for name in CALLABLES if name not in TRUSTING]


@pytest.mark.parametrize("name", CHECKED)
def test_usual_arguments_work(name):
    """Else an odd one beside them would not be what ends the call."""
    function = CALLABLES[name]
    given = usual(name, parameters_of(function))
    missing = [p.name for p in parameters_of(function) if p.name not in given and p.default is p.empty]
    assert not missing
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        called(function, {key: copied(value) for key, value in given.items()})


def cast(value, dtype):
    """The value with all floating-point arrays in it of a dtype."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value.astype(dtype)
    if isinstance(value, (list, tuple)) and any(
        isinstance(item, (np.ndarray, list, tuple)) for item in value
    ):
        return type(value)(cast(item, dtype) for item in value)
    return copied(value)


def holds_arrays(value):
    """Whether there is a floating-point array in it."""
    if isinstance(value, (list, tuple)):
        return any(map(holds_arrays, value))
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def kinds_in(value, depth=4):
    """The kinds of the floating-point numbers in a result: dtypes, and ``float`` for Python's own."""
    if isinstance(value, (np.ndarray, np.floating)):
        if value.dtype.kind == "f":
            yield value.dtype
    elif isinstance(value, float) and depth > 2:  # deeper it is part of a state, beside the arrays
        yield float
    elif isinstance(value, (list, tuple)) and depth:
        for item in value:
            yield from kinds_in(item, depth - 1)
    elif isinstance(value, dict) and depth:
        yield from kinds_in(list(value.values()), depth - 1)
    elif type(value).__module__.startswith("gdbook") and depth:
        public = [item for name, item in getattr(value, "__dict__", {}).items() if name[0] != "_"]
        yield from kinds_in(public, depth - 1)


def kinds_of_result(function, given):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return set(kinds_in(called(function, given)))


# What returns numbers of another kind than the arrays that it is given, and says so.
OTHER_KINDS = {
    "gdbook.second_order": "float64 throughout",
    "gdbook.linear.closed_form": "float64: rounding would decide where columns are nearly dependent",
    "gdbook.linear.fit": "the samples are taken in float64, and so is theta where it is not given",
    "gdbook.mlp.accuracy": "a share of whole numbers",
    "gdbook.mlp.train": "the records; params keep their kind",
    "gdbook.sharpness.sharpness": "the value is Python's float, a measured number; v keeps its kind",
    "gdbook.theory.condition_number": "Python's float, as all of the theory",
}
# NumPy has their eigenvalues in single and double precision only.
NOT_EXTENDED = {"gdbook.rules.shampoo", "gdbook.rules.soap"}


@pytest.mark.parametrize("dtype", [np.float32, np.longdouble], ids=["single", "extended"])
@pytest.mark.parametrize("name", [name for name in CHECKED if not name.startswith(tuple(OTHER_KINDS))])
def test_results_are_of_the_precision_of_the_arrays(name, dtype):
    function = CALLABLES[name]
    given = usual(name, parameters_of(function))
    if any(map(holds_arrays, given.values())) and not (dtype is np.longdouble and name in NOT_EXTENDED):
        arrays = {key: cast(value, dtype) for key, value in given.items()}
        assert kinds_of_result(function, arrays) <= {np.dtype(dtype)}
    for number in (dtype(0.5), np.array(0.5, dtype)):
        numbers = {key: number if holds_arrays(value) else copied(value) for key, value in given.items()}
        if name.startswith("gdbook.functions.") and name.count(".") > 2:
            numbers = {key: number for key in given}
        found = set()
        if any(value is number for value in numbers.values()):
            with contextlib.suppress(TypeError, ValueError, AssertionError):  # it takes no single numbers
                found = kinds_of_result(function, numbers)
        assert found <= {np.dtype(dtype)}


@pytest.mark.parametrize("name", CHECKED)
def test_odd_arguments_are_named_or_work(name):
    function = CALLABLES[name]
    wrong = {}
    until, seed = time.monotonic() + SECONDS / len(CALLABLES), 0
    while seed == 0 or time.monotonic() < until:
        for given in odd_calls(name, function, seed):
            fault = what_is_wrong(function, given)
            if fault is not None:
                wrong.setdefault(fault[:60], (fault, {key: shortly(value) for key, value in given.items()}))
        seed += 1
    assert not wrong, "\n".join(f"{fault}\n    of {given}" for fault, given in wrong.values())


def shortly(value):
    try:
        return repr(value)[:80]
    except Exception:
        return type(value).__name__


def test_what_is_left_out_is_there():
    assert CALLABLES.keys() >= TRUSTING.keys()


def test_the_fuzz_sees_what_it_looks_for():
    def mutates(x):
        x[0] = 9.0

    def endless(x):
        while True:
            pass

    array = np.ones(3)
    assert what_is_wrong(mutates, {"x": array}) == "['x'] changed"
    assert what_is_wrong(lambda x: math.nan, {"x": 1.0}) == "NaN without a word"
    assert what_is_wrong(lambda x: 1 / x, {"x": 0}).startswith("ZeroDivisionError")
    assert what_is_wrong(lambda theta: len(theta), {"theta": 1j}).startswith("TypeError that names nothing")
    assert what_is_wrong(lambda x: np.array([x], object), {"x": 1.0}) == "an array of objects"
    assert what_is_wrong(lambda x: np.array([x]).astype(float), {"x": 1j}) == "the imaginary part was lost"
    assert what_is_wrong(lambda x: (0, [np.array([x], object)]), {"x": 1.0}) == "an array of objects"
    assert what_is_wrong(lambda t: len(t), {"t": 1j}).startswith("TypeError that names nothing")
    assert what_is_wrong(lambda x: x, {"x": 1.0}) is None
    assert set(kinds_in((np.ones(2, np.float32), {"loss": np.float64(1)}, 1.0))) == {
        np.dtype(np.float32),
        np.dtype(np.float64),
        float,
    }
