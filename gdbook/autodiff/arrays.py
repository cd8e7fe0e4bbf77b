"""The methods, attributes and operators of a traced array: each is the NumPy function of its name."""

import numpy as np

from gdbook.autodiff.core import TABLE, Traced, plain, refuse_complex


class Array(Traced):
    __slots__ = ()
    __array_priority__ = 1000  # before plain arrays, where NumPy asks

    @property
    def shape(self):
        return self.value.shape

    @property
    def ndim(self):
        return len(self.value.shape)

    @property
    def size(self):
        return self.value.size

    @property
    def dtype(self):
        return self.value.dtype

    @property
    def T(self):
        return np.transpose(self)

    @property
    def mT(self):
        return np.matrix_transpose(self)

    def __len__(self):
        if not self.shape:
            raise TypeError("len() of a traced number, which has none")
        return self.shape[0]

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __contains__(self, x):
        return bool(np.any(self == x))

    def __bool__(self):
        return bool(plain(self))

    def __getitem__(self, index):
        return TABLE["getitem"].apply((self, index), {})

    def __format__(self, spec):
        return format(plain(self), spec) if spec else str(self)

    def __round__(self, digits=0):
        return np.round(plain(self), digits)

    def __abs__(self):
        return np.absolute(self)

    def __neg__(self):
        return np.negative(self)

    def __pos__(self):
        return self

    def reshape(self, *shape, **kwargs):
        return np.reshape(self, shape[0] if len(shape) == 1 else shape, **kwargs)

    def transpose(self, *axes):
        return np.transpose(self, axes[0] if len(axes) == 1 else axes or None)

    def flatten(self, order="C"):
        return np.reshape(self, -1, order=order)

    def astype(self, dtype, **kwargs):
        kind = np.dtype(dtype).kind
        if kind == "c":
            refuse_complex(f"astype({np.dtype(dtype)})")
        return (
            TABLE["astype"].apply((self, dtype), kwargs)
            if kind == "f"
            else plain(self).astype(dtype, **kwargs)
        )

    def sort(self, *args, **kwargs):
        raise TypeError("a traced array cannot be changed in place: instead of x.sort() write x = np.sort(x)")


def _method(name):
    function = getattr(np, name)

    def method(self, *args, **kwargs):
        return self.__array_function__(function, (), (self, *args), kwargs)

    method.__name__ = name
    return method


_METHODS = (
    "sum mean prod max min var std cumsum cumprod dot ravel squeeze swapaxes repeat take clip copy diagonal"
)
_METHODS += " trace round argmax argmin argsort all any nonzero searchsorted"
for _name in _METHODS.split():
    setattr(Array, _name, _method(_name))


def _by_ufunc(ufunc):
    return lambda self, *others: ufunc(self, *others)


# What NumPy calls on each object of an array of objects: see ``core.stacked``.
_UFUNCS = (
    "exp expm1 exp2 log log2 log10 log1p sqrt cbrt square reciprocal sin cos tan arcsin arccos arctan sinh"
)
_UFUNCS += (
    " cosh tanh arcsinh arccosh arctanh fabs degrees radians rad2deg deg2rad conjugate arctan2 hypot fmod"
)
for _name in _UFUNCS.split():
    setattr(Array, _name, _by_ufunc(getattr(np, _name)))

_OPERATORS = {
    **{"add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "pow": "power"},
    **{"matmul": "matmul", "mod": "remainder", "floordiv": "floor_divide"},
    **{"lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal"},
    **{"eq": "equal", "ne": "not_equal"},
}


def _operator(ufunc):
    return lambda self, other: TABLE[ufunc].apply((self, other), {})


def _from_right(ufunc):
    return lambda self, other: TABLE[ufunc].apply((other, self), {})


def _in_place(name):
    """``x += y``: of a number a new number. An array would change for all that hold it or a part of it."""

    def method(self, other):
        if isinstance(plain(self), np.ndarray):
            raise TypeError(
                f"a traced array cannot be changed in place (by {name}), since others may hold it or a view "
                "of it: instead of a += b write a = a + b"
            )
        return NotImplemented  # so that Python takes the operator itself

    return method


for _name, _ufunc in _OPERATORS.items():
    setattr(Array, f"__{_name}__", _operator(getattr(np, _ufunc)))
    if _name not in ("lt", "le", "gt", "ge", "eq", "ne"):
        setattr(Array, f"__r{_name}__", _from_right(getattr(np, _ufunc)))
        setattr(Array, f"__i{_name}__", _in_place(f"__i{_name}__"))
Array.__hash__ = None  # type: ignore[assignment]  # as arrays: == compares their elements
