"""Steepest descent with a line search, and conjugate gradients: linear and nonlinear."""

from functools import partial

import numpy as np

from gdbook.check import known
from gdbook.second_order.line_search import wolfe
from gdbook.second_order.run import Run, first_lr


def steepest_descent(f, grad, w0, steps=100, tolerance=1e-6, line_search=wolfe):
    r"""Gradient descent whose learning rate a line search chooses at each step.

    $$w_{t+1} = w_t - \eta_t \nabla f(w_t)$$

    The first η tried is ``first_lr``, then the last one found. Arguments and result as for ``bfgs``.
    Source: Cauchy 1847.
    """
    run = Run(f, grad, w0, steps, tolerance)
    lr = first_lr(run.g)
    while run.going:
        direction = -run.g
        lr = run.search(line_search, direction, lr=lr)
        if lr is not None:
            run.to(run.w + lr * direction)
    return run.trace()


def conjugate_gradient(A, b, w0=None, steps=None, tolerance=1e-10):
    r"""Solve $Aw = b$, or what is the same, minimise $\tfrac12 w^\top A w - b^\top w$, in at most $n$ steps.

    With the gradient $g_t = A w_t - b$, and $d_0 = -g_0$:

    $$\begin{aligned}
    \eta_t &= \frac{g_t^\top g_t}{d_t^\top A\,d_t} \\
    w_{t+1} &= w_t + \eta_t\,d_t \\
    \beta_{t+1} &= \frac{g_{t+1}^\top g_{t+1}}{g_t^\top g_t} \\
    d_{t+1} &= -g_{t+1} + \beta_{t+1}\,d_t
    \end{aligned}$$

    ``A`` is symmetric positive definite, shape ``(n, n)``; ``b`` has shape ``(n,)``; ``w0`` is zeros if None,
    ``steps`` is n. Each step needs one product with ``A``, which ``trace.grad_calls`` counts.

    Raises ValueError for an ``A`` that is not square or symmetric, or shows a curvature $d^\top A d$ that is
    not positive. Source: Hestenes, Stiefel 1952; Nocedal, Wright 2006, Algorithm 5.2.
    """
    A, b = np.asarray(A, dtype=float), np.asarray(b, dtype=float)
    if A.ndim != 2 or A.shape[0] != A.shape[1] or not np.allclose(A, A.T, rtol=1e-10, atol=0):
        raise ValueError(
            f"A must be square and symmetric, got shape {A.shape}; for any other, solve AᵀAw = Aᵀb"
        )
    if b.shape != A.shape[:1]:
        raise ValueError(f"b must have shape {A.shape[:1]}, one number for each row of A, got {b.shape}")
    w0 = np.zeros(len(b)) if w0 is None else w0
    # The gradient comes from a recurrence, so that a step needs one product with A, not two.
    known_g = A @ np.asarray(w0, dtype=float) - b
    run = Run(
        lambda w: (w @ known_g - b @ w) / 2,  # ½wᵀAw − bᵀw, with Aw = g + b
        lambda w: known_g,
        w0,
        len(b) if steps is None else steps,
        tolerance,
    )
    g = known_g
    d = -g
    while run.going:
        Ad = A @ d
        curvature = d @ Ad
        if not curvature > 0:
            raise ValueError(
                f"A must be positive definite, got curvature {curvature:.3g} in a direction of the run"
            )
        lr = (g @ g) / curvature
        known_g = g + lr * Ad
        run.to(run.w + lr * d)
        beta = (known_g @ known_g) / (g @ g)
        g = known_g
        d = -g + beta * d
    return run.trace()


def fletcher_reeves(g, g_before):
    r"""$\beta = \dfrac{g_{t+1}^\top g_{t+1}}{g_t^\top g_t}$. Source: Fletcher, Reeves 1964."""
    return (g @ g) / (g_before @ g_before)


def polak_ribiere(g, g_before):
    r"""$\beta = \max\left(0, \dfrac{g_{t+1}^\top (g_{t+1} - g_t)}{g_t^\top g_t}\right)$.

    The 0 is the "+" in the name PR+: the method then restarts with the gradient. Source: Polak, Ribière
    1969; Nocedal, Wright 2006, equations 5.44 and 5.45.
    """
    return max(0.0, g @ (g - g_before) / (g_before @ g_before))


# The proofs of descent for conjugate directions need c2 < ½ (Nocedal, Wright 2006, Lemma 5.6).
TIGHT = partial(wolfe, c2=0.1)
FORMULAS = {"PR+": polak_ribiere, "FR": fletcher_reeves}


def nonlinear_cg(f, grad, w0, steps=500, tolerance=1e-6, formula="PR+", line_search=TIGHT):
    r"""Conjugate gradients for a loss that is not quadratic: a line search for η, a formula for β.

    $$\begin{aligned}
    w_{t+1} &= w_t + \eta_t\,d_t \\
    d_{t+1} &= -g_{t+1} + \beta_{t+1}\,d_t
    \end{aligned}$$

    ``formula`` is ``"PR+"`` (Polak–Ribière) or ``"FR"`` (Fletcher–Reeves); both are the linear β on a
    quadratic with exact steps. The first η tried is where a parabola with the new slope would fall by as
    much as the last step did, times 1.01, and at most 1 (Nocedal, Wright 2006, equation 3.60; so does
    SciPy). A direction that does not descend is replaced by $-g$. Arguments and result as for ``bfgs``.
    """
    beta = known("formula", formula, FORMULAS)
    run = Run(f, grad, w0, steps, tolerance)
    d, lr = -run.g, first_lr(run.g)
    while run.going:
        lr = run.search(line_search, d, lr=lr)
        if lr is None:
            break
        g_before, loss_before = run.g, run.loss
        run.to(run.w + lr * d)
        if not run.going:
            break
        d = -run.g + beta(run.g, g_before) * d
        if not run.g @ d < 0:
            d = -run.g
        lr = min(1.0, 1.01 * 2 * (run.loss - loss_before) / (run.g @ d))
    return run.trace()
