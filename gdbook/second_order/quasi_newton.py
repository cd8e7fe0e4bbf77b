"""Quasi-Newton methods: the curvature is learned from how the gradient changes."""

import numpy as np

from gdbook.check import positive, whole
from gdbook.second_order.line_search import wolfe
from gdbook.second_order.run import Run, first_lr


def bfgs_update(H, s, y):
    r"""The inverse Hessian ``H`` after a step ``s`` along which the gradient changed by ``y``.

    $$\begin{aligned}
    H_{t+1} &= (I - \rho s y^\top)\,H_t\,(I - \rho y s^\top) + \rho s s^\top \\
    \rho &= 1/(y^\top s)
    \end{aligned}$$

    ``H`` must be symmetric. Multiplied out, as here, no two matrices are multiplied, and the cost grows as
    $n^2$, not as $n^3$.

    Of all symmetric matrices that send $y$ to $s$, as the inverse Hessian of a quadratic does, this is the
    one nearest to $H_t$ in a weighted norm. It stays positive definite where $s^\top y > 0$, as a Wolfe
    step ensures; else ValueError. Source: Nocedal, Wright 2006, equation 6.17.
    """
    curvature = s @ y
    if not curvature > 0:
        raise ValueError(
            f"s and y must have sᵀy > 0, got {curvature:.3g}: skip this pair, or use a Wolfe line search"
        )
    rho = 1 / curvature
    Hy = H @ y
    return H - rho * (np.outer(s, Hy) + np.outer(Hy, s)) + rho * (1 + rho * (y @ Hy)) * np.outer(s, s)


def two_loop(g, pairs, gamma=1.0):
    r"""$Hg$, where $H$ is $\gamma I$ after a BFGS update by each of ``pairs`` of ``(s, y)``, oldest first.

    The matrix is never formed: the cost is $4mn$ multiplications for $m$ pairs of length $n$, plus $n$.
    Source: Nocedal 1980; Nocedal, Wright 2006, Algorithm 7.4.
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


def teaches(s, y):
    r"""Whether a pair shows a positive curvature that is more than rounding.

    $$s^\top y > 10^{-12}\, \lVert s\rVert\, \lVert y\rVert$$

    Relative, so that the scale of the loss does not matter. (PyTorch's ``LBFGS`` asks for
    $s^\top y > 10^{-10}$, and on a loss in small units learns nothing.)
    """
    return s @ y > 1e-12 * np.linalg.norm(s) * np.linalg.norm(y)


def bfgs(f, grad, w0, steps=200, tolerance=1e-6, line_search=wolfe, H0=None):
    r"""BFGS: Newton's method with an inverse Hessian $H_t$ that it builds from the gradients that it sees.

    $$w_{t+1} = w_t - \eta_t\,H_t\,\nabla f(w_t)$$

    ``w0`` is a number or a vector of shape ``(n,)``; after each step, ``bfgs_update``. ``H0`` is the first
    $H$, of shape ``(n, n)``. Without it that is the identity, and before the first update it is scaled by
    $s^\top y / y^\top y$, the curvature just seen (Nocedal, Wright 2006, equation 6.20). The first η tried is
    1, but ``first_lr`` at the very first step of a run without ``H0``. Stops when the norm of the gradient
    is at most ``tolerance``. Returns a ``SecondOrderTrace``.

    A pair without positive curvature (``teaches``) is left out. A line search that fails ends the run;
    ``trace.stopped`` says so. Source: Broyden, Fletcher, Goldfarb, Shanno 1970; Nocedal, Wright 2006,
    Algorithm 6.1.
    """
    run = Run(f, grad, w0, steps, tolerance)
    H = _start(H0, len(run.w))
    lr = first_lr(run.g) if H0 is None else 1.0
    while run.going:
        direction = -H @ run.g
        lr = run.search(line_search, direction, lr=lr)
        if lr is None:
            break
        w, g = run.w, run.g
        run.to(w + lr * direction)
        s, y = run.w - w, run.g - g
        if teaches(s, y):
            if H0 is None and len(run.ws) == 2:
                H = (s @ y) / (y @ y) * H
            H = bfgs_update(H, s, y)
        lr = 1.0
    return run.trace()


def lbfgs(f, grad, w0, steps=200, tolerance=1e-6, line_search=wolfe, memory=10, lr=1.0):
    r"""L-BFGS: BFGS that remembers the last ``memory`` pairs $(s, y)$ in place of a matrix.

    $$\begin{aligned}
    w_{t+1} &= w_t - \eta_t\,H_t\,\nabla f(w_t) \\
    \gamma_t &= \frac{s_{t-1}^\top y_{t-1}}{y_{t-1}^\top y_{t-1}}
    \end{aligned}$$

    $H_t$ is $\gamma_t I$ updated by the pairs (``two_loop``): memory for $2mn$ numbers, not $n^2$. ``lr``
    is the first η tried, at the very first step times ``first_lr``; with ``line_search=None`` it is the η
    taken, and may diverge. The rest as for ``bfgs``. Source: Liu, Nocedal 1989; Nocedal, Wright 2006,
    Algorithm 7.5 and equation 7.20. First step and ``lr``: as in PyTorch's ``LBFGS``.
    """
    memory = whole("memory", memory, least=1)
    positive("lr", lr)
    run = Run(f, grad, w0, steps, tolerance)
    pairs, gamma = [], 1.0
    trial = first_lr(run.g) * lr
    while run.going:
        direction = -two_loop(run.g, pairs, gamma)
        found = run.search(line_search, direction, lr=trial)
        if found is None:
            break
        w, g = run.w, run.g
        run.to(w + found * direction)
        s, y = run.w - w, run.g - g
        if teaches(s, y):
            pairs = [*pairs, (s, y)][-memory:]
            gamma = (s @ y) / (y @ y)
        trial = lr
    return run.trace()


def _start(H0, n):
    H = np.eye(n) if H0 is None else np.array(H0, dtype=float)
    if H.shape != (n, n) or not np.allclose(H, H.T):
        raise ValueError(f"H0 must be symmetric of shape {(n, n)}, got {H0!r}")
    return H
