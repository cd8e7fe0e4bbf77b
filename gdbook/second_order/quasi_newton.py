"""Quasi-Newton methods: the curvature is learned from how the gradient changes."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING

import numpy as np

from gdbook.checks.arrays import symmetric
from gdbook.checks.callbacks import above_zero, finite_reals, takes
from gdbook.checks.numbers import shown, whole
from gdbook.second_order.line_search import wolfe
from gdbook.second_order.run import Run, SecondOrderTrace, first_lr

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from numpy.typing import ArrayLike

    from gdbook.types import Array, F


@takes(H="nn", s="n", y="n")
def bfgs_update(H: Array, s: Array, y: Array) -> Array:
    r"""The inverse Hessian ``H`` after a step ``s`` along which the gradient changed by ``y``.

    $$\begin{aligned}
    H_{t+1} &= (I - \rho s y^\top)\,H_t\,(I - \rho y s^\top) + \rho s s^\top \\
    \rho &= 1/(y^\top s)
    \end{aligned}$$

    ``H`` must be symmetric. Multiplied out, as here, no two matrices are multiplied, and the cost grows as
    $n^2$, not as $n^3$.

    Of all symmetric matrices that send $y$ to $s$, as the inverse Hessian of a quadratic does, this is the
    one nearest to $H_t$ in a weighted norm. It stays positive definite where $s^\top y > 0$, as a Wolfe
    step ensures; else ValueError, as for shapes that do not fit and numbers that are not finite. Source:
    Nocedal, Wright 2006, equation 6.17.
    """
    curvature = s @ y
    if not curvature > 0:
        raise ValueError(
            f"s and y must have sᵀy > 0, got {curvature:.3g}: skip this pair, or use a Wolfe line search"
        )
    rho = 1 / curvature
    Hy = H @ y
    return H - rho * (np.outer(s, Hy) + np.outer(Hy, s)) + rho * (1 + rho * (y @ Hy)) * np.outer(s, s)


def _of_pairs(loop: F) -> F:
    """Decorate ``two_loop``: pairs that do not fit raise an error that names them."""

    @wraps(loop)
    def checked(g: Any, pairs: Any, gamma: Any = 1.0) -> Array:
        g = finite_reals("g", g)
        if not isinstance(pairs, (list, tuple)):
            raise TypeError(f"pairs must be a list of tuples (s, y), got {shown(pairs)}")
        pairs = list(pairs)
        if g.ndim != 1:
            raise ValueError(f"g must have shape (n), got {g.shape}")
        for i, pair in enumerate(pairs):
            if not isinstance(pair, (tuple, list)) or len(pair) != 2:
                raise TypeError(f"pairs must hold tuples (s, y), got {shown(pair)} at {i}")
            s, y = finite_reals("s in pairs", pair[0]), finite_reals("y in pairs", pair[1])
            if not s.shape == y.shape == g.shape:
                raise ValueError(
                    f"pairs must have the shape of g, {g.shape}, got {s.shape}, {y.shape} at {i}"
                )
            if not s @ y > 0:
                raise ValueError(f"pairs must have sᵀy > 0, got {s @ y:.3g} at {i}: skip this pair")
            pairs[i] = s, y
        return loop(g, pairs, above_zero("gamma", gamma))

    return checked  # type: ignore[return-value]  # wraps gives it the signature


@_of_pairs
def two_loop(g: Array, pairs: Sequence[tuple[Array, Array]], gamma: float = 1.0) -> Array:
    r"""$Hg$, where $H$ is $\gamma I$ after a BFGS update by each of ``pairs`` of ``(s, y)``, oldest first.

    The matrix is never formed: the cost is $4mn$ multiplications for $m$ pairs of length $n$, plus $n$.
    Raises TypeError or ValueError unless all vectors have the shape of ``g``, and are finite, with
    $s^\top y > 0$. Source: Nocedal 1980; Nocedal, Wright 2006, Algorithm 7.4.
    """
    q = g
    alphas = []
    for s, y in reversed(pairs):
        alpha = (s @ q) / (y @ s)
        q = q - alpha * y
        alphas.append(alpha)
    r = gamma * q
    for (s, y), alpha in zip(pairs, reversed(alphas), strict=True):
        beta = (y @ r) / (y @ s)
        r = r + (alpha - beta) * s
    return r


def teaches(s: Array, y: Array) -> bool:
    r"""Whether a pair shows a positive curvature that is more than rounding.

    $$s^\top y > 10^{-12}\, \lVert s\rVert\, \lVert y\rVert$$

    Relative, so that the scale of the loss does not matter. (PyTorch's ``LBFGS`` asks for
    $s^\top y > 10^{-10}$, and on a loss in small units learns nothing.)
    """
    return bool(s @ y > 1e-12 * np.linalg.norm(s) * np.linalg.norm(y))


def bfgs(
    f: Callable[[Any], Any],
    grad: Callable[[Any], Any],
    w0: ArrayLike,
    steps: int = 200,
    tolerance: float | None = None,
    line_search: Callable[..., float] | None = wolfe,
    H0: ArrayLike | None = None,
) -> SecondOrderTrace:
    r"""BFGS: Newton's method with an inverse Hessian $H_t$ that it builds from the gradients that it sees.

    $$w_{t+1} = w_t - \eta_t\,H_t\,\nabla f(w_t)$$

    ``w0`` is a number or a vector of shape ``(n,)``; after each step, ``bfgs_update``. ``H0`` is the first
    $H$, of shape ``(n, n)``. Without it that is the identity, and before the first update it is scaled by
    $s^\top y / y^\top y$, the curvature just seen (Nocedal, Wright 2006, equation 6.20). The first η tried
    is 1; without ``H0`` it is, until there is an update, ``first_lr`` kept within a factor 100 of $\lVert
    w\rVert_\infty / \lVert g\rVert_\infty$ (at $w = 0$ of $|f| / \lVert g\rVert^2$; Hager, Zhang 2006), so
    that the scale of the loss and of the parameters does not matter. With ``line_search=None``, η is 1, but
    ``first_lr`` at the first step, and the run may diverge.

    Stops when the norm of the gradient is at most ``tolerance``; for None that is $10^{-6}$, or $10^{-6}$ of
    the first gradient if its norm is below 1. Returns a ``SecondOrderTrace``. Raises TypeError or ValueError
    that names the argument.

    A pair without positive curvature (``teaches``) is left out. A line search that fails ends the run;
    ``trace.stopped`` says so. Source: Broyden, Fletcher, Goldfarb, Shanno 1970; Nocedal, Wright 2006,
    Algorithm 6.1.
    """
    run = Run(f, grad, w0, steps, tolerance, 1e-6)
    H = _start(H0, len(run.w))
    learned = H0 is not None
    lr: Any = 1.0 if learned else _first(run, line_search)
    while run.going:
        direction = -H @ run.g
        lr = run.search(line_search, direction, lr=lr)
        if lr is None:
            break
        w, g = run.w, run.g
        run.by(lr * direction)
        s, y = run.w - w, run.g - g
        if run.going and teaches(s, y):
            if not learned:
                H = (s @ y) / (y @ y) * H
            H = bfgs_update(H, s, y)
            learned = True
        lr = 1.0 if learned or line_search is None else FARTHER * lr
    return run.trace()


def lbfgs(
    f: Callable[[Any], Any],
    grad: Callable[[Any], Any],
    w0: ArrayLike,
    steps: int = 200,
    tolerance: float | None = None,
    line_search: Callable[..., float] | None = wolfe,
    memory: int = 10,
    lr: float = 1.0,
) -> SecondOrderTrace:
    r"""L-BFGS: BFGS that remembers the last ``memory`` pairs $(s, y)$ in place of a matrix.

    $$\begin{aligned}
    w_{t+1} &= w_t - \eta_t\,H_t\,\nabla f(w_t) \\
    \gamma_t &= \frac{s_{t-1}^\top y_{t-1}}{y_{t-1}^\top y_{t-1}}
    \end{aligned}$$

    $H_t$ is $\gamma_t I$ updated by the pairs (``two_loop``): memory for $2mn$ numbers, not $n^2$. ``lr`` is
    the first η tried, at the first step times what ``bfgs`` tries first; with ``line_search=None`` it is the
    η taken, and may diverge. The rest as for ``bfgs``. Source: Liu, Nocedal 1989; Nocedal, Wright 2006,
    Algorithm 7.5 and equation 7.20. First step and ``lr``: as in PyTorch's ``LBFGS``.
    """
    memory = whole("memory", memory, least=1)
    lr = above_zero("lr", lr)
    run = Run(f, grad, w0, steps, tolerance, 1e-6)
    pairs: list[tuple[Array, Array]] = []
    gamma = 1.0
    trial = _first(run, line_search) * lr
    while run.going:
        direction = -two_loop(run.g, pairs, gamma)
        found = run.search(line_search, direction, lr=trial)
        if found is None:
            break
        w, g = run.w, run.g
        run.by(found * direction)
        s, y = run.w - w, run.g - g
        if run.going and teaches(s, y):
            pairs = [*pairs, (s, y)][-memory:]
            gamma = (s @ y) / (y @ y)
        trial = lr if pairs or line_search is None else FARTHER * found
    return run.trace()


FARTHER = 10  # the next trial, as long as no step has shown a curvature: they were too short for it


def _first(run: Run, line_search: Callable[..., float] | None) -> float:
    """The first η: PyTorch's where it is taken as it is, near the problem's scale where a search tries it."""
    return first_lr(run.g) if line_search is None else run.first_trial()


def _start(H0: Any, n: int) -> Array:
    if H0 is None:
        return np.eye(n)
    H = symmetric("H0", finite_reals("H0", H0), within=1e-5)
    if H.shape != (n, n):
        raise ValueError(f"H0 must be symmetric of shape {(n, n)}, got shape {H.shape}")
    return H
