# ruff: noqa
"""Small functions of what somebody might write in a plate or a rule, odd ones too: test_refused.py has them.

In JavaScript each gives what Python gives, or is refused.
"""

from math import sqrt, exp, pi, inf, nan


def nested_underscore(x):
    total = 0
    for _ in range(3):
        for _ in range(2):
            total = total + x
    return total


def nested_same(x):
    total = 0
    for i in range(3):
        for i in range(2):
            total = total + i + x
    return total


def loop_variable_after(x):
    for i in range(3):
        x = x + i
    return x + i


def loop_variable_changed(x):
    total = 0
    for i in range(5):
        i = i * 2
        total = total + i
    return total + x


def range_down(x):
    return [i for i in range(5, 0, -1)]


def range_loop_down(x):
    out = []
    for i in range(5, 0, -2):
        out.append(i)
    return out


def range_of_changing(x):
    n = 3
    out = []
    for i in range(n):
        n = n + 1
        out.append(i)
        if len(out) > 20:
            break
    return out


def comprehension_shadow(x):
    i = 7
    squares = [i * i for i in range(3)]
    return [squares, i]


def comprehension_nested(x):
    return [[i * j for j in range(2)] for i in range(3)]


def comprehension_if(x):
    return [i for i in range(6) if i % 2 == 0]


def modulo(x):
    return [-7 % 3, 7 % -3, -1.5 % 1.0, x % 2]


def floor_division(x):
    return [-7 // 2, 7 // 2, -0.5 // 1]


def chained(x):
    return [0 < x < 2, 0 < x <= 0.5, 3 > x > 1 > 0]


def power(x):
    return [2**3, 2**-1, (-2) ** 3, x**0.5, -(2**2), 2**3**2]


def swap(x):
    a, b = x, 2 * x
    a, b = b, a + b
    return [a, b]


def tuple_of_lists(x):
    (a, b), c = [1, 2], x
    return [a, b, c]


def for_pairs(x):
    total = 0
    for a, b in [[1, 2], [3, 4]]:
        total = total + a * b
    return total


def for_nested_pairs(x):
    total = 0
    for i, (a, b) in enumerate([[1, 2], [3, 4]]):
        total = total + i * a * b
    return total


def for_nested_pairs_2(x):
    return [i * a + b for i, (a, b) in enumerate([[1, 2], [3, 4]])]


def truth_of_empty(x):
    found = []
    return 1 if found else 2


def truth_of_zero(x):
    return [1 if 0 else 2, 1 if 0.0 else 2, 1 if "" else 2, 1 if "a" else 2, 1 if [0] else 2]


def either(x):
    return [0 or 5, 3 or 5, [] or 4, x and 2, 0 and 2]


def negation(x):
    return [not [], not 0, not [1], not x]


def is_none(x):
    a = None
    return [a is None, x is None, a is not None]


def equal_lists(x):
    return [[1, 2] == [1, 2], [1] == [2], [1, 2] != [1, 2], (1, 2) == (1, 2)]


def membership(x):
    return [2 in [1, 2], 5 in [1, 2], 5 not in [1, 2], "a" in "abc"]


def negative_index(x):
    a = [1, 2, 3]
    return [a[-1], a[-2]]


def negative_index_variable(x):
    a, k = [1, 2, 3], -1
    return a[k]


def store_negative(x):
    a = [1, 2, 3]
    a[-1] = 9
    return a


def slices(x):
    a = [1, 2, 3, 4, 5]
    return [a[1:3], a[:-1], a[-2:], a[:], a[1:]]


def slice_step(x):
    a = [1, 2, 3, 4, 5]
    return [a[::2], a[::-1]]


def list_plus(x):
    return [1, 2] + [3]


def list_times(x):
    return [0.0] * 3


def list_augmented(x):
    a = [1]
    a += [2]
    return a


def append_extend(x):
    a = [1]
    a.append(2)
    a.extend([3, 4])
    a.insert(0, 9)
    a.pop()
    return a


def sorting(x):
    return [sorted([10, 9, 2, 33, 1]), sorted([3, -1.5, 2])]


def max_min(x):
    return [max([3, 1, 2]), min(3, x), max(1, 2, x), min([5.0])]


def sums(x):
    return [sum([1, 2, x]), sum([])]


def all_any(x):
    return [all([1, 1]), any([0, 0])]


def ints(x):
    return [int(2.7), int(-2.7), int(x)]


def floats(x):
    return [float(2), float("1.5")]


def absolute(x):
    return [abs(-3), abs(x)]


def strings(x):
    return [f"{x:.2f}", f"{1234567:,}", f"{x}", f"{3}", "a" + "b", "ab" * 2, str(5)]


def string_of_float(x):
    return [str(2.0), f"{2.0}", f"{0.1}", str(1e-7), str(1e22)]


def string_methods(x):
    return ["a,b".split(","), "-".join(["a", "b"]), "abc".upper(), "abc".replace("b", "x"), len("abc")]


def while_else(x):
    n = 0
    while n < 3:
        n = n + 1
    else:
        n = n + 10
    return n


def for_else(x):
    for i in range(3):
        if i == 5:
            break
    else:
        return 1
    return 2


def breaks(x):
    out = []
    for i in range(10):
        if i == 2:
            continue
        if i == 4:
            break
        out.append(i)
    return out


def inner(x):
    def square(y):
        return y * y

    return square(x) + square(2)


def closure_in_loop(x):
    functions = []
    for i in range(3):
        functions.append(lambda y: y + i)
    return [f(0) for f in functions]


def lambdas(x):
    f = lambda y, z: y * z + x
    return f(2, 3)


def default(x, y=2):
    return x * y


def inner_default(x):
    def f(a, b=3):
        return a * b

    return [f(2), f(2, 4)]


def conditional(x):
    return 1 if x > 0 else -1


def big_int(x):
    return 2**53 + 1


def lehmer_like(x):
    state = 12345
    for k in range(5):
        state = 48271 * state % 2147483647
    return state


def int_division_true(x):
    return [1 / 2, 4 / 2]


def divide_by_zero(x):
    return 1.0 / (x - x)


def root_of_negative(x):
    return sqrt(-x)


def overflow(x):
    return exp(1000 * x)


def power_overflow(x):
    return (10.0 * x) ** 400


def infinities(x):
    return [inf > x, -inf < x, nan == nan, inf - 1 == inf]


def bits(x):
    return [5 & 3, 5 | 3, 5 ^ 3, 1 << 4, 17 >> 2]


def reserved_new(x):
    new = x + 1
    return new


def reserved_throw(x):
    throw = x + 1
    return throw


def reserved_var(x):
    var = x * 2
    return var


def reserved_function(x):
    function = x * 2
    return function


def reserved_this(x):
    this = x * 2
    return this


def reserved_default(x):
    default = x * 2
    return default


def reserved_let(x):
    let = x * 2
    return let


def reserved_delete(x):
    delete = x
    return delete


def reserved_arguments(x):
    arguments = x
    return arguments


def reserved_const(const):
    return const


def shadows_math(x):
    Math = 3
    return sqrt(x) + Math


def dictionary(x):
    d = {"a": 1, "b": x}
    d["c"] = 3
    return [d["a"] + d["b"], len(d), "a" in d, sorted(d)]


def dict_items(x):
    d = {"a": 1, "b": 2}
    return [[k, v] for k, v in d.items()]


def int_keys(x):
    d = {1: 10, 2: 20}
    return [d[1], [k for k in d]]


def walrus(x):
    return [(y := x * 2), y]


def starred(x):
    a, *b = [1, 2, 3]
    return [a, b, [*b, 4]]


def unpack_call(x):
    return max(*[1, 5, 2])


def comparison_strings(x):
    return ["a" < "b", "a" == "a"]


def bool_arithmetic(x):
    return [True + True, (x > 0) * 3, (x > 0) - (x < 0)]


def assert_it(x):
    assert x > 0
    return x


def raises(x):
    if x > 0:
        raise ValueError("no")
    return 1


def try_it(x):
    try:
        return 1 / (x - x)
    except ZeroDivisionError:
        return -1


def augmented(x):
    x += 1
    x *= 3
    x -= 2
    x /= 2
    x **= 2
    return x


def augmented_floor(x):
    y = 7
    y //= 2
    y %= 2
    return y


def global_pi(x):
    return pi * x


def multiple_targets(x):
    a = b = x
    a = a + 1
    return [a, b]


def shared_list(x):
    a = b = [1]
    a.append(2)
    return b


def copy_list(x):
    a = [1, 2]
    b = a[:]
    c = list(a)
    a[0] = 9
    return [b, c]


def early_return(x):
    for i in range(3):
        for j in range(3):
            if i * j == 2:
                return [i, j]
    return None


def print_it(x):
    print(x)
    return x


def round_it(x):
    return [round(0.5), round(1.5), round(2.5), round(-0.5), round(x)]


def type_checks(x):
    return [isinstance(x, float), callable(x)]


def zip_short(x):
    return [[a, b] for a, b in zip([1, 2, 3], [4, 5])]


def enumerate_start(x):
    return [[i, a] for i, a in enumerate([5, 6], 1)]


def reversed_range(x):
    return [i for i in reversed(range(3))]


def list_range(x):
    return list(range(3))


def float_keys(x):
    return 0.1 + 0.2


def matrix_product(x):
    a = [[1, 2], [3, 4]]
    return [[sum([a[i][k] * a[k][j] for k in range(2)]) for j in range(2)] for i in range(2)]


def generator_sum(x):
    return sum(i * i for i in range(4))


def min_key(x):
    return min([3, -4, 1], key=abs)


def unary_plus(x):
    return [+x, -x, ~5]


def divmods(x):
    return list(divmod(7, 2))


def pow_call(x):
    return pow(2, 3)


def nonlocal_it(x):
    total = 0

    def add(y):
        nonlocal total
        total = total + y

    add(x)
    add(2)
    return total


def comprehension_same(x):
    return [[i for i in range(2)] for i in range(3)]


def modulo_augmented(x):
    y = -7
    y %= 3
    return y


def loop_over_changed_list(x):
    a = [1, 2]
    for b in a:
        if len(a) < 5:
            a.append(b)
    return a


def comprehension_in_loop(x):
    out = []
    for i in range(3):
        out.append([i for i in range(2)])
    return out


def comprehension_after_loop(x):
    total = 0
    for i in range(3):
        total = total + i
    return [total, [i for i in range(2)]]
