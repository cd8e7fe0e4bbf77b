"""Arrays that a tape relies on, and that may be changed before it is walked back.

Small ones are copied. Of large ones a copy would cost as much as what is computed with them, so they are
read-only while the function runs: who writes into one gets an error, where a gradient would be wrong. What
outlives the function, the tape of ``vjp``, has copies of all.

Writing into a large array through another view, which was there before, is seen afterwards: some of its
numbers are compared with what they were. A write that changes none of these is not seen.
"""

import weakref

import numpy as np

FEW = 2**9  # numbers; to copy so many takes less time than to note the step
SAMPLES = 2**6  # numbers of a large array that are compared, spread over all of it
IMMUTABLE = {int, float, slice, bool, str, type(None), type(Ellipsis), np.float64, np.int64}


class Holder(list):
    """A list, the tape, with the arrays that it holds."""

    __slots__ = ("copies", "holding", "lasting", "level", "samples")

    def __init__(self, level, lasting):
        self.level = level
        self.lasting = lasting  # beyond the function
        self.holding = {}  # by id: the arrays that are read-only for this tape
        self.samples = {}  # by id: some of their numbers, as they were
        self.copies = {}  # of large arrays, by id: (weak reference, copy)

    def own(self, x):
        """An argument as the tape keeps it: arrays, and lists of them, as they are now."""
        if type(x) is np.ndarray:
            return x.copy("K") if x.size <= FEW else self.own_large(x)
        if type(x) in (list, tuple):
            return type(x)([part if type(part) in IMMUTABLE else self.own(part) for part in x])
        return x.copy("K") if isinstance(x, np.ndarray) else x

    def own_large(self, x):
        """An array that is read-only until ``release``, or a copy."""
        holding, owner = self.holding, x.base
        if id(x) in holding:
            return x
        if self.lasting or not (owner is None or (type(owner) is np.ndarray and owner.base is None)):
            return self._copied(x)  # of whose memory somebody else may decide
        if not (x if owner is None else owner).flags.writeable and id(owner) not in holding:
            return self._copied(x)  # whoever made it read-only may write into it again
        if owner is not None:
            holding[id(owner)] = owner
            owner.setflags(False)
            if not x.flags.writeable:
                return x
        holding[id(x)] = x
        self.samples[id(x)] = _sample(x)
        x.setflags(False)
        return x

    def _copied(self, x):
        """A copy; of an array that is still what it was when last copied, the same."""
        known, copy = self.copies.get(id(x), (None, None))
        if known is None or known() is not x or not _same_bits(copy, x):
            copy = x.copy("K")
            self.copies[id(x)] = weakref.ref(x), copy
        return copy

    def verify(self):
        """Raise ValueError if numbers of an array have changed, through a view that was there before."""
        for x in self.holding.values():
            if id(x) in self.samples and self.samples[id(x)] != _sample(x):
                raise ValueError(
                    f"an array was written into, of shape {x.shape}, through another view of its memory: "
                    "its old numbers are needed for the gradient. Make a new array, or combine with a copy"
                )

    def release(self):
        """Arrays are as they were: first the owners, since a view cannot be written into before them."""
        arrays = self.holding.values()
        for x in arrays:
            if x.base is None:
                x.setflags(True)
        for x in arrays:
            if x.base is not None:
                x.setflags(True)
        self.holding, self.samples = {}, {}


def _sample(x):
    """Some numbers of an array, as bytes."""
    return x.flat[:: x.size // SAMPLES].tobytes()


def _same_bits(a, b):
    """Whether two arrays are equal to the last bit, NaN and signed zeros included."""
    if a.dtype.itemsize > 8 or a.dtype != b.dtype or a.shape != b.shape:
        return False
    bits = np.dtype(f"i{a.dtype.itemsize}")
    return bool((a.view(bits) == b.view(bits)).all())
