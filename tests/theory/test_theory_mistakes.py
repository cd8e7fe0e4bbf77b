"""Where one regime ends and the next begins: not a digit earlier or later than the docstring says."""

import pytest

from gdbook.theory import heavy_ball_regime


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
