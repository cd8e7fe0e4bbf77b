r"""Rules for matrices: they look at rows, columns and singular values, not at single elements.

$W$ and its gradient $G$ are matrices of shape $(n, m)$, or stacks of them, $(\ldots, n, m)$, of which
muon, shampoo and soap treat each by itself; they refuse numbers and vectors. A network's biases and
other vectors are left to an element-wise rule such as ``adamw``.
"""

from __future__ import annotations

from gdbook.checks.numbers import (
    above_zero,
    given,
    holds_reals,
    is_real,
    ordinary,
    shown,
    whole,
)
from gdbook.numeric import maximum, mean, minimum, sqrt
from gdbook.rules.checked import checked

try:
    import numpy as np
except ImportError:  # a small Python, such as one that runs in a web page: it has no matrices either
    np = None  # type: ignore[assignment]

TYPE_CHECKING = False  # typing's own, which small Pythons do not have
if TYPE_CHECKING:
    from typing import Any

    from gdbook.types import M, Memory, T


MATRICES = ("muon", "shampoo", "soap")  # the rules that take nothing else
QUINTIC = (3.4445, -4.7750, 2.0315)


def _count(name: str, steps: Any) -> int:
    """A whole number, which the command line gives as a float."""
    return whole(
        name,
        int(steps)
        if isinstance(steps, float) and steps.is_integer()
        else steps,
    )


def _floor(name: str, eps: Any) -> float:
    return float(above_zero(name, eps))


def _real(name: str, s: Any) -> Any:
    if not holds_reals(s.dtype) if hasattr(s, "dtype") else not is_real(s):
        raise TypeError(
            f"{name} must be a number or an array of real numbers, got {shown(s)}"
        )
    return s


@given(s=_real)
def quintic(s: T) -> T:
    r"""The polynomial that Muon iterates, of a float or element by element: $as + bs^3 + cs^5$.

    $(a, b, c) = (3.4445, -4.7750, 2.0315)$: its slope at 0 is large, so that small values grow fast,
    and it keeps what is near 1 near 1. Five times, it takes all of [0.002, 1] into [0.68, 1.21].
    Source: Jordan et al. 2024.
    """
    a, b, c = QUINTIC
    return a * s + b * s**3 + c * s**5


@given(x=_real, steps=_count, eps=_floor)
def newton_schulz(x: M, steps: int = 5, eps: float = 1e-7) -> M:
    r"""The matrix with the singular vectors of ``x``, and all its singular values near 1.

    $$\begin{aligned}
    X_0 &= G / \max(\|G\|_F, \epsilon) \\
    A &= X_k X_k^\top \\
    X_{k+1} &= a X_k + (b A + c A^2)\, X_k
    \end{aligned}$$

    With $X = U \Sigma V^\top$ each step is ``quintic`` of the singular values Σ, with no decomposition:
    products of matrices only. The result is $U V^\top$, roughly; a singular value of exactly 0 stays 0.
    Takes a matrix, or a stack of them, of NumPy, torch or JAX; else raises ValueError. In the array's
    own precision (PyTorch computes it in bfloat16). Source: Jordan et al. 2024.
    """
    _matrix("newton_schulz", ordinary("x", x), "x")
    if x.shape[-2] > x.shape[-1]:  # the smaller product of the two
        return _turn(newton_schulz(_turn(x), steps, eps))
    a, b, c = QUINTIC
    x = x / maximum(sqrt((x * x).sum((-2, -1), keepdims=True)), eps)
    for _ in range(int(steps)):
        gram = x @ _turn(x)
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x


@checked
def muon(
    w: M,
    g: M,
    m: Memory = 0.0,
    lr: M | float = 1e-3,
    weight_decay: float = 0.1,
    momentum: float = 0.95,
    nesterov: bool = True,
    eps: float = 1e-7,
    ns_steps: int = 5,
) -> tuple[M, M]:
    r"""One step of Muon: a momentum whose singular values are all set to about 1.

    $$\begin{aligned}
    M_t &= \mu M_{t-1} + (1 - \mu)\, G_t \\
    O_t &= \mathrm{NewtonSchulz}\bigl(\mu M_t + (1 - \mu)\, G_t\bigr) \\
    W_{t+1} &= (1 - \eta\lambda)\, W_t - \eta \sqrt{\max(1, n/m)}\; O_t
    \end{aligned}$$

    Without ``nesterov`` $O_t$ is made of $M_t$ alone. ``momentum`` is μ, ``weight_decay`` λ; ``eps``
    and ``ns_steps`` are those of ``newton_schulz``. State: $M$, of the shape of ``w``; zero before the
    first step. Takes matrices only, with a row for each output. Source: Jordan et al. 2024. Defaults
    and form are PyTorch's, which iterates in bfloat16, with two or three digits; here it is the
    precision of ``w``. (optax keeps a column for each output, so that the factor has m/n, and corrects
    the bias of the momentum.)
    """
    _matrix("muon", w)
    m = momentum * m + (1 - momentum) * g
    ahead = momentum * m + (1 - momentum) * g if nesterov else m
    scale = max(1.0, w.shape[-2] / w.shape[-1]) ** 0.5
    turned = newton_schulz(ahead, ns_steps, eps)
    return (1 - lr * weight_decay) * w - lr * scale * turned, m


@checked
def shampoo(
    w: M,
    g: M,
    state: tuple[Memory, Memory] = (0.0, 0.0),
    lr: M | float = 1e-3,
    eps: float = 1e-6,
) -> tuple[M, tuple[M, M]]:
    r"""One step of Shampoo: AdaGrad for matrices, with a preconditioner on each side.

    $$\begin{aligned}
    L_t &= L_{t-1} + G_t G_t^\top \qquad R_t = R_{t-1} + G_t^\top G_t \\
    W_{t+1} &= W_t - \eta\, L_t^{-1/4}\, G_t\, R_t^{-1/4}
    \end{aligned}$$

    State: $(L, R)$ less their start, which is ε times the identity; zero before the first step. The
    first step is $-\eta U V^\top$ where $G = U\Sigma V^\top$, as far as ε allows; with one element it
    is AdaGrad. Two eigendecompositions a step: what is used in practice makes them every so many steps.
    NumPy matrices only. Source: Gupta, Koren, Singer 2018, Algorithm 1. Defaults as in
    pytorch_optimizer, without its momentum.
    """
    _matrix("shampoo", w)
    left, right = state
    left, right = left + g @ _turn(g), right + _turn(g) @ g
    step = _root(left, eps) @ g @ _root(right, eps)
    return w - lr * step, (left, right)


def _root(a: Any, eps: float) -> Any:
    """(A + εI) to the power −1/4, for a symmetric A without negative eigenvalues."""
    values, vectors = _eigh(a)
    scales = (maximum(values, 0.0) + eps) ** -0.25
    return vectors * scales[..., None, :] @ _turn(vectors)


@checked
def soap(
    w: M,
    g: M,
    state: tuple[M, M, M, M, M, M, int] | None = None,
    lr: M | float = 3e-3,
    beta1: float = 0.95,
    beta2: float = 0.95,
    eps: float = 1e-8,
    weight_decay: float = 1e-2,
    precondition_frequency: int = 10,
) -> tuple[M, tuple[M, M, M, M, M, M, int]]:
    r"""One step of SOAP: Adam in the coordinates in which Shampoo's preconditioners are diagonal.

    $$\begin{aligned}
    G'_t &= P^\top G_t\, Q \\ M_t &= \beta_1 M_{t-1} + (1 - \beta_1)\, G_t \\ V_t &= \beta_2 V_{t-1} +
    (1 - \beta_2)\, G_t'^2 \\ S_t &= P \left( \frac{P^\top M_t\, Q}{\sqrt{V_t} + \epsilon} \right)
    Q^\top \\ W_{t+1} &= (1 - \eta\lambda) \left( W_t - \eta\, \frac{\sqrt{1 - \beta_2^t}}{1 -
    \beta_1^t}\, S_t \right)
    \end{aligned}$$

    $P$ and $Q$ are the eigenvectors of the averages (factor β₂) $L$ of $G G^\top$ and $R$ of $G^\top
    G$; every ``precondition_frequency`` steps one power iteration and a QR decomposition bring them up
    to date. The first call only makes $P$ and $Q$ and leaves ``w`` where it is. State: $(M, V, L, R, P,
    Q, t)$; None before the first call. NumPy matrices only. Source: Vyas et al. 2024, Algorithm 3.
    Order, places of ε and defaults are the authors' code's (pytorch_optimizer has it too), which makes
    the QR decomposition in single precision; here it is that of ``w``.
    """
    _matrix("soap", w)
    if state is None:
        return w, _bases(g, beta2)
    m, v, left, right, p, q, t = state
    t = t + 1
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * (_turn(p) @ g @ q) ** 2
    step = p @ ((_turn(p) @ m @ q) / (sqrt(v) + eps)) @ _turn(q)
    rate = lr * (1 - beta2**t) ** 0.5 / (1 - beta1**t)
    left, right = _sides(left, right, g, beta2)
    if t % precondition_frequency == 0:
        p, q, v = _turned(left, right, p, q, v)
    return (1 - lr * weight_decay) * (w - rate * step), (
        m,
        v,
        left,
        right,
        p,
        q,
        t,
    )


def _eigh(a: Any) -> tuple[Any, Any]:
    """The eigenvalues and eigenvectors; all NaN for what is not finite, where NumPy raises an error."""
    try:
        return np.linalg.eigh(a)
    except TypeError as error:
        raise TypeError(
            f"w must be in single or double precision, got {a.dtype}, "
            "of which NumPy has no eigenvalues"
        ) from error
    except np.linalg.LinAlgError:
        return np.full_like(a[..., 0], np.nan), np.full_like(a, np.nan)


def _sides(left: Any, right: Any, g: Any, beta2: float) -> tuple[Any, Any]:
    """The averages of G Gᵀ and Gᵀ G with one more gradient."""
    share = 1 - beta2
    left = beta2 * left + share * g @ _turn(g)
    return left, beta2 * right + share * _turn(g) @ g


def _bases(
    g: Any, beta2: float
) -> tuple[Any, Any, Any, Any, Any, Any, int]:
    """The state of soap before its first step: the eigenvectors, largest eigenvalue first."""
    left, right = _sides(0.0, 0.0, g, beta2)
    p, q = (_eigh(a)[1][..., ::-1] for a in (left, right))
    return 0 * g, 0 * g, left, right, p, q, 0


def _turned(
    left: Any, right: Any, p: Any, q: Any, v: Any
) -> tuple[Any, Any, Any]:
    """The bases after a power iteration each, sorted as in ``_bases``; V in the new order."""
    p, rows = _power(left, p)
    q, columns = _power(right, q)
    v = np.take_along_axis(v, _turn(rows), -2)
    return p, q, np.take_along_axis(v, columns, -1)


def _power(a: Any, basis: Any) -> tuple[Any, Any]:
    product = a @ basis
    sizes = (basis * product).sum(-2, keepdims=True)
    order = np.argsort(-sizes, axis=-1, kind="stable")
    return np.linalg.qr(np.take_along_axis(product, order, -1))[0], order


@checked
def adafactor(
    w: T,
    g: T,
    state: tuple[Memory, Memory, int] = (0.0, 0.0, 0),
    lr: T | float = 1e-2,
    beta2_decay: float = -0.8,
    eps1: float = 2.0**-52,
    eps2: float = 1e-3,
    d: float = 1.0,
    weight_decay: float = 0.0,
) -> tuple[T, tuple[T, T, int]]:
    r"""One step of Adafactor: of $v$ only the means of its rows and columns; steps relative to $w$.

    $$\begin{aligned}
    r_t &= (1 - t^{-0.8})\, r_{t-1} + t^{-0.8} \operatorname{mean}_{\text{row}} G_t^2 \\
    c_t &= (1 - t^{-0.8})\, c_{t-1} + t^{-0.8} \operatorname{mean}_{\text{col}} G_t^2 \\
    V_t &= r_t c_t / \operatorname{mean}(r_t) \qquad U_t = G_t / \sqrt{V_t} \\
    W_{t+1} &= W_t - \min(\eta, \tfrac{1}{\sqrt t})\, \max(\epsilon_2, \mathrm{rms}\, W_t)\,
    \frac{U_t}{\max(1, \mathrm{rms}(U_t) / d)}
    \end{aligned}$$

    Rms is the root of the mean square of all elements; ``beta2_decay`` is the −0.8, ``weight_decay``
    decoupled (times η). Numbers and vectors keep a whole $v$ in the place of $r$; of arrays with more
    axes the last two are rows and columns. State: $(r, c, t)$, zero before the first step: $n + m$
    numbers for $nm$ parameters. Source: Shazeer, Stern 2018, Algorithm 4; form and defaults are
    PyTorch's, where ``eps1`` (the floor of the mean, and squared of $V$) is the machine's epsilon and
    $(\epsilon_1, \epsilon_2)$ are called eps.
    """
    r, c, t = state
    t = t + 1
    share = t**beta2_decay
    if len(getattr(w, "shape", ())) < 2:
        v = r = r + share * (g * g - r)
    else:
        r = r + share * ((g * g).mean(-1, keepdims=True) - r)
        c = c + share * ((g * g).mean(-2, keepdims=True) - c)
        v = r * c / maximum(r.mean(-2, keepdims=True), eps1)
    u = g / sqrt(maximum(v, eps1**2))
    u = u / maximum(sqrt(mean(u * u)) / d, 1.0)
    size = minimum(t**-0.5, lr) * maximum(sqrt(mean(w * w)), eps2)
    return (1 - lr * weight_decay) * w - size * u, (r, c, t)


def _turn(x: Any) -> Any:
    """The transpose of a matrix, or of each in a stack."""
    return x.swapaxes(-2, -1)


def _matrix(rule: str, w: Any, what: str = "an array") -> None:
    shape = tuple(getattr(w, "shape", ()))
    if len(shape) < 2:
        given = (
            f"{what} of shape {shape}" if shape else f"a number, {shown(w)}"
        )
        raise ValueError(
            f"{rule} needs a matrix, an array with two axes or more, got {given}"
        )
