r"""A scalar that remembers how it was computed, so that its derivatives can be had: reverse mode.

A ``Value`` holds a number, the values it was computed from, and the derivative of the number with
respect to each of them. ``backward`` walks from a result to all that it came from and applies the chain
rule once for each use:

$$\frac{\partial L}{\partial a} = \sum_{\text{uses } y \text{ of } a}
  \frac{\partial L}{\partial y}\,\frac{\partial y}{\partial a}$$

Source: Linnainmaa 1970. The names, and the numbers, are those of micrograd (Karpathy 2020).
"""

import math

TYPE_CHECKING = False  # typing's own, which small Pythons do not have
if TYPE_CHECKING:
    from typing import Any


class Value:
    """A number ``data``, and after ``backward`` its gradient ``grad``: how the result changes with it.

    ``Value(3.0)`` is a leaf; before ``backward`` its ``grad`` is 0. Values and plain numbers mix in
    ``+ - * / **`` and comparisons, which compare the numbers. ``x / y`` is rounded as ``x * y**-1``.
    ``abs(x)`` has the derivative 0 at 0. An operation of your own is ``Value(data, children, local_grads)``:
    the values that it was computed from, and its derivative with respect to each.

    Raises what Python raises for numbers, such as ZeroDivisionError for a division by 0 and OverflowError
    for a power that is too large for a float. A power that is no real number raises ValueError. So does one
    with a ``Value`` for its exponent unless the base is above 0: its derivative needs the logarithm of the
    base. An exponent that is no number raises TypeError.
    """

    __slots__ = ("__dict__", "_children", "_local_grads", "_op", "_uses", "data", "grad")

    def __init__(
        self,
        data: float,
        children: "tuple[Value | float, ...]" = (),
        local_grads: "tuple[float, ...]" = (),
        op: str = "",
    ) -> None:
        self.data = data
        self.grad: float = 0
        # what it was computed from; a plain number comes last
        self._children: tuple[Any, ...] = children
        # the derivative with respect to each child that is a Value
        self._local_grads = local_grads
        self._op = op
        self._uses = 0  # how many uses backward still has to hear from

    def __add__(self, other: "Value | float") -> "Value":
        if isinstance(other, Value):
            return Value(self.data + other.data, (self, other), (1, 1), "+")
        return Value(self.data + other, (self, other), (1,), "+")

    def __sub__(self, other: "Value | float") -> "Value":
        if isinstance(other, Value):
            return Value(self.data - other.data, (self, other), (1, -1), "-")
        return Value(self.data - other, (self, other), (1,), "-")

    def __rsub__(self, other: float) -> "Value":
        return Value(other - self.data, (self, other), (-1,), "-")

    def __mul__(self, other: "Value | float") -> "Value":
        if isinstance(other, Value):
            slopes = other.data, self.data
            return Value(self.data * other.data, (self, other), slopes, "*")
        return Value(self.data * other, (self, other), (other,), "*")

    def __truediv__(self, other: "Value | float") -> "Value":
        if isinstance(other, Value):
            inverse = other.data**-1
            data = self.data * inverse
            return Value(data, (self, other), (inverse, -data * inverse), "/")
        inverse = other**-1
        return Value(self.data * inverse, (self, other), (inverse,), "/")

    def __rtruediv__(self, other: float) -> "Value":
        inverse = self.data**-1
        data = other * inverse
        return Value(data, (self, other), (-data * inverse,), "/")

    def __pow__(self, other: "Value | float") -> "Value":
        if isinstance(other, Value):
            return (self.log() * other).exp()
        if not isinstance(other, (int, float)):
            raise TypeError(f"an exponent must be a number or a Value, got {other!r}")
        y = self.data**other
        if isinstance(y, complex):
            raise ValueError(f"{self.data!r}**{other!r} is no real number")
        try:
            slope = other * self.data ** (other - 1) if other else 0
        except ZeroDivisionError:  # a root at 0
            slope = math.inf
        except OverflowError:
            slope = other * (y / self.data)
        return Value(y, (self,), (slope,), f"**{other}")

    def __rpow__(self, other: float) -> "Value":
        data = other**self.data
        return Value(data, (self, other), (data * math.log(other),), "**")

    def __neg__(self) -> "Value":
        return self * -1

    def __abs__(self) -> "Value":
        sign = (self.data > 0) - (self.data < 0)  # 0 at 0
        return Value(abs(self.data), (self,), (sign,), "abs")

    __radd__ = __add__
    __rmul__ = __mul__

    def exp(self) -> "Value":
        """The exponential; above about 709.78 raises OverflowError."""
        y = math.exp(self.data)
        return Value(y, (self,), (y,), "exp")

    def log(self) -> "Value":
        """The natural logarithm; unless above 0 raises ValueError."""
        return Value(math.log(self.data), (self,), (1 / self.data,), "log")

    def sqrt(self) -> "Value":
        """The square root, of slope ∞ at 0; below 0 raises ValueError."""
        return self**0.5

    def sin(self) -> "Value":
        """The sine of an angle in radians; at ±∞ raises ValueError."""
        return Value(math.sin(self.data), (self,), (math.cos(self.data),), "sin")

    def cos(self) -> "Value":
        """The cosine of an angle in radians; at ±∞ raises ValueError."""
        return Value(math.cos(self.data), (self,), (-math.sin(self.data),), "cos")

    def tanh(self) -> "Value":
        """The hyperbolic tangent: between −1 and 1."""
        y = math.tanh(self.data)
        return Value(y, (self,), (1 - y * y,), "tanh")

    def sigmoid(self) -> "Value":
        """1/(1 + e⁻ˣ): between 0 and 1."""
        # at most 1: no overflow on either side
        small = math.exp(-abs(self.data))
        y = (1 if self.data >= 0 else small) / (1 + small)
        # y (1 - y), which would be 0 where y rounds to 1
        slope = small / ((1 + small) * (1 + small))
        return Value(y, (self,), (slope,), "sigmoid")

    def relu(self) -> "Value":
        """The value where it is positive, else 0; the derivative at 0 is 0."""
        y = 0 if self.data < 0 else self.data
        return Value(y, (self,), (y > 0,), "ReLU")

    def max(self, other: "Value | float") -> "Value":
        """The larger of two; where they are equal, each gets half of the derivative."""
        other = other if isinstance(other, Value) else Value(other)
        share = 0.5 if self.data == other.data else self.data > other.data
        y = other.data if self.data < other.data else self.data
        return Value(y, (self, other), (share, 1 - share), "max")

    def backward(self) -> None:
        """Set ``grad`` of all that this value was computed from to the derivative of this value.

        The gradients of leaves (values that were not computed) are added to what is there, so that those of
        several results sum up, as in PyTorch: set them to 0 in between to start anew. All others start
        at 0 in each call, so calling it twice doubles the gradients of the leaves.
        """
        found = [self]
        try:
            for value in found:  # grows as it goes
                if value._children:
                    value.grad = 0
                for child in value._children[: len(value._local_grads)]:
                    if child._children:
                        if not child._uses:
                            found.append(child)
                        child._uses += 1
            self.grad += 1
            ready = [self]
            for value in ready:  # all its uses have given their part
                grad, local_grads = value.grad, value._local_grads
                if len(local_grads) == 2:
                    (a, b), (da, db) = value._children, local_grads
                    a.grad += da * grad
                    b.grad += db * grad
                else:
                    for child, local_grad in zip(value._children, local_grads):
                        child.grad += local_grad * grad
                for child in value._children[: len(local_grads)]:
                    if child._children:
                        child._uses -= 1
                        if not child._uses:
                            ready.append(child)
        except BaseException:  # stopped on the way: the counts must not reach the next call
            for value in found:
                value._uses = 0
            raise

    @property
    def _prev(self) -> "set[Value]":
        """The set of the children, plain numbers as values: what programs that draw the graph read."""
        return {child if isinstance(child, Value) else Value(child) for child in self._children}

    def __eq__(self, other: object) -> bool:
        return self.data == (other.data if isinstance(other, Value) else other)

    def __lt__(self, other: "Value | float") -> bool:
        return self.data < (other.data if isinstance(other, Value) else other)

    def __le__(self, other: "Value | float") -> bool:
        return self.data <= (other.data if isinstance(other, Value) else other)

    def __gt__(self, other: "Value | float") -> bool:
        return self.data > (other.data if isinstance(other, Value) else other)

    def __ge__(self, other: "Value | float") -> bool:
        return self.data >= (other.data if isinstance(other, Value) else other)

    # equal numbers at two places of a graph are two values
    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"Value(data={self.data}, grad={self.grad})"
