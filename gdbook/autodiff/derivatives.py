"""Jacobians, Hessians and products with them, by the two modes."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gdbook.autodiff import containers
from gdbook.autodiff.forward import jvp
from gdbook.autodiff.reverse import _argnums, grad, vjp
from gdbook.checks.numbers import function


def jacobian(f: Callable[..., Any], argnum: int = 0) -> Callable[..., Any]:
    r"""The matrix of all first derivatives, $J_{ij} = \partial f_i / \partial x_j$.

    ``jacobian(f)(*args)`` has the shape of the result followed by that of ``args[argnum]``. It takes one run
    for each number in the result (reverse mode) or in the argument (forward mode), whichever are fewer.
    Raises TypeError for integers, and unless argument and result are one array or number each (for others
    use ``vjp`` and ``jvp``); ValueError for an ``argnum`` that is no argument's place.
    """

    function("f", f)

    def derivative(*args, **kwargs):
        k = _only_array("jacobian", argnum, args, "vjp or jvp")
        x = args[k]
        alone = lambda one: f(*args[:k], one, *args[k + 1 :], **kwargs)  # noqa: E731
        shape, size = np.shape(x), np.size(x)
        y, pull = vjp(alone, x)
        if isinstance(y, (dict, list, tuple)):
            raise TypeError("jacobian needs a function that returns one array or number: use vjp or jvp")
        if np.size(y) <= size:
            rows = [pull(one)[0] for one in _directions(np.shape(y))]
            return _stacked(rows, 0, (*np.shape(y), *shape))
        columns = [jvp(alone, (x,), (one,))[1] for one in _directions(shape)]
        return _stacked(columns, -1, (*np.shape(y), *shape))

    return derivative


def _only_array(name, argnum, args, instead):
    """The place of the one argument that is differentiated by, an array or a number."""
    places = _argnums(argnum, args)
    k = places[0] if places else 0
    if len(places) != 1 or containers.shape_of(args[k]) is None or isinstance(args[k], (dict, list, tuple)):
        raise TypeError(
            f"{name} needs one argument, and that an array or a number, got argnum={argnum!r} and a "
            f"{type(args[k]).__name__}: use {instead}, or put all in one array"
        )
    return k


def _directions(shape):
    """The unit vectors, as arrays of a shape."""
    n = math.prod(shape)
    return np.eye(n).reshape((n, *shape))


def _stacked(parts, axis, shape):
    return np.reshape(np.stack(parts, axis), shape) if parts else np.zeros(shape)


def hessian(f: Callable[..., Any], argnum: int = 0) -> Callable[..., Any]:
    r"""The matrix of all second derivatives of a function that returns one number, $H_{ij}$.

    Its shape is that of ``args[argnum]``, an array or a number, twice. Forward mode over reverse mode, one
    run for each column. Raises TypeError for integers, for containers and for several arguments (for these
    use ``hvp``), and ValueError for a result that is not one number or an ``argnum`` that is no argument's
    place.
    """

    function("f", f)

    def derivative(*args, **kwargs):
        k = _only_array("hessian", argnum, args, "hvp")
        gradient = grad(lambda one: f(*args[:k], one, *args[k + 1 :], **kwargs))
        x = args[k]
        shape = np.shape(x)
        columns = [jvp(gradient, (x,), (one,))[1] for one in _directions(shape)]
        return _stacked(columns, -1, (*shape, *shape))

    return derivative


def hvp(f: Callable[[Any], Any], x: Any, v: Any) -> Any:
    r"""The product of the Hessian with a vector, $H v$, at the cost of a few gradients.

    It is the change of the gradient along v: forward mode over reverse mode (Pearlmutter 1994). ``x`` and
    ``v`` are arrays of one shape, or containers of such. Raises TypeError for integers in ``x``, and
    ValueError where ``v`` has another shape or the result is not one number.
    """
    containers.matching(v, x, "v")  # jvp would call it a tangent
    return jvp(grad(f), (x,), (v,))[1]
