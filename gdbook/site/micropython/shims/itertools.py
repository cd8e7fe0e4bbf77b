"""Stands in for ``itertools``."""


def pairwise(values):
    """Each value with the next one."""
    rest = iter(values)
    for before in rest:
        for value in rest:
            yield before, value
            before = value


def accumulate(values, function=None, initial=None):
    """The sums so far, or what ``function`` makes of the one before and the next value."""
    rest = iter(values)
    begun, total = initial is not None, initial
    if begun:
        yield total
    for value in rest:
        if not begun:
            begun, total = True, value
        else:
            total = total + value if function is None else function(total, value)
        yield total


def chain(*many):
    """The values of each, one after the other."""
    for values in many:
        yield from values


def islice(values, *bounds):
    """The values from a first to before a last place."""
    start, stop, step = (0, bounds[0], 1) if len(bounds) == 1 else (*bounds, 1)[:3]
    start = start or 0
    if stop is not None and stop <= start:
        return
    for place, value in enumerate(values):
        if place >= start and (place - start) % step == 0:
            yield value
        if stop is not None and place + 1 >= stop:
            return


def count(start=0, step=1):
    """The numbers from ``start`` on."""
    while True:
        yield start
        start += step


def repeat(value, times=None):
    """The same value again and again."""
    while times is None or times > 0:
        yield value
        times = None if times is None else times - 1


def product(*many):
    """Each value of the first with each of the next, and so on."""
    rows: list = [()]
    for values in map(tuple, many):
        rows = [(*row, value) for row in rows for value in values]
    yield from rows


def combinations(values, size):
    """Each choice of so many values, in their order."""
    pool = tuple(values)
    if size == 0:
        yield ()
        return
    for place, first in enumerate(pool):
        for rest in combinations(pool[place + 1 :], size - 1):
            yield (first, *rest)


def takewhile(holds, values):
    """The values before the first for which it does not hold."""
    for value in values:
        if not holds(value):
            return
        yield value
