"""The backprop lab: an expression, its inputs, the bug, and what there is to try."""

from html import escape

from gdbook.backprop.expression import LONGEST, METHODS, MOST_NAMES
from gdbook.figures.backprop_lab import EXPRESSION, INPUTS, backprop_lab, traced
from gdbook.site.pages.lab import lab

REACH = 5  # the sliders go from −REACH to REACH; typed numbers may be any


class Expression:
    """The text that is computed and differentiated."""

    name = "expr"

    def spec(self):
        return {"kind": "text", "value": EXPRESSION}

    def html(self, lab):
        return (
            f'<div class="gd-field gd-expression"><label for="{lab}-expr">L =</label>'
            f'<input id="{lab}-expr" class="gd-typed" type="text" value="{escape(EXPRESSION)}" '
            f'maxlength="{LONGEST}" autocapitalize="off" autocomplete="off" autocorrect="off" '
            f'spellcheck="false" aria-describedby="{lab}-grammar">'
            f'<span id="{lab}-grammar" class="gd-grammar">names, numbers, + - * / **, parentheses, '
            f"{' '.join(METHODS)}; a part with a name: p = a*b; p + p*p</span></div>"
        )


class Inputs:
    """A slider and a number for each name in the expression, and its gradient."""

    name = "inputs"

    def spec(self):
        return {"kind": "inputs", "value": inputs(INPUTS), "reach": REACH}

    def html(self, lab):
        names = [*INPUTS, *[""] * (MOST_NAMES - len(INPUTS))]
        return "".join(self._row(f"{lab}-input-{i}", name) for i, name in enumerate(names))

    def _row(self, own_id, name):
        value = INPUTS.get(name, 0)
        return (
            f'<div class="gd-field gd-input"{" hidden" * (not name)}><label for="{own_id}">{name}</label>'
            f'<output for="{own_id}"></output>'
            f'<input id="{own_id}" type="range" min="{-REACH}" max="{REACH}" step="0.05" value="{value}">'
            f'<input type="text" inputmode="decimal" size="7" value="{value}" aria-label="{name}, typed">'
            "</div>"
        )


class Hidden:
    """A part of the state whose control stands elsewhere: the checkbox of the bug, the step."""

    def __init__(self, name, value):
        self.name, self.value = name, value

    def spec(self):
        return {"kind": self.name, "value": self.value}

    def html(self, lab):
        return ""


def inputs(values):
    """The inputs as the lab's URL has them."""
    return ",".join(f"{name}:{value:g}" for name, value in values.items())


def begin(text, bug=False, **values):
    """A state of the lab at its end."""
    state = {
        "expr": text.replace("+", "%2B").replace(";", "%3B").replace(" ", ""),
        "inputs": inputs(values),
        "step": "end",
    }
    return state | {"bug": 1} if bug else state


def _text(x):
    return f"{x:.3g}".replace("-", "−")


def tries():
    """What to try: questions, which the lab answers."""
    thrice = {"a": 3}
    chain = "sigmoid(" * 6 + "a" + ")" * 6
    return (
        (begin("a*b", a=2, b=3), "A product, 2 · 3: what is the gradient of each factor?"),
        (begin("a*a + a", **thrice), "a is used three times in a·a + a: what becomes of the three parts?"),
        (begin("a*a + a", bug=True, **thrice), "The same with = for +=: which part is left?"),
        (
            begin("p = a*b; p + p*p", a=2, b=3),
            "p = a·b is used three times: when may it pass its gradient on?",
        ),
        (begin("tanh(w*x + b)", w=2, x=3, b=0), "tanh at 6, where it is flat: how far would a step move w?"),
        (begin("relu(w*x + b)", w=-1, x=2, b=0.5), "A relu whose input is −1.5: what gets through?"),
        (begin(chain, a=0), "Six sigmoids in a row: how much gradient is left for a?"),
        (begin("a/b", a=1, b=4), "Division, 1/4: whose gradient is larger?"),
        (begin("max(a,b)", a=1, b=1), "max at a tie: who gets the gradient?"),
    )


def backprop():
    """The backprop lab: forward value by value, backward use by use."""
    result, values = traced()
    found = ", ".join(f"{_text(value.grad)} for {name}" for name, value in values.items())
    label = (
        f"The graph of tanh(a·b + c)·a, from the inputs down to the result {_text(result.data)}. Each box "
        f"has its value and its gradient, each arrow its local derivative. Gradients of the inputs: {found}."
    )
    above = (
        '<div class="gd-transport" role="group" aria-label="The steps">'
        '<button type="button" data-do="back">Back</button>'
        '<button type="button" data-do="ahead">Forward</button>'
        '<button type="button" data-do="reset">Reset</button>'
        '<button type="button" data-do="run">Run</button></div>'
        '<p class="gd-bug"><label><input type="checkbox"> The bug: <code>=</code> for <code>+=</code>'
        "</label></p>"
    )
    fields = (Expression(), Inputs(), Hidden("bug", 0), Hidden("step", 0))
    return lab("backprop", backprop_lab, label, fields, tries(), transport=False, above=above)
