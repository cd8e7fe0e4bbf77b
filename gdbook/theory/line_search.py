r"""What an exact line search can do for gradient descent on a quadratic, and what it cannot."""

from __future__ import annotations

from gdbook.theory.given import condition, formula


@formula(kappa=condition)
def exact_line_search_factor(kappa: float) -> float:
    r"""Each step of gradient descent with exact line search shrinks the error by this, from the worst start.

    $$\frac{\kappa - 1}{\kappa + 1}$$

    On $\tfrac12(x^2 + \kappa y^2)$ from $(\kappa, 1)$ both coordinates shrink by exactly this, and y
    changes sign at each step; the loss shrinks by its square. It is also the rate of the best fixed
    rate, ``gd_best_rate``: the search finds the rate, and no more.
    Source: Boyd, Vandenberghe 2004, section 9.3.
    """
    return (kappa - 1) / (kappa + 1)
