"""The few functions that must work alike on floats and on arrays.

The losses and the rules are plain arithmetic and do not care what they are given. What
plain arithmetic cannot say (a sine, a pair of numbers as a vector) is here. NumPy is used
where it is installed; without it, floats and lists still work.
"""

import math

try:
    import numpy as np
except ImportError:  # a small Python, such as one that runs in a web page
    np = None  # type: ignore[assignment]


def _either(name):
    on_float = getattr(math, name)
    on_array = getattr(np, name, None)

    def function(x):
        return on_float(x) if np is None or isinstance(x, (float, int)) else on_array(x)

    function.__name__ = name
    function.__doc__ = f"{name}(x), elementwise: of a float by ``math``, of an array by NumPy."
    return function


sin = _either("sin")
cos = _either("cos")
cosh = _either("cosh")
tanh = _either("tanh")
exp = _either("exp")
log = _either("log")


def vector(*components):
    """The vector with these components: an array, or a list where NumPy is not installed.

    Components that are arrays of one shape ``s`` give shape ``(len(components), *s)``.
    """
    return list(components) if np is None else np.array(components)
