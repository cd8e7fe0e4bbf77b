"""The update rules: their laws, their documented first steps, and forms that other papers give."""

import ast
import inspect
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdbook import rules
from gdbook.rules import RULES, momentum, nesterov, sgd

# A new rule has to obey every law. One that is not to stands here, with the reason.
WHOLE_ARRAY = {
    "muon": "takes matrices",
    "shampoo": "takes matrices",
    "soap": "takes matrices",
    "adafactor": "keeps a number for each row and column",
    "lamb": "scales its step by the size of the array",
    "prodigy": "estimates one distance for all parameters",
}
UNLIKE_IN_SCALE = {
    "adadelta": "its ε has two units",
    "radam": "its first steps go with the gradient's size, the later ones do not",
    "yogi": "its averages start at a number",
}
UNLIKE_IN_SIGN = {"yogi": "its averages start at a number above 0"}

ELEMENTWISE = {name: rule for name, rule in RULES.items() if name not in WHOLE_ARRAY}
each_rule = pytest.mark.parametrize("rule", ELEMENTWISE.values(), ids=ELEMENTWISE)


def each(names):
    return pytest.mark.parametrize("name", names.split())


# Not so small that a product loses bits: scaling by a power of two is exact only above that.
numbers = st.floats(-100, 100).filter(lambda number: number == 0 or abs(number) > 1e-100)
powers_of_two = st.sampled_from([0.25, 0.5, 2.0, 8.0])  # which scale a float without rounding
rates = st.floats(1e-4, 1.0)


def run(rule, w, gradients, **hyper):
    """The parameters after each of the given gradients."""
    path, state = [w], ()
    for g in gradients:
        w, *state = rule(w, g, *state, **hyper)
        path.append(w)
    return path


@given(numbers, numbers, rates)
def test_sgd_steps_against_the_gradient(w, g, lr):
    assert sgd(w, g, lr=lr) == (w - lr * g, None)


@given(numbers, numbers, rates)
def test_momentum_zero_is_sgd(w, g, lr):
    assert run(momentum, w, [g, -g, g], lr=lr, momentum=0.0) == run(sgd, w, [g, -g, g], lr=lr)


@given(numbers, st.lists(numbers, min_size=1, max_size=8), rates, st.floats(0, 0.99))
def test_momentum_takes_polyaks_steps(w, gradients, lr, beta):
    """Polyak 1964: w⁺ = w − η g + β (w − w⁻), with no velocity at all."""
    path = [w]
    for t, g in enumerate(gradients):
        path.append(path[t] - lr * g + beta * (path[t] - path[t - 1] if t else 0.0))
    # At most eight steps of size 100/(1 − β): differences of path points lose that much in rounding.
    np.testing.assert_allclose(run(momentum, w, gradients, lr=lr, momentum=beta), path, rtol=0, atol=1e-10)


@given(numbers, st.lists(numbers, min_size=1, max_size=8), st.floats(1e-4, 0.1), st.floats(0, 0.95))
def test_nesterov_looks_ahead_as_in_the_paper(theta, slopes, lr, beta):
    """Sutskever et al. 2013: v ← μv − η∇f(θ + μv), θ ← θ + v, and here w = θ + μv."""
    v, state, w = 0.0, (), theta
    for slope in slopes:

        def grad(x, slope=slope):
            return x / 8 + slope

        v = beta * v - lr * grad(theta + beta * v)
        theta = theta + v
        w, *state = nesterov(w, grad(w), *state, lr=lr, momentum=beta)
        # |θ| stays below some 2,000, and the two forms round in other places
        assert w == pytest.approx(theta + beta * v, rel=0, abs=1e-9)


@given(numbers, rates, st.floats(0, 0.95))
def test_momentum_under_a_constant_gradient_reaches_terminal_velocity(g, lr, beta):
    """The velocity is the geometric series g (1 − βᵗ)/(1 − β)."""
    velocity, t = 0.0, 50
    for _ in range(t):
        _, velocity = momentum(0.0, g, velocity, lr=lr, momentum=beta)
    assert velocity == pytest.approx(g * (1 - beta**t) / (1 - beta), rel=1e-12)  # 50 roundings


def scaled_with_the_loss(rule, w, gradients, scale, lr):
    """The path on a loss times ``scale``; ε, where there is one, has the unit of the gradient."""
    eps = {"eps": 1e-8 * scale} if "eps" in inspect.signature(rule).parameters else {}
    return run(rule, w, [scale * g for g in gradients], lr=lr, **eps)


def is_linear(rule):
    """Whether twice the gradients make the first step twice as large."""
    once, twice = (scaled_with_the_loss(rule, 0.0, [1.0, 1.0], scale, 0.1) for scale in (1, 2))
    return twice[-1] == 2 * once[-1]


LINEAR = " ".join(name for name, rule in ELEMENTWISE.items() if is_linear(rule))
LIKE_IN_SCALE = " ".join(name for name in ELEMENTWISE if name not in UNLIKE_IN_SCALE)
SIGNED = " ".join(name for name in ELEMENTWISE if name not in UNLIKE_IN_SIGN)


def lists_of(elements):
    return st.lists(elements, max_size=5)


@each(LIKE_IN_SCALE)
@given(w=numbers, gradients=lists_of(numbers), scale=powers_of_two)
def test_scaling_the_loss_is_scaling_the_rate_or_nothing(name, w, gradients, scale):
    """A loss times c has gradients times c. Where the step goes with the gradient's size, a rate divided by c
    takes the same steps; elsewhere the same rate does, to the last bit.
    """
    rule = RULES[name]
    lr = 0.1 / scale if is_linear(rule) else 0.1
    expected = scaled_with_the_loss(rule, w, gradients, 1, 0.1)
    assert scaled_with_the_loss(rule, w, gradients, scale, lr) == expected


@each(LINEAR)
@given(w=numbers, gradients=lists_of(numbers), scale=powers_of_two)
def test_scaling_parameters_and_gradients_scales_the_path(name, w, gradients, scale):
    scaled = run(RULES[name], scale * w, [scale * g for g in gradients], lr=0.1)
    assert scaled == [scale * point for point in run(RULES[name], w, gradients, lr=0.1)]


@each(SIGNED)
@given(w=numbers, gradients=lists_of(numbers))
def test_a_mirrored_loss_has_a_mirrored_path(name, w, gradients):
    path = run(RULES[name], w, gradients, lr=0.1)
    assert run(RULES[name], -w, [-g for g in gradients], lr=0.1) == [-point for point in path]


moderate = st.floats(-100, 100).filter(lambda number: number == 0 or abs(number) > 1e-3)


@each_rule
@given(w=moderate, shift=moderate, gradients=lists_of(moderate))
def test_the_origin_does_not_matter(rule, w, shift, gradients):
    """Without weight decay, which pulls to the origin."""
    no_decay = {"weight_decay": 0.0} if "weight_decay" in inspect.signature(rule).parameters else {}
    path = np.array(run(rule, w, gradients, lr=0.1, **no_decay))
    shifted = np.array(run(rule, w + shift, gradients, lr=0.1, **no_decay))
    # each of ten sums is off by at most a last bit of the largest number in them
    size = max(abs(path).max(), abs(shifted).max())
    np.testing.assert_allclose(shifted - shift, path, rtol=0, atol=10 * size * 2.0**-52)


@each_rule
def test_arrays_step_as_their_elements_do(rule):
    rng = np.random.default_rng(0)
    w, gradients = rng.normal(size=(2, 3)), rng.normal(size=(5, 2, 3))
    path = np.array(run(rule, w, gradients, lr=0.1))
    for index in np.ndindex(2, 3):
        alone = run(rule, float(w[index]), [float(g[index]) for g in gradients], lr=0.1)
        np.testing.assert_array_equal(path[(slice(None), *index)], alone)


@each_rule
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_arrays_keep_their_dtype(rule, dtype):
    gradients = [np.ones(3, dtype)] * 3
    assert {w.dtype for w in run(rule, np.zeros(3, dtype), gradients, lr=0.1)} == {np.dtype(dtype)}


@each_rule
def test_floats_stay_floats(rule):
    assert {type(w) for w in run(rule, 1.0, [0.5, 0.5, -0.5], lr=0.1)} == {float}


def parts(state):
    """The arrays and numbers of a state, which may be one or a tuple of them."""
    return state if isinstance(state, tuple) else (state,)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_no_argument_is_changed(rule):
    w, g = np.array([[1.0, 2.0], [3.0, -4.0]]), np.array([[0.5, -0.5], [0.25, 2.0]])
    _, state = rule(w, g)
    kept = [np.copy(part) if isinstance(part, np.ndarray) else part for part in parts(state)]
    rule(w, g, state)
    np.testing.assert_array_equal(w, [[1.0, 2.0], [3.0, -4.0]])
    np.testing.assert_array_equal(g, [[0.5, -0.5], [0.25, 2.0]])
    for now, before in zip(parts(state), kept, strict=True):
        np.testing.assert_array_equal(now, before)


@each_rule
def test_a_state_holds_arrays_of_the_parameters_shape_and_numbers(rule):
    w = np.ones((2, 3))
    state = None
    for _ in range(3):
        w, state = rule(w, w) if state is None else rule(w, w, state)
    for part in parts(state):
        assert part is None or isinstance(part, (int, float)) or part.shape == (2, 3), part


def root(x):
    return math.sqrt(x)


# What each docstring says of the first step from w = 2 with gradient g, at the defaults: w − step.
FIRST_STEPS = {
    "sgd": lambda g: 1e-3 * g,
    "momentum": lambda g: 1e-3 * g,
    "nesterov": lambda g: 1e-3 * (1 + 0.9) * g,
    "adagrad": lambda g: 1e-2 * g / (abs(g) + 1e-10),
    "rmsprop": lambda g: 1e-2 * g / (root(0.01) * abs(g) + 1e-8),
    "adadelta": lambda g: g * root(1e-6 / (0.1 * g * g + 1e-6)),
    "adam": lambda g: 1e-3 * g / (abs(g) + 1e-8),
    "adamw": lambda g: 1e-3 * (g / (abs(g) + 1e-8) + 1e-2 * 2),
    "amsgrad": lambda g: 1e-3 * g / (abs(g) + 1e-8),
    "adamax": lambda g: 2e-3 * g / (abs(g) + 1e-8),
    "nadam": lambda g: 2e-3 * g / (abs(g) + 1e-8) * (1 + MU(2) * 0.1 / (1 - MU(1) * MU(2))),
    "radam": lambda g: 1e-3 * g,
    # both averages of Yogi start at 1e-6, and the correction divides their start too
    "yogi": lambda g: 1e-2 * (g + 9e-6) / (root(g * g + 1e-3) + 1e-3),
    "adopt": lambda g: 0.0,
    "rprop": lambda g: math.copysign(1e-2, g),
    "lion": lambda g: 1e-4 * (math.copysign(1, g) + 1e-3 * 2),
}


def MU(t):
    """NAdam's β₁ at step t."""
    return 0.9 * (1 - 0.5 * 0.96 ** (t * 4e-3))


@pytest.mark.parametrize("name", FIRST_STEPS)
@pytest.mark.parametrize("g", [3.0, -0.02, 1e-3 * 1.5])
def test_the_first_step_is_the_documented_one(name, g):
    # w − step rounds to 2⁻⁵² of w = 2
    assert RULES[name](2.0, g)[0] == pytest.approx(2.0 - FIRST_STEPS[name](g), rel=0, abs=1e-14)


def test_centered_rmsprop_grows_by_orders_of_magnitude_where_the_gradient_stays():
    """With g = 1 the variance is ρᵗ (1 − ρᵗ), and the step 1 over its root."""
    path, rho = run(RULES["rmsprop"], 0.0, [1.0] * 1000, lr=1.0, rho=0.99, centered=True), 0.99
    for t in 100, 400, 1000:
        # ε is 1e-8, the root of the variance at least 6e-3
        assert path[t - 1] - path[t] == pytest.approx((rho**t * (1 - rho**t)) ** -0.5, rel=1e-5)
    assert path[999] - path[1000] > 150


def test_centered_rmsprop_starts_larger_still():
    """v − m² = (1 − ρ) g² − (1 − ρ)² g² = ρ (1 − ρ) g²."""
    step = 2.0 - RULES["rmsprop"](2.0, 3.0, centered=True)[0]
    assert step == pytest.approx(1e-2 * 3 / (root(0.99 * 0.01) * 3 + 1e-8), rel=1e-12)


@each_rule
def test_a_gradient_that_is_no_number_makes_the_parameter_none(rule):
    """Documented: NaN passes through, in its own coordinate alone."""
    w, g = np.array([1.0, 2.0]), np.array([np.nan, 0.5])
    w, state = rule(w, g)
    w, state = rule(w, g, state)  # ADOPT's first call takes no step
    assert np.isnan(w[0])
    assert np.isfinite(w[1])


@each_rule
def test_an_empty_array_stays_empty(rule):
    assert rule(np.empty((0, 3)), np.empty((0, 3)))[0].shape == (0, 3)


BAD = [
    ({"g": np.ones(3)}, ValueError, r"g must have the shape of w, \(2,\), got shape \(3,\)"),
    ({"g": np.ones((2, 1))}, ValueError, r"g must have the shape of w, \(2,\), got shape \(2, 1\)"),
    ({"g": 1.0}, ValueError, r"g must have the shape of w, \(2,\), got 1\.0"),
    ({"g": [1.0, 2.0]}, ValueError, r"g must have the shape of w, \(2,\), got \[1\.0, 2\.0\]"),
    ({"w": [1.0, 2.0]}, TypeError, r"w must be a float or an array, got \[1\.0, 2\.0\]: numpy\.array"),
    ({"w": np.array([1, 2])}, TypeError, "w must hold floating-point numbers, got int64"),
    ({"w": np.array([True, False])}, TypeError, "w must hold floating-point numbers, got bool"),
    ({"lr": -0.1}, ValueError, r"lr must not be negative, got -0\.1"),
    ({"lr": math.nan}, ValueError, "lr must be a finite number, got nan"),
    ({"lr": math.inf}, ValueError, "lr must be a finite number, got inf"),
    ({"momentum": 1.0}, ValueError, r"momentum must be at least 0 and below 1, got 1\.0"),
    ({"beta1": -0.1}, ValueError, r"beta1 must be at least 0 and below 1, got -0\.1"),
    ({"beta2": 1.0}, ValueError, r"beta2 must be at least 0 and below 1, got 1\.0"),
    ({"rho": 2}, ValueError, "rho must be at least 0 and below 1, got 2"),
    ({"eps": 0.0}, ValueError, r"eps must be above 0, got 0\.0"),
    ({"eps": math.nan}, ValueError, "eps must be a finite number, got nan"),
    ({"weight_decay": -1e-2}, ValueError, r"weight_decay must not be negative, got -0\.01"),
]


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_what_cannot_be_a_step_is_refused_with_its_name(rule):
    takes = inspect.signature(rule).parameters
    tried = 0
    for bad, kind, message in BAD:
        if bad.keys() <= set(takes):
            with pytest.raises(kind, match=message):
                rule(**{"w": np.array([1.0, 2.0]), "g": np.array([1.0, 2.0]), **bad})
            tried += 1
    assert tried >= 10


def test_what_is_given_by_position_is_checked_too():
    with pytest.raises(ValueError, match="momentum must be"):
        momentum(1.0, 1.0, 0.0, 0.1, 1.5)


def test_a_rate_for_each_parameter_is_no_number_to_check():
    np.testing.assert_array_equal(sgd(np.zeros(2), np.ones(2), lr=np.array([1.0, 2.0]))[0], [-1.0, -2.0])


def test_every_rule_is_exported_by_its_name():
    assert set(RULES) < set(rules.__all__)
    assert all(getattr(rules, name) is rule for name, rule in RULES.items())


@pytest.mark.parametrize("name", RULES)
def test_signature_is_parameters_gradient_state_rate(name):
    rule = RULES[name]
    names = list(inspect.signature(rule).parameters)
    assert rule.__name__ == name
    assert names[:2] == ["w", "g"]
    assert names[3] == "lr"
    defaults = [p.default for p in inspect.signature(rule).parameters.values()]
    assert inspect.Parameter.empty not in defaults[2:]


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_at_most_twelve_lines_of_arithmetic(name):
    definition = ast.parse(inspect.getsource(RULES[name])).body[0]
    statements = [node for node in ast.walk(definition) if isinstance(node, ast.stmt)]
    assert len(statements) - 2 <= 12 + 1  # less the definition and its docstring; one to unpack the state


@pytest.mark.parametrize("name", RULES)
def test_a_docstring_says_formula_state_source(name):
    words = inspect.getdoc(RULES[name])
    assert words.startswith("One step of ")
    assert "$$" in words
    assert "tate" in words  # "State: …" or "No state."
    assert "Source:" in words
