r"""What is known before running: limits and rates on a quadratic.

The loss is a quadratic with Hessian eigenvalues between ``mu`` and ``L``, both positive:
$\mu$ is the curvature of its flattest direction, $L$ of its steepest, $\kappa = L/\mu$ its
condition number. A *rate* is the factor by which the distance to the minimum shrinks in one
step in the long run, in the worst direction: below 1 converges, above 1 diverges. (In
``momentum`` rules the letter $\mu$ is the momentum; here it is always a curvature, and
momentum is ``momentum``, β in the formulas.)
"""

from gdbook.theory.curvature import (
    half_axis,
    largest_curvature,
)
from gdbook.theory.gd import (
    gd_best_lr,
    gd_best_rate,
    gd_factor,
    gd_limit,
    gd_rate,
)
from gdbook.theory.line_search import (
    exact_line_search_factor,
)
from gdbook.theory.momentum import (
    critical_momentum,
    heavy_ball_rate,
    heavy_ball_regime,
    heavy_ball_roots,
    momentum_best,
    momentum_limit,
    momentum_rate,
)
from gdbook.theory.nesterov import (
    nesterov_best,
    nesterov_factor,
    nesterov_limit,
    nesterov_rate,
    nesterov_standard,
)
from gdbook.theory.newton import (
    newton_log_cosh_limit,
)
from gdbook.theory.noise import (
    noise_floor,
    noise_variance,
)
from gdbook.theory.steps import (
    steps_to,
)

__all__ = [
    "critical_momentum",
    "exact_line_search_factor",
    "gd_best_lr",
    "gd_best_rate",
    "gd_factor",
    "gd_limit",
    "gd_rate",
    "half_axis",
    "heavy_ball_rate",
    "heavy_ball_regime",
    "heavy_ball_roots",
    "largest_curvature",
    "momentum_best",
    "momentum_limit",
    "momentum_rate",
    "nesterov_best",
    "nesterov_factor",
    "nesterov_limit",
    "nesterov_rate",
    "nesterov_standard",
    "newton_log_cosh_limit",
    "noise_floor",
    "noise_variance",
    "steps_to",
]
