"""Where one regime ends and the next begins: not a digit earlier or later than the docstring says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdbook.theory import heavy_ball_regime, momentum_limit, noise_floor, noise_variance, scalar_net


@pytest.mark.parametrize(
    ("off", "regime"),
    [
        (0.0, "critical"),
        (0.2e-12, "critical"),
        (-0.2e-12, "critical"),
        (0.8e-12, "spirals"),
        (-0.8e-12, "glides"),
        (1e-9, "spirals"),
        (-1e-9, "glides"),
        (1e-6, "spirals"),
        (-1e-6, "glides"),
    ],
)
def test_roots_coincide_where_their_discriminant_is_rounding(off, regime):
    """With β = ¼ the discriminant is 0 at ηλ = ¼, and falls by twice as much as ηλ grows."""
    assert heavy_ball_regime(0.25 + off, 0.25, 1.0) == regime
    # The other double root: ηλ = (1 + √β)², where the discriminant grows again, by six times
    assert heavy_ball_regime(2.25 - off, 0.25, 1.0) == {"glides": "alternates"}.get(regime, regime)


def test_divergence_begins_at_the_limit_and_rounding_is_none():
    """Without momentum the rate is |1 − ηλ|."""
    for off, regime in (
        (0.0, "alternates"),
        (0.5e-12, "alternates"),
        (1.6e-12, "diverges"),
        (1e-9, "diverges"),
        (1e-6, "diverges"),
    ):
        assert heavy_ball_regime(2.0 + off, 0.0, 1.0) == regime
        assert heavy_ball_regime((2.0 + off) / 64, 0.0, 64.0) == regime


@given(st.floats(0.01, 0.95), st.floats(0, 0.95), st.floats(1e-2, 1e2), st.floats(1e-2, 1e2))
def test_the_variance_in_the_long_run_repeats_itself(share, beta, curvature, variance):
    """The covariance of (x_t, x_{t−1}), from its linear equation Σ = MΣMᵀ + η²σ² e₁e₁ᵀ."""
    lr = share * momentum_limit(beta, curvature)
    M = np.array([[1 + beta - lr * curvature, -beta], [1.0, 0.0]])
    noise = np.array([lr * lr * variance, 0.0, 0.0, 0.0])
    covariance = np.linalg.solve(np.eye(4) - np.kron(M, M), noise)
    found = noise_variance(lr, beta, curvature, variance)
    assert found == pytest.approx(covariance[0], rel=1e-6)
    assert noise_floor(lr, beta, curvature, variance) == pytest.approx(curvature * found / 2, rel=1e-14)


def test_noise_holds_only_a_run_that_converges():
    assert noise_variance(1.0, 0.0, 1.0, 2.0) == pytest.approx(2.0)
    for momentum in (1.0, -0.1, 1.5):
        with pytest.raises(ValueError, match="momentum"):
            noise_variance(0.1, momentum, 1.0, 1.0)
    for lr in (0.0, 3.0, -0.1):
        with pytest.raises(ValueError, match="lr"):
            noise_variance(lr, 0.5, 1.0, 1.0)


def test_the_scalar_net_is_a_function_of_two_weights():
    assert scalar_net.dim == len(scalar_net.start) == len(scalar_net.domain) == 2
    for minimum in scalar_net.minima:
        assert scalar_net(minimum) == 0
        assert list(scalar_net.grad(minimum)) == [0, 0]
        # On the curve xy = 1 the sharpness is 4(x² + y²)
        assert np.linalg.eigvalsh(scalar_net.hess(minimum))[-1] == pytest.approx(8)
