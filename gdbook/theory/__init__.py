r"""What is known before running: limits and rates on a quadratic.

The loss is a quadratic with Hessian eigenvalues between ``mu`` and ``L``, both positive:
$\mu$ is the curvature of its flattest direction, $L$ of its most curved, $\kappa = L/\mu$ its
condition number. A *rate* is the factor by which the distance to the minimum shrinks in one
step in the long run, in the worst direction: below 1 converges, above 1 diverges. (In
``momentum`` rules the letter $\mu$ is the momentum; here it is always a curvature, and
momentum is ``momentum``, β in the formulas.)

Every function raises TypeError for what is no number and ValueError for a number out of its range: a
curvature that is not above 0, ``L`` below ``mu``, a negative rate, a momentum that is not between 0 and 1, a
result that leaves the floats. The message names the argument and what would do. What else is refused stands
with the function.
"""

from gdbook.theory.bounds import (
    SteepHuber,
    WorstQuadratic,
    accelerated,
    gd_bound,
    least_rate,
    lower_bound,
    nesterov_bound,
)
from gdbook.theory.curvature import (
    condition_number,
    half_axis,
    largest_curvature,
)
from gdbook.theory.edge import (
    ScalarNet,
    adam_edge,
    gd_edge,
    momentum_edge,
    nesterov_edge,
    scalar_net,
)
from gdbook.theory.failures import (
    CYCLE,
    Kinked,
    kinked,
    newton_log_cosh_limit,
)
from gdbook.theory.flow import (
    ModifiedLoss,
    gradient_flow,
    modified_loss,
)
from gdbook.theory.gd import (
    exact_line_search_factor,
    gd_best_lr,
    gd_best_rate,
    gd_factor,
    gd_limit,
    gd_rate,
    steps_to,
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
from gdbook.theory.stationary import (
    batch_variance,
    noise_floor,
    noise_variance,
)

__all__ = [
    "CYCLE",
    "Kinked",
    "ModifiedLoss",
    "ScalarNet",
    "SteepHuber",
    "WorstQuadratic",
    "accelerated",
    "adam_edge",
    "batch_variance",
    "condition_number",
    "critical_momentum",
    "exact_line_search_factor",
    "gd_best_lr",
    "gd_best_rate",
    "gd_bound",
    "gd_edge",
    "gd_factor",
    "gd_limit",
    "gd_rate",
    "gradient_flow",
    "half_axis",
    "heavy_ball_rate",
    "heavy_ball_regime",
    "heavy_ball_roots",
    "kinked",
    "largest_curvature",
    "least_rate",
    "lower_bound",
    "modified_loss",
    "momentum_best",
    "momentum_edge",
    "momentum_limit",
    "momentum_rate",
    "nesterov_best",
    "nesterov_bound",
    "nesterov_edge",
    "nesterov_factor",
    "nesterov_limit",
    "nesterov_rate",
    "nesterov_standard",
    "newton_log_cosh_limit",
    "noise_floor",
    "noise_variance",
    "scalar_net",
    "steps_to",
]
