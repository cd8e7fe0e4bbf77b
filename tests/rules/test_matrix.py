"""Muon, Shampoo, SOAP and Adafactor against singular values, full matrices and other rules."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdbook.descent import descend
from gdbook.rules import adafactor, adagrad, muon, newton_schulz, shampoo, soap
from gdbook.rules.matrix import QUINTIC, quintic

seeds = st.integers(0, 2**32 - 1)
shapes = st.tuples(st.integers(1, 6), st.integers(1, 6))


def matrix(shape, seed):
    return np.random.default_rng(seed).normal(size=shape)


def polar(g):
    """U Vᵀ of the singular value decomposition: the nearest matrix with singular values 1."""
    u, _, vt = np.linalg.svd(g, full_matrices=False)
    return u @ vt


def iterated(s, steps=5):
    for _ in range(steps):
        s = quintic(s)
    return s


def test_five_quintics_land_between_682_and_1202_thousandths():
    ends = iterated(np.linspace(0.002, 1, 200_001))
    assert ends.min() == pytest.approx(0.682, abs=5e-4)  # three digits are stated
    assert ends.max() == pytest.approx(1.202, abs=5e-4)


def test_five_quintics_multiply_a_tiny_value_by_485():
    assert QUINTIC[0] ** 5 == pytest.approx(484.9, abs=0.05)
    assert iterated(1e-9) / 1e-9 == pytest.approx(484.9, abs=0.05)


@given(shapes, seeds, st.integers(1, 6))
def test_newton_schulz_is_the_quintic_of_the_singular_values(shape, seed, steps):
    x = matrix(shape, seed)
    u, s, vt = np.linalg.svd(x, full_matrices=False)
    expected = u * iterated(s / np.linalg.norm(x), steps) @ vt
    # a rounding of 1e-16 grows at most as the quintic's slope does, 3.4445⁶ = 1670
    np.testing.assert_allclose(newton_schulz(x, steps), expected, rtol=0, atol=1e-12)


def test_zero_and_zero_singular_values_stay():
    assert not newton_schulz(np.zeros((2, 3))).any()
    found = newton_schulz(np.diag([3.0, 0.0]))
    assert 0.68 < found[0, 0] < 1.21
    assert found[1, 1] == 0


@given(shapes, seeds, st.floats(1e-3, 1e3))
def test_muons_first_step_has_singular_values_near_one_whatever_the_scale(shape, seed, scale):
    g = matrix(shape, seed)
    step, _ = muon(np.zeros(shape), scale * g, lr=1.0, weight_decay=0.0)
    factor = max(1, shape[0] / shape[1]) ** 0.5
    s = np.linalg.svd(g, compute_uv=False) / np.linalg.norm(g)
    found = np.linalg.svd(step, compute_uv=False)[s > 0.002] / factor
    assert np.all((found > 0.68) & (found < 1.21))
    # the products of each step round by 1e-16, and grow with the slope at 0, 485
    same, _ = muon(np.zeros(shape), g, lr=1.0, weight_decay=0.0)
    np.testing.assert_allclose(step, same, rtol=0, atol=1e-11)


@given(seeds)
def test_muon_turns_with_the_coordinates(seed):
    """Rotate rows and columns: the path rotates. Adam's does not."""
    g, w = matrix((3, 3), seed), matrix((3, 3), seed + 1)
    p, q = polar(matrix((3, 3), seed + 2)), polar(matrix((3, 3), seed + 3))
    np.testing.assert_allclose(muon(p @ w @ q, p @ g @ q)[0], p @ muon(w, g)[0] @ q, rtol=0, atol=1e-12)


def test_muons_momentum_is_an_average_and_looks_ahead():
    """The direction of step 2, by hand: gradients G, H give 0.0475 G + 0.05 H, and with Nesterov's form
    0.95 of that + 0.05 H."""
    g, h = matrix((3, 2), 0), matrix((3, 2), 1)
    for nesterov, mixed in ((False, 0.95 * g + h), (True, 0.95 * (0.95 * g + h) + h)):
        _, m = muon(np.zeros((3, 2)), g, nesterov=nesterov)
        step, _ = muon(np.zeros((3, 2)), h, m, nesterov=nesterov, lr=1.0)
        expected = -((3 / 2) ** 0.5) * newton_schulz(mixed)
        np.testing.assert_allclose(step, expected, rtol=0, atol=1e-12)


@given(st.lists(st.floats(-9, 9).filter(lambda x: abs(x) > 1e-3), min_size=1, max_size=6))
def test_shampoo_of_one_element_is_adagrad(gradients):
    """L = R = Σg²: their fourth roots divide by √Σg²."""
    w, state, v, total = np.ones((1, 1)), (0.0, 0.0), 1.0, 0.0
    for g in gradients:
        w, state = shampoo(w, np.array([[g]]), state, lr=0.1, eps=1e-30)
        v, total = adagrad(v, g, total, lr=0.1, eps=1e-30)
    assert w[0, 0] == pytest.approx(v, rel=0, abs=1e-12)


@given(seeds)
def test_shampoo_of_a_column_along_one_direction_is_full_matrix_adagrad(seed):
    """Gradients g, 2g, −g: both divide by the root of the sum of g gᵀ, of which only one direction counts."""
    g = matrix((4, 1), seed)
    w, state, full, v = np.zeros((4, 1)), (0.0, 0.0), np.zeros((4, 4)), np.zeros((4, 1))
    for scale in (1, 2, -1):
        w, state = shampoo(w, scale * g, state, lr=0.1, eps=1e-12)
        full = full + scale**2 * g @ g.T
        values, vectors = np.linalg.eigh(full)
        root = vectors[:, -1:] * values[-1] ** -0.5 @ vectors[:, -1:].T
        v = v - 0.1 * root @ (scale * g)
    # ε of 1e-12 beside eigenvalues that may be as small as 0.01
    np.testing.assert_allclose(w, v, rtol=0, atol=1e-9)


@given(seeds)
def test_shampoos_first_step_has_singular_values_one(seed):
    g = matrix((3, 3), seed) + 4 * np.eye(3)  # no singular value near 0, where ε would count
    step, _ = shampoo(np.zeros((3, 3)), g, lr=1.0, eps=1e-12)
    np.testing.assert_allclose(-step, polar(g), rtol=0, atol=1e-6)


def test_soap_in_known_coordinates_is_adam():
    """Diagonal gradients have the axes for eigenvectors: there soap is Adam, a call later."""
    rng = np.random.default_rng(0)
    gradients = [np.diag([3.0, 1.0]), *(np.diag(rng.uniform(0.5, 1, 2) * [3, 1]) for _ in range(30))]
    w, state = soap(np.ones((2, 2)), gradients[0])
    np.testing.assert_array_equal(w, np.ones((2, 2)))
    v, m, s = np.ones((2, 2)), 0.0, 0.0
    for t, g in enumerate(gradients[1:], 1):
        w, state = soap(w, g, state)
        m, s = 0.95 * m + 0.05 * g, 0.95 * s + 0.05 * g * g
        bias = (1 - 0.95**t) ** 0.5 / (1 - 0.95**t)
        v = (1 - 3e-3 * 1e-2) * (v - 3e-3 * bias * m / (np.sqrt(s) + 1e-8))
    np.testing.assert_allclose(w, v, rtol=0, atol=1e-12)


@given(seeds)
def test_soap_turns_with_the_coordinates(seed):
    rng = np.random.default_rng(seed)
    p, q = polar(rng.normal(size=(3, 3))), polar(rng.normal(size=(3, 3)))
    w = v = rng.normal(size=(3, 3))
    v, a, b = p @ w @ q, None, None
    for _ in range(25):
        g = rng.normal(size=(3, 3)) + np.diag(
            [9.0, 3.0, 1.0]
        )  # eigenvalues apart, so their vectors are defined
        w, a = soap(w, g, a)
        v, b = soap(v, p @ g @ q, b)
    np.testing.assert_allclose(v, p @ w @ q, rtol=0, atol=1e-9)


@given(seeds)
def test_adafactors_second_moment_is_exact_where_g_squared_has_rank_one(seed):
    rng = np.random.default_rng(seed)
    g = rng.uniform(0.1, 2, (3, 1)) * rng.uniform(0.1, 2, (1, 4)) * rng.choice([-1, 1], (3, 4))
    w = rng.normal(size=(3, 4))
    found, (rows, columns, _) = adafactor(w, g, lr=0.01)
    assert (rows.shape, columns.shape) == ((3, 1), (1, 4))
    np.testing.assert_allclose(rows * columns / rows.mean(), g * g, rtol=1e-12)
    rms = np.sqrt(np.mean(w * w))
    np.testing.assert_allclose(found, w - 0.01 * rms * np.sign(g), rtol=0, atol=1e-12)


def test_adafactor_of_a_vector_keeps_all_of_its_second_moment():
    w, g = np.array([3.0, 4.0]), np.array([0.1, -5.0])
    found, (v, _, _) = adafactor(w, g)
    np.testing.assert_allclose(v, g * g)
    np.testing.assert_allclose(found, w - 0.01 * np.sqrt(12.5) * np.sign(g))  # rms of (3, 4) is √12.5


def test_adafactors_steps_shrink_with_the_root_of_time():
    """min(η, 1/√t): with η = 1 the tenth step is 1/√10 of the size of w."""
    w, state = np.ones((2, 2)), (0.0, 0.0, 9)
    after, _ = adafactor(w, np.ones((2, 2)), state, lr=1.0, d=1e9)
    assert (w - after)[0, 0] * 10**0.5 == pytest.approx(10**0.4, rel=1e-12)  # v = 10^−0.8


@pytest.mark.parametrize("rule", [muon, shampoo, soap], ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("shape", [(2, 3, 4, 3), (2, 3, 3, 4)])
def test_each_matrix_of_a_stack_is_treated_by_itself(rule, shape):
    rng = np.random.default_rng(0)
    w, gradients = rng.normal(size=shape), rng.normal(size=(12, *shape))
    path, states = w, ()
    for g in gradients:
        path, *states = rule(path, g, *states, lr=0.1)
    for index in np.ndindex(shape[:2]):
        alone, state = w[index], ()
        for g in gradients:
            alone, *state = rule(alone, g[index], *state, lr=0.1)
        np.testing.assert_allclose(path[index], alone, rtol=0, atol=1e-11)  # sums in another order


@pytest.mark.parametrize("rule", [muon, shampoo, soap], ids=lambda rule: rule.__name__)
@pytest.mark.parametrize(
    ("w", "words"),
    [(1.0, "a number"), (np.ones(3), r"shape \(3,\)")],
)
def test_what_is_no_matrix_is_refused_by_name(rule, w, words):
    message = f"{rule.__name__} needs a matrix, .*got .*{words}"
    with pytest.raises(ValueError, match=message):
        rule(w, w)
    with pytest.raises(ValueError, match=message):
        descend(lambda w: w, w, rule)


def test_newton_schulz_takes_matrices():
    with pytest.raises(ValueError, match=r"newton_schulz needs a matrix, .*shape \(3,\)"):
        newton_schulz(np.ones(3))


@pytest.mark.parametrize(
    ("rule", "hyper"),
    [
        (muon, {"ns_steps": 0}),
        (muon, {"ns_steps": 2.5}),
        (soap, {"precondition_frequency": 0.5}),
        (adafactor, {"d": 0.5}),
        (adafactor, {"beta2_decay": 0.8}),
        (adafactor, {"eps1": 0.0}),
    ],
)
def test_hyperparameters_out_of_range_are_named(rule, hyper):
    with pytest.raises(ValueError, match=next(iter(hyper))):
        rule(np.ones((2, 2)), np.ones((2, 2)), **hyper)


def test_whole_numbers_may_come_as_floats():
    """As the command line gives them."""
    g = matrix((2, 2), 0)
    np.testing.assert_array_equal(muon(g, g, ns_steps=3.0)[0], muon(g, g, ns_steps=3)[0])
