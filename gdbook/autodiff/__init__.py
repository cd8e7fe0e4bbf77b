"""Derivatives of functions written in plain NumPy, in reverse and in forward mode, to any order.

``core`` has what is traced and the table of rules; ``reverse`` and ``forward`` the two modes; ``held`` what
of arrays that are changed;
``elementwise``, ``reductions``, ``shapes``, ``products`` and ``linalg`` a line for each function;
``fused`` two functions of networks; ``derivatives`` and ``checks`` what is made of all that.

Where a function has a kink the rules take: for ``abs``, a norm, and ``x > 0`` the derivative 0 at 0; for
``maximum``, ``minimum``, ``max`` and ``min`` equal parts for all that are equal; for ``clip`` 1 at
its bounds.
So ``np.maximum(x, 0)`` has the derivative ½ at 0. A singular value of 0 counts as |0|, and the standard
deviation of equal numbers has the derivative 0.

Numbers are real: a complex one is an error wherever it first appears. Arrays are NumPy's own: matrices and
masked arrays are errors. ``np.array([x, y])`` of traced numbers is an array of objects, which the next traced
array, or the end of the function, takes for a stack. ``a += b`` on a traced array is an error; so is writing
into a large array that a traced value was combined with, while the function runs.
"""

from gdbook.autodiff import elementwise, linalg, products, reductions, shapes  # noqa: F401 they fill the table
from gdbook.autodiff.core import binary, composed, constant, linear, multilinear, rule, unary
from gdbook.autodiff.derivatives import hessian, hvp, jacobian
from gdbook.autodiff.forward import jvp
from gdbook.autodiff.fused import affine, softmax_cross_entropy
from gdbook.autodiff.gradient_check import check_grads
from gdbook.autodiff.reverse import grad, value_and_grad, vjp

__all__ = [
    "affine",
    "binary",
    "check_grads",
    "composed",
    "constant",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "linear",
    "multilinear",
    "rule",
    "softmax_cross_entropy",
    "unary",
    "value_and_grad",
    "vjp",
]
