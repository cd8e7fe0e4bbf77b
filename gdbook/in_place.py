r"""Four rules that change ``w`` where it lies: for large arrays, where memory sets the pace.

The rules of ``gdbook.rules`` are for reading: each line of mathematics makes a new array. Here every
line writes into an array that is there already, block by block, so that a block's numbers come from
memory once and stay in the cache until the step is done.

    rule = Adam(w, lr=1e-3)
    for _ in range(steps):
        rule.step(grad(w))  # w has moved

This is the one module that changes its arguments. ``SGD`` and ``Momentum`` give the numbers of
``gdbook.rules`` to the last bit; ``Adam`` and ``AdamW`` group the same arithmetic in another way and
agree up to rounding, as their docstrings say.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy import add, divide, multiply, sqrt, square, subtract

from gdbook.checks.numbers import number, ordinary, shown
from gdbook.rules.checked import hyperparameter, is_half

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray


BLOCK_BYTES = 2**20  # of each array: a few such blocks fit in today's last caches, and calls are rare
_LINE = 64  # bytes of a cache line: what starts on one is read in whole lines


class InPlace:
    """What the four have in common: an array ``w`` that they change, in blocks, and a rate ``lr``.

    ``w`` must be a NumPy array of floating-point numbers in single precision or better (else TypeError),
    writable and C-contiguous (else ValueError), of any shape. A hyperparameter outside its range raises
    ValueError. ``pickle`` and ``copy.deepcopy`` make a rule that goes on from where this one is, with a
    ``w`` and a memory of its own.
    """

    _memories = 0  # arrays that last from step to step
    _scratches = 1  # blocks that do not

    def __init__(self, w: NDArray[np.floating], lr: float) -> None:
        if not isinstance(w, np.ndarray):
            raise TypeError(f"w must be a NumPy array, got {shown(w)}: it is changed where it lies")
        if isinstance(w, np.ma.MaskedArray):
            ordinary("w", w)
        if w.dtype.kind != "f":
            raise TypeError(f"w must hold floating-point numbers, got {w.dtype}: a step would not fit in it")
        if is_half(w.dtype):
            raise TypeError(f"w must be in single precision at least, got {w.dtype}, where 1e-8 is 0")
        if not w.flags.writeable:
            raise ValueError("w must be writable, got a read-only array: w.copy() is writable")
        if not w.flags.c_contiguous:
            raise ValueError(f"w must be C-contiguous, got strides {w.strides}: numpy.ascontiguousarray(w)")
        self._w = w
        self._rate = self._number(0)
        self.lr = lr
        self._memory = [_zeros(w.shape, w.dtype) for _ in range(self._memories)]
        self._cut()

    def _cut(self) -> None:
        """Cut ``w`` and the memory into blocks, which are views of them, with scratch of their size."""
        w = np.asarray(self._w)  # the same memory, without what a subclass makes of indexing
        length = max(1, BLOCK_BYTES // w.itemsize)
        if w.size <= length:
            self._parts = None
            self._blocks = [(w, *self._memory, *(_zeros(w.shape, w.dtype) for _ in range(self._scratches)))]
        else:
            self._parts = [slice(i, i + length) for i in range(0, w.size, length)]
            flat = [array.reshape(-1) for array in (w, *self._memory)]
            scratch = [_zeros((length,), w.dtype) for _ in range(self._scratches)]
            self._blocks = [
                (*(array[part] for array in flat), *(array[: len(flat[0][part])] for array in scratch))
                for part in self._parts
            ]

    def __getstate__(self) -> dict[str, Any]:
        """What ``pickle`` and ``copy`` take along: all but the blocks, which would come apart from ``w``."""
        return {name: value for name, value in vars(self).items() if name not in ("_parts", "_blocks")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._cut()

    @property
    def w(self) -> NDArray[np.floating]:
        """The parameters, the array that was given: to be changed by ``rule.w[...] = …``, not replaced."""
        return self._w

    @property
    def lr(self) -> float:
        """The learning rate η of the next step: set it before each step to follow a schedule."""
        return self._lr

    @lr.setter
    def lr(self, lr: float) -> None:
        self._lr = hyperparameter("lr", number("lr", lr), self._w)
        self._rate.fill(self._lr)

    def _number(self, value: Any) -> NDArray[np.floating]:
        # A ufunc takes an array without dimensions faster than a Python float.
        return np.array(value, self._w.dtype)

    def _together(self, g: NDArray[np.floating]) -> Any:
        """Each block of ``g`` with the blocks of ``w``, of the memory, and the scratch."""
        if not isinstance(g, np.ndarray | np.generic) or g.dtype != self._w.dtype:
            raise TypeError(
                f"g must be a NumPy array of {self._w.dtype} as w is, got {getattr(g, 'dtype', shown(g))}"
            )
        g = g if isinstance(g, np.matrix) else ordinary("g", g)
        if g.shape != self._w.shape:
            raise ValueError(f"g must have the shape of w, {self._w.shape}, got shape {g.shape}")
        if self._parts is None:
            return ((g, self._blocks[0]),)
        flat = np.asarray(g).reshape(-1)
        return ((flat[part], block) for part, block in zip(self._parts, self._blocks, strict=True))


def _zeros(shape: tuple[int, ...], dtype: Any) -> NDArray[np.floating]:
    """Zeros that begin on a cache line."""
    size = math.prod(shape) * dtype.itemsize
    raw = np.zeros(size + _LINE, np.uint8)
    start = -raw.ctypes.data % _LINE
    return raw[start : start + size].view(dtype).reshape(shape)


# In the steps below the last argument of each call is the array that it writes to.


class SGD(InPlace):
    r"""Gradient descent in place: the numbers of ``gdbook.rules.sgd``, bit for bit.

    $$w \leftarrow w - \eta\, g$$

    ``w`` as ``InPlace`` says; no state.
    """

    def __init__(self, w: NDArray[np.floating], lr: float = 1e-3) -> None:
        super().__init__(w, lr)

    def step(self, grad: NDArray[np.floating]) -> None:
        """Change ``w`` by one step against ``grad``, of its shape and dtype. Returns nothing."""
        lr = self._rate
        for g, (w, x) in self._together(grad):
            multiply(g, lr, x)
            subtract(w, x, w)


class Momentum(InPlace):
    r"""Momentum (heavy ball) in place: the numbers of ``gdbook.rules.momentum``, bit for bit.

    $$v \leftarrow \mu v + g \qquad w \leftarrow w - \eta\, v$$

    ``w`` as ``InPlace`` says. ``velocity`` is $v$, zero before the first step: the plain rule's state.
    """

    _memories = 1

    def __init__(self, w: NDArray[np.floating], lr: float = 1e-3, momentum: float = 0.9) -> None:
        super().__init__(w, lr)
        self._momentum = self._number(hyperparameter("momentum", number("momentum", momentum), w))

    @property
    def velocity(self) -> NDArray[np.floating]:
        """The velocity $v$, of the shape of ``w``."""
        return self._memory[0]

    def step(self, grad: NDArray[np.floating]) -> None:
        """Change ``w`` by one step against ``grad``, of its shape and dtype. Returns nothing."""
        lr, momentum = self._rate, self._momentum
        for g, (w, v, x) in self._together(grad):
            multiply(v, momentum, v)
            add(v, g, v)
            multiply(v, lr, x)
            subtract(w, x, w)


def adam_block(
    g: NDArray[np.floating],
    m: NDArray[np.floating],
    v: NDArray[np.floating],
    x: NDArray[np.floating],
    beta1: NDArray[np.floating],
    beta2: NDArray[np.floating],
    rate: NDArray[np.floating],
    eps: NDArray[np.floating],
) -> None:
    """Bring the sums ``m`` and ``v`` of a block up to date, and write into ``x`` what ``w`` loses."""
    multiply(m, beta1, m)
    add(m, g, m)
    square(g, x)
    multiply(v, beta2, v)
    add(v, x, v)
    sqrt(v, x)
    add(x, eps, x)
    divide(m, x, x)
    multiply(x, rate, x)


class Adam(InPlace):
    r"""Adam in place: the steps of ``gdbook.rules.adam``, up to rounding.

    Sums stand in place of the means, and every factor that is one number for all coordinates is
    gathered into the rate and ε:

    $$\begin{aligned}
    M &\leftarrow \beta_1 M + g \qquad V \leftarrow \beta_2 V + g^2 \\
    s_1 &= \frac{1 - \beta_1^t}{1 - \beta_1} \qquad s_2 = \frac{1 - \beta_2^t}{1 - \beta_2} \\
    w &\leftarrow w - \frac{\eta \sqrt{s_2}}{s_1}\, \frac{M}{\sqrt{V} + \epsilon \sqrt{s_2}}
    \end{aligned}$$

    $\hat m = M/s_1$ and $\hat v = V/s_2$, so this is the plain rule's step in 10 operations on arrays in
    place of 14. Rounding differs: a step by a few units in the last place. A square overflows where
    $|g|$ is above $\sqrt{1 - \beta_2}$ times the plain rule's limit.

    ``w`` as ``InPlace`` says; ``lr``, ``beta1``, ``beta2``, ``eps`` as in ``gdbook.rules.adam``, whose
    state is ``state``. The gathering is Kingma, Ba 2015, section 2; the sums are this book's.
    """

    _memories = 2

    def __init__(
        self,
        w: NDArray[np.floating],
        lr: float = 1e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
    ) -> None:
        super().__init__(w, lr)
        beta1, beta2, eps = (
            hyperparameter(name, number(name, value), w)
            for name, value in (("beta1", beta1), ("beta2", beta2), ("eps", eps))
        )
        self.t = 0
        self._betas, self._given_eps = (beta1, beta2), eps
        self._beta1, self._beta2, self._eps = map(self._number, (beta1, beta2, eps))

    @property
    def state(self) -> tuple[NDArray[np.floating], NDArray[np.floating], int]:
        """The state $(m, v, t)$ that ``gdbook.rules.adam`` would have now: new arrays."""
        first, second = self._memory
        beta1, beta2 = self._betas
        return (1 - beta1) * first, (1 - beta2) * second, self.t

    def step(self, grad: NDArray[np.floating]) -> None:
        """Change ``w`` by one step against ``grad``, of its shape and dtype. Returns nothing."""
        blocks = self._together(grad)
        numbers = self._gather()
        for g, (w, m, v, x) in blocks:
            adam_block(g, m, v, x, *numbers)
            subtract(w, x, w)

    def _gather(
        self,
    ) -> tuple[NDArray[np.floating], NDArray[np.floating], NDArray[np.floating], NDArray[np.floating]]:
        r"""Count the step; its $\beta_1$, $\beta_2$, $\eta\sqrt{s_2}/s_1$ and $\epsilon\sqrt{s_2}$."""
        self.t += 1
        beta1, beta2 = self._betas
        s1 = (1 - beta1**self.t) / (1 - beta1)
        s2 = (1 - beta2**self.t) / (1 - beta2)
        self._rate.fill(self._lr * math.sqrt(s2) / s1)
        self._eps.fill(self._given_eps * math.sqrt(s2))
        return self._beta1, self._beta2, self._rate, self._eps


class AdamW(Adam):
    r"""Adam with decoupled weight decay in place: the steps of ``gdbook.rules.adamw``, up to rounding.

    $$w \leftarrow w - \eta\lambda\, w
    - \frac{\eta \sqrt{s_2}}{s_1}\, \frac{M}{\sqrt{V} + \epsilon \sqrt{s_2}}$$

    with $M$, $V$, $s_1$ and $s_2$ as in ``Adam``; ``weight_decay`` is λ, as in ``gdbook.rules.adamw``.
    The decay is subtracted: $1 - \eta\lambda$ in one number would lose most of its digits in float32.
    """

    _scratches = 2

    def __init__(
        self,
        w: NDArray[np.floating],
        lr: float = 1e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(w, lr, beta1, beta2, eps)
        self._weight_decay = hyperparameter("weight_decay", number("weight_decay", weight_decay), w)
        self._decay = self._number(0)

    def step(self, grad: NDArray[np.floating]) -> None:
        """Change ``w`` by one step against ``grad``, of its shape and dtype. Returns nothing."""
        blocks = self._together(grad)
        numbers = self._gather()
        self._decay.fill(self._lr * self._weight_decay)
        for g, (w, m, v, x, y) in blocks:
            adam_block(g, m, v, x, *numbers)
            multiply(w, self._decay, y)
            subtract(w, y, w)
            subtract(w, x, w)
