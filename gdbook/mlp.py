r"""The multi-layer perceptron, with the gradient that the chapter derives layer by layer.

One sample a row. With $m$ samples and layers $k = 1, \ldots, K$ of $n_k$ units:

$$\begin{aligned}
Z_k &= A_{k-1} W_k + b_k \\
A_k &= \varphi(Z_k)
\end{aligned}$$

where $A_0 = X$.

``params`` is the list ``[(W_1, b_1), …, (W_K, b_K)]``: ``W_k`` of shape ``(n_{k−1}, n_k)``, ``b_k`` of
shape ``(n_k,)``. ``X`` has shape ``(m, n_0)``, ``y`` holds the right classes, whole numbers of shape
``(m,)``. The last layer has no activation: $Z_K$, of shape ``(m, n_K)``, are the *logits*, and the loss
is the cross-entropy of their softmax. ``activation`` is a name of ``ACTIVATIONS``, or a pair of functions:
φ, and its slope in terms of what φ gave. Nothing here changes its arguments.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from gdbook.checks.arrays import is_foreign, numbers
from gdbook.checks.numbers import finite, generator, given, known, listed, ordinary, rate, shown, whole
from gdbook.data import batches
from gdbook.descent import takes_rate
from gdbook.rules import adam
from gdbook.rules.checked import bare

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from numpy.typing import NDArray

    from gdbook.types import Activation, Array, Classes, Indices, Params, Rule, Schedule


def _numbers(name: str, values: Any) -> Any:
    return values if is_foreign(values) else numbers(name, values)


def _logits(name: str, values: Any) -> Any:
    array = _numbers(name, values)
    if len(array.shape) != 2 or 0 in tuple(array.shape):
        raise ValueError(
            f"{name} must have shape (m, classes), a sample a row, got shape {tuple(array.shape)}"
        )
    return array


@given(z=_numbers)
def relu(z: Array) -> Array:
    r"""$\max(z, 0)$, element by element."""
    return np.maximum(z, 0)


@given(a=_numbers)
def relu_slope(a: Array) -> NDArray[np.bool]:
    r"""Slope of ``relu`` where it gave ``a``: 1 if $a > 0$, else 0. At the corner $z = 0$ it is 0."""
    return a > 0


@given(a=_numbers)
def tanh_slope(a: Array) -> Array:
    r"""Slope of ``tanh`` where it gave ``a``: $1 - a^2$."""
    return 1 - a * a


ACTIVATIONS: dict[str, Activation] = {"relu": (relu, relu_slope), "tanh": (np.tanh, tanh_slope)}
"""Each activation with its slope, in terms of what the activation gave: going back needs no $z$ then."""


def functions_of(activation: str | Activation) -> Activation:
    """The pair (φ, its slope) that a name of ``ACTIVATIONS`` stands for; a pair of functions is itself.

    Raises ValueError for any other name, and for a tuple of other things.
    """
    if not isinstance(activation, tuple):
        return known("activation", activation, ACTIVATIONS)
    if len(activation) != 2 or not all(map(callable, activation)):
        raise ValueError(
            f"activation must be a name or two functions, φ and its slope, got {shown(activation)}"
        )
    return activation


SCHEMES = {
    "glorot": lambda n_in, n_out: 2 / (n_in + n_out),
    "he": lambda n_in, n_out: 2 / n_in,
    "lecun": lambda n_in, n_out: 1 / n_in,
}
"""The variance of a weight, from the number of inputs and of outputs of its layer."""


def init(sizes: Sequence[int], rng: np.random.Generator, scheme: str | float = "he") -> Params:
    r"""Random ``params`` for layers of these ``sizes``, $[n_0, \ldots, n_K]$; the biases are 0.

    The weights are normal with mean 0. ``scheme`` gives their variance: ``"he"``, $2/n_{in}$, for relu
    (He et al. 2015); ``"glorot"``, $2/(n_{in} + n_{out})$, for tanh (Glorot, Bengio 2010; their own are
    uniform with this variance); ``"lecun"``, $1/n_{in}$ (LeCun et al. 1998). Or a number: their standard
    deviation, whatever the layer. ``rng`` is a ``numpy.random.Generator``. Raises ValueError or TypeError
    for fewer than two sizes, an empty layer, an unknown scheme or a negative deviation.
    """
    sizes = [whole("sizes", n, least=1) for n in listed("sizes", sizes, "a list such as [64, 10]")]
    generator("rng", rng, "standard_normal")
    if len(sizes) < 2:
        raise ValueError(
            f"sizes must hold the inputs and the outputs at least, such as [64, 10], got {sizes}"
        )
    params = []
    for n_in, n_out in pairwise(sizes):
        try:
            weights = rng.standard_normal((n_in, n_out))
        except (MemoryError, OverflowError, ValueError) as error:
            raise ValueError(f"sizes must be so small that memory holds the weights, got {sizes}") from error
        params.append((_deviation(scheme, n_in, n_out) * weights, np.zeros(n_out)))
    return params


def forward(params: Params, X: Array, activation: str | Activation = "relu") -> list[Array]:
    r"""What every layer gives: the list $[A_0 = X, A_1, \ldots, A_{K-1}, Z_K]$; the last are the logits.

    ``A_k`` has shape ``(m, n_k)``. Raises ValueError where ``X`` does not fit ``params``, and for an unknown
    activation.
    """
    phi, _ = functions_of(activation)
    _check_inputs(params, X)
    *hidden, (W_last, b_last) = params
    A = [X]
    for W, b in hidden:
        A.append(phi(A[-1] @ W + b))
    A.append(A[-1] @ W_last + b_last)
    return A


@given(logits=_logits)
def softmax(logits: Array) -> Array:
    r"""Probabilities of the classes, $p_j = e^{z_j} / \sum_i e^{z_i}$ in each row: shape ``(m, n_K)``.

    The largest logit of the row is taken off first. That changes no probability, and no exponential
    overflows. A row with NaN or +∞ becomes NaN. Raises ValueError or TypeError unless ``logits`` holds real
    numbers in shape ``(m, n_K)``.
    """
    return np.exp(log_softmax(logits))


@given(logits=_logits)
def log_softmax(logits: Array) -> Array:
    r"""Logarithms of the probabilities, $z_j - \log \sum_i e^{z_i}$ in each row: shape ``(m, n_K)``.

    Finite where the probability itself is too small for a float. ``logits`` as for ``softmax``.
    """
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def cross_entropy(logits: Array, y: Classes) -> float:
    r"""Mean over the samples of minus the log-probability of the right class, a number.

    $$L = -\frac1m \sum_i \log p_{i, y_i}$$

    Raises ValueError or TypeError for logits as ``softmax``, and unless ``y`` holds a class for each row.
    """
    logits = _logits("logits", logits)
    _check_classes(y, logits.shape[:1], logits.shape[1])
    return -log_softmax(logits)[np.arange(len(y)), y].mean()


def cross_entropy_and_grad(logits: Array, y: Classes) -> tuple[float, Array]:
    r"""``cross_entropy`` and its gradient by the logits, $(P - Y)/m$, of shape ``(m, n_K)``.

    $P$ are the probabilities, $Y$ has a 1 at the right class of each row and 0 elsewhere. Raises as
    ``cross_entropy``.
    """
    logits = _logits("logits", logits)
    _check_classes(y, logits.shape[:1], logits.shape[1])
    m, right = len(y), (np.arange(len(y)), y)
    log_p = log_softmax(logits)
    delta = np.exp(log_p)
    delta[right] -= 1
    return -log_p[right].mean(), delta / m


def loss(params: Params, X: Array, y: Classes, activation: str | Activation = "relu") -> float:
    """The cross-entropy of the network's classes for ``X``, ``y``: a number. Raises as ``loss_and_grad``."""
    _check_labels(params, X, y)
    return cross_entropy(forward(params, X, activation)[-1], y)


def loss_and_grad(
    params: Params, X: Array, y: Classes, activation: str | Activation = "relu"
) -> tuple[float, Params]:
    r"""``(loss, grads)``, with ``grads`` the list of $(\partial L/\partial W_k, \partial L/\partial b_k)$.

    With $\Delta_k = \partial L/\partial Z_k$, of shape ``(m, n_k)``, from the last layer to the first:

    $$\begin{aligned}
    \Delta_K &= (P - Y)/m \\
    \partial L/\partial W_k &= A_{k-1}^\top \Delta_k \\
    \partial L/\partial b_k &= \textstyle\sum_i (\Delta_k)_i \\
    \Delta_{k-1} &= \Delta_k W_k^\top \odot \varphi'(Z_{k-1})
    \end{aligned}$$

    Each gradient has the shape of its parameter. Raises ValueError or TypeError where ``X`` or ``y`` do
    not fit ``params``. Source: Rumelhart, Hinton, Williams 1986.
    """
    _check_labels(params, X, y)
    _, slope = functions_of(activation)
    A = forward(params, X, activation)
    value, delta = cross_entropy_and_grad(A[-1], y)
    grads = []
    for k in reversed(range(len(params))):
        grads.append((A[k].T @ delta, delta.sum(axis=0)))
        if k > 0:
            W, _ = params[k]
            delta = delta @ W.T * slope(A[k])
    return value, grads[::-1]


def grad(params: Params, X: Array, y: Classes, activation: str | Activation = "relu") -> Params:
    """The gradients of ``loss``: the second part of ``loss_and_grad``. Raises as it does."""
    return loss_and_grad(params, X, y, activation)[1]


def predict(params: Params, X: Array, activation: str | Activation = "relu") -> Indices:
    """The class with the largest logit for each row of ``X``: whole numbers, shape ``(m,)``.

    Raises ValueError where ``X`` does not fit ``params``.
    """
    return forward(params, X, activation)[-1].argmax(axis=1)


def accuracy(params: Params, X: Array, y: Classes, activation: str | Activation = "relu") -> float:
    """The share of the rows of ``X`` whose predicted class is ``y``, from 0 to 1.

    Raises ValueError or TypeError where ``X`` or ``y`` do not fit ``params``.
    """
    _check_labels(params, X, y)
    return float((predict(params, X, activation) == y).mean())


class Training:
    """What happened in a training of ``epochs`` epochs, ``steps`` steps in all.

    - ``params``: the parameters at the end (the last finite ones).
    - ``loss``: the loss of each step's batch, before the step: shape ``(steps,)``.
    - ``ratio``: the length of each step over that of the weights, ‖ΔW_k‖ / ‖W_k‖ for each layer:
      shape ``(steps, K)``. NaN where W_k is 0.
    - ``accuracy``: on the training data before each epoch and at the end: shape ``(epochs + 1,)``.
    - ``valid_accuracy``: the same on the validation data; None if none was given.
    - ``diverged_at``: the first step whose batch loss, gradient or new weights are not finite; None if all
      are. The training stops there, and what was not reached is NaN.
    """

    def __init__(self, params: Params, steps: int, epochs: int, valid: Any) -> None:
        self.params = params
        self.loss: Array = np.full(steps, np.nan)
        self.ratio: Array = np.full((steps, len(params)), np.nan)
        self.accuracy: Array = np.full(epochs + 1, np.nan)
        self.valid_accuracy: Array | None = None if valid is None else np.full(epochs + 1, np.nan)
        self.diverged_at: int | None = None

    def __repr__(self) -> str:
        ending = f"accuracy {self.accuracy[-1]:.1%} on the training data"
        if self.diverged_at is not None:
            ending = f"diverged at step {self.diverged_at}"
        elif self.valid_accuracy is not None:
            ending += f", {self.valid_accuracy[-1]:.1%} on the validation data"
        return f"<Training: {len(self.loss)} steps, {ending}>"


def train(
    params: Params,
    data: tuple[Array, Classes],
    rule: Rule = adam,
    lr: float | Schedule = 1e-3,
    epochs: int = 20,
    batch: int | None = None,
    rng: np.random.Generator | None = None,
    valid: tuple[Array, Classes] | None = None,
    activation: str | Activation = "relu",
    **hyper: object,
) -> Training:
    """Train ``params`` on ``data = (X, y)`` with an update rule of ``gdbook.rules``; returns a ``Training``.

    An epoch goes through all samples once, in batches of ``batch`` (None: of 32, or of all where there are
    fewer), in an order that ``rng``, a ``numpy.random.Generator``, decides (seed 0 if None). The rule takes
    one step for each ``W`` and ``b``, and keeps a state for each. ``lr`` is a number, or a schedule,
    ``lr(t)`` for step ``t`` from 0; ``hyper`` is what else the rule takes. ``valid``, also ``(X, y)``, is
    only looked at.

    Where tqdm is installed, a training of more than a second in a terminal shows its progress.
    Raises ValueError or TypeError, naming the argument, for data that does not fit or is not finite.
    """
    epochs = whole("epochs", epochs)
    takes_rate(rule)
    X, y = _check_data("data", params, data)
    batch = min(32, len(y)) if batch is None else whole("batch", batch, least=1)
    if batch > len(y):
        raise ValueError(f"batch must fit the samples: its size must be at most n = {len(y)}, got {batch}")
    if valid is not None:
        valid = _check_data("valid", params, valid)
    schedule = lr if callable(lr) else lambda t: lr
    rng = np.random.default_rng(0) if rng is None else generator("rng", rng, "permutation")
    states = [((), ()) for _ in params]
    per_epoch = -(-len(y) // batch)  # rounded up
    run = Training(params, epochs * per_epoch, epochs, valid)

    t = 0
    with _progress(len(run.loss)) as bar, np.errstate(over="ignore", invalid="ignore"):
        for epoch in range(epochs + 1):
            run.accuracy[epoch] = accuracy(run.params, X, y, activation)
            if valid is not None and run.valid_accuracy is not None:
                run.valid_accuracy[epoch] = accuracy(run.params, *valid, activation)
            for rows in batches(len(y), batch, rng) if epoch < epochs else ():
                value, grads = loss_and_grad(run.params, X[rows], y[rows], activation)
                now = float(rate(f"lr({t})" if callable(lr) else "lr", schedule(t)))
                stepped, states = _step(rule, run.params, grads, states, now, hyper)
                if not (np.isfinite(value) and _all_finite(grads) and _all_finite(stepped)):
                    run.diverged_at = t
                    return run
                run.loss[t] = value
                run.ratio[t] = update_ratios(run.params, stepped)
                run.params = stepped
                t += 1
                bar.update()
    return run


def update_ratios(params: Params, stepped: Params) -> Array:
    r"""Length of each layer's step over that of its weights: shape ``(K,)``; NaN where the weights are 0.

    $$\lVert \Delta W_k \rVert / \lVert W_k \rVert$$

    ``stepped`` are the ``params`` after the step.
    """
    shapes = [_weight_shapes(name, part) for name, part in (("params", params), ("stepped", stepped))]
    if shapes[0] != shapes[1]:
        raise ValueError(f"stepped must have the shapes of params, {shapes[0]}, got {shapes[1]}")
    pairs = zip(params, stepped, strict=True)
    sizes = [(np.linalg.norm(new - W), np.linalg.norm(W)) for (W, _), (new, _) in pairs]
    return np.array([change / size if size > 0 else np.nan for change, size in sizes])


def _step(
    rule: Rule, params: Params, grads: Params, states: list[Any], lr: float, hyper: dict[str, Any]
) -> tuple[Params, list[Any]]:
    """One step of the rule for each array: the new parameters and the new states."""
    # What the rule checks of its hyperparameters it checks once, at the first step.
    step = bare(rule) if states[0][0] else rule
    stepped, kept = [], []
    for layer, layer_grads, layer_states in zip(params, grads, states, strict=True):
        moved = [
            step(w.copy(), g, *state, lr=lr, **hyper)  # a rule may write into what it is given
            for w, g, state in zip(layer, layer_grads, layer_states, strict=True)
        ]
        stepped.append(tuple(w for w, *_ in moved))
        kept.append(tuple(state for _, *state in moved))
    return stepped, kept


def _deviation(scheme: str | float, n_in: int, n_out: int) -> float:
    if isinstance(scheme, str):
        return np.sqrt(known("scheme", scheme, SCHEMES)(n_in, n_out))
    if finite("scheme", scheme) < 0:
        raise ValueError(f"scheme must be a name or a standard deviation of at least 0, got {scheme!r}")
    return float(scheme)


def _weight_shapes(name: str, params: Params) -> list[Any]:
    if not isinstance(params, (list, tuple)) or not all(
        isinstance(layer, (list, tuple)) and len(layer) == 2 and hasattr(layer[0], "shape")
        for layer in params
    ):
        raise TypeError(f"{name} must be a list of pairs (W, b), as init makes it, got {shown(params)}")
    return [layer[0].shape for layer in params]


def _check_params(params: Any) -> None:
    """TypeError or ValueError unless ``params`` are the layers of a network, one fitting the next."""
    if not isinstance(params, (list, tuple)) or len(params) == 0:
        raise TypeError(f"params must be a list of pairs (W, b), as init makes it, got {shown(params)}")
    width = None
    for layer in params:
        if not isinstance(layer, (list, tuple)) or len(layer) != 2:
            raise TypeError(f"params must be a list of pairs (W, b), got {shown(layer)} for a layer")
        W, b = layer
        shapes = tuple(getattr(W, "shape", ())), tuple(getattr(b, "shape", ()))
        if len(shapes[0]) != 2 or shapes[1] != shapes[0][1:] or shapes[0][0] != (width or shapes[0][0]):
            raise ValueError(
                "params must have W of shape (inputs, outputs) and b of shape (outputs,), a layer's inputs "
                f"the outputs of the one before, got shapes {shapes[0]} and {shapes[1]}"
            )
        for array in layer:
            if getattr(array.dtype, "kind", "f") not in "fc":
                raise TypeError(f"params must hold floating-point numbers, got {array.dtype}")
        width = shapes[0][1]


def _check_inputs(params: Params, X: Any) -> None:
    _check_params(params)
    n = len(params[0][0])
    if getattr(X, "ndim", None) != 2 or X.shape[1] != n:
        raise ValueError(f"X must be an array of shape (m, {n}), a sample a row, got {_shape(X)}")
    if getattr(ordinary("X", X).dtype, "kind", "f") not in "fiuc":
        raise TypeError(f"X must hold numbers, got {X.dtype}")


def _check_labels(params: Params, X: Any, y: Any) -> None:
    _check_inputs(params, X)
    _check_classes(y, X.shape[:1], len(params[-1][1]))


def _check_classes(y: Any, shape: tuple[int, ...], classes: int) -> None:
    if getattr(y, "shape", None) != shape:
        raise ValueError(f"y must be an array of shape {shape}, a class for each row, got {_shape(y)}")
    if y.dtype.kind not in "iu":
        raise TypeError(f"y must hold classes as whole numbers, got {y.dtype}")
    if y.size == 0 or y.min() < 0 or y.max() >= classes:
        raise ValueError(f"y must hold classes from 0 to {classes - 1}, got {sorted(set(y.tolist()))}")


def _check_data(name: str, params: Params, data: Any) -> tuple[Array, Classes]:
    """``(X, y)`` as arrays, checked in full."""
    if not isinstance(data, tuple) or len(data) != 2:
        raise TypeError(f"{name} must be a pair (X, y), got {type(data).__name__}")
    try:
        X, y = (np.asarray(ordinary(name, part)) for part in data)
    except ValueError as error:
        raise ValueError(f"{name} must be arrays with rows of one length: {error}") from error
    _check_labels(params, X, y)
    if not np.all(np.isfinite(X)):
        raise ValueError(f"{name} must be finite: remove or fill in missing values first")
    return X, y


def _shape(x: Any) -> str:
    return f"shape {x.shape}" if hasattr(x, "shape") else shown(x)


def _all_finite(params: Params) -> bool:
    return all(np.isfinite(w).all() for layer in params for w in layer)


def _progress(steps: int) -> Any:
    """A progress bar on stderr, if that is a terminal, tqdm is there and it takes over a second."""
    try:
        from tqdm import tqdm
    except ImportError:
        return _NoBar()
    return tqdm(total=steps, delay=1, disable=None, leave=False, unit="step")


class _NoBar:
    """What a progress bar does, without the bar."""

    def __enter__(self) -> _NoBar:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def update(self) -> None:
        pass
