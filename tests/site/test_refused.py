"""Python that is translated gives in the page what it gives in Python, or stops the build with its place."""

import inspect
import json
import math
import re

import of_python
import pytest
from mkdocs.exceptions import BuildError

from gdbook.site.translate import core
from gdbook.site.translate.plates import OWN, PRELUDE, _used, _write

X = 1.5
FUNCTIONS = {
    name: one
    for name, one in vars(of_python).items()
    if inspect.isfunction(one) and one.__module__ == "of_python"
}
# What cannot be told from the text of a function; the tests of plates and rules compare their numbers.
UNSEEN = {
    "big_int", "divide_by_zero", "negative_index_variable", "overflow", "power_overflow", "root_of_negative",
    "string_of_float",
}  # fmt: skip
REFUSED = {
    "all_any": "uses all",
    "append_extend": "_pymeth_extend",
    "assert_it": "_pyfunc_op_error",
    "closure_in_loop": "uses y",
    "comprehension_in_loop": "one within the other",
    "comprehension_same": "variables of their own",
    "comprehension_shadow": "i is a variable of a comprehension and of the function",
    "copy_list": "uses list",
    "default": "default is a word of JavaScript",
    "dict_items": "_pymeth_items",
    "dictionary": "uses sorted",
    "divmods": "uses divmod",
    "enumerate_start": "does not translate",
    "equal_lists": "lists are not compared",
    "for_nested_pairs": "not a tuple within a tuple",
    "for_nested_pairs_2": "not a tuple within a tuple",
    "generator_sum": "does not translate",
    "inner": "uses square",
    "inner_default": "uses a",
    "int_keys": "keys of a dict are texts",
    "lambdas": "uses y",
    "list_augmented": "lists are not added",
    "list_plus": "lists are not added",
    "list_range": "uses list",
    "list_times": "lists are not added or multiplied",
    "loop_variable_after": "i is read after its loop",
    "loop_variable_changed": "i is set within its own loop",
    "min_key": "names an argument of min",
    "nested_same": "the loops over i are one within the other",
    "nested_underscore": "the loops over _ are one within the other",
    "nonlocal_it": "uses add",
    "pow_call": "uses pow",
    "print_it": "uses print",
    "raises": "uses ValueError",
    "range_of_changing": "n is set within the loop over a range up to it",
    "shadows_math": "Math is a word of JavaScript",
    "slice_step": "does not translate",
    "sorting": "uses sorted",
    "starred": "does not translate",
    "string_methods": "_pymeth_join",
    "strings": "a text is not multiplied",
    "try_it": "uses ZeroDivisionError",
    "type_checks": "uses callable",
    "unpack_call": "does not translate",
    "walrus": "does not translate",
    **{name: "is a word of JavaScript" for name in FUNCTIONS if name.startswith("reserved_")},
}


def translated(function):
    common, declared = core.prelude(PRELUDE)
    own, more = core.prelude(OWN)
    written = {}
    _write(function, declared | more, written)
    return "\n".join(
        [*_used(common, [own, *written.values()]), *_used(own, written.values()), *written.values()]
    )


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_be_something_else_is_refused_with_its_place(name):
    with pytest.raises(BuildError) as refused:
        translated(FUNCTIONS[name])
    message = str(refused.value)
    assert REFUSED[name] in message
    line = inspect.getsourcelines(FUNCTIONS[name])[1]
    assert re.search(rf"of_python\.py:{line}: ", message), message


def plain(value):
    """A value as JSON has it, infinities and NaN as words."""
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


RUN = """([code, name, x]) => JSON.stringify(
  new Function(`${code}\\nreturn ${name};`)()(x) ?? null,
  (_, value) => typeof value !== "number" || Number.isFinite(value) ? value
    : Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf")"""


def test_the_rest_gives_in_the_page_what_it_gives_in_python(shared_tab, subtests):
    shared_tab.goto("about:blank")
    names = FUNCTIONS.keys() - REFUSED.keys() - UNSEEN
    assert len(names) > 45
    for name in sorted(names):
        with subtests.test(name):
            found = json.loads(shared_tab.evaluate(RUN, [translated(FUNCTIONS[name]), name, X]))
            assert found == plain(FUNCTIONS[name](X))


def test_every_exception_is_one():
    assert FUNCTIONS.keys() >= REFUSED.keys() | UNSEEN
    assert not REFUSED.keys() & UNSEEN
    for name in UNSEEN:
        assert translated(FUNCTIONS[name])
