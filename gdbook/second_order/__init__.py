"""Methods that use curvature, or learn it: Newton, conjugate gradients, least squares, BFGS.

Each returns a ``SecondOrderTrace``: a ``Trace`` with what each iterate cost and why the run stopped. All is
computed in float64, whatever kind of numbers is given: differences of gradients need the digits.

- ``line_search``: ``armijo``, ``wolfe``, ``exact``: how far to go in a direction
- ``newton``: ``newton``, ``damped_newton``
- ``conjugate``: ``steepest_descent``, ``conjugate_gradient``, ``nonlinear_cg``
- ``least_squares``: ``gauss_newton``, ``levenberg_marquardt``
- ``quasi_newton``: ``bfgs``, ``lbfgs``
"""

from gdbook.second_order.conjugate import (
    conjugate_gradient,
    fletcher_reeves,
    nonlinear_cg,
    polak_ribiere,
    steepest_descent,
)
from gdbook.second_order.least_squares import (
    gauss_newton,
    gauss_newton_step,
    levenberg_marquardt,
    levenberg_marquardt_step,
)
from gdbook.second_order.line_search import LineSearchFailed, NotADescentDirection, armijo, exact, wolfe
from gdbook.second_order.newton import damped_newton, newton, newton_step, shifted_cholesky
from gdbook.second_order.quasi_newton import bfgs, bfgs_update, lbfgs, two_loop
from gdbook.second_order.run import SecondOrderTrace, Singular, first_lr

__all__ = [
    "LineSearchFailed",
    "NotADescentDirection",
    "SecondOrderTrace",
    "Singular",
    "armijo",
    "bfgs",
    "bfgs_update",
    "conjugate_gradient",
    "damped_newton",
    "exact",
    "first_lr",
    "fletcher_reeves",
    "gauss_newton",
    "gauss_newton_step",
    "lbfgs",
    "levenberg_marquardt",
    "levenberg_marquardt_step",
    "newton",
    "newton_step",
    "nonlinear_cg",
    "polak_ribiere",
    "shifted_cholesky",
    "steepest_descent",
    "two_loop",
    "wolfe",
]
