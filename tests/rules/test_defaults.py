"""The defaults of the rules are those of the libraries' own signatures, as recorded.

A run that hands over our defaults cannot show that they are wrong. tests/reference/record_defaults.py made
the record.
"""

import json
import sys

import pytest
from frameworks import ROOT, run_with_frameworks

from gdbook.descent import hyperparameters
from gdbook.recorded import rules as recorded
from gdbook.rules import RULES

RECORD = json.loads((ROOT / "tests/reference/defaults.json").read_text())

# The library of each rule, and where a hyperparameter of ours stands in its signature ("betas 0" is the first
# of a tuple). Those that have our name are not listed.
BETAS = {"beta1": "betas 0", "beta2": "betas 1"}
B1_B2 = {"beta1": "b1", "beta2": "b2"}
LIBRARIES = {
    "sgd": ("torch.optim.SGD", {}),
    "momentum": ("torch.optim.SGD", {}),
    "nesterov": ("torch.optim.SGD", {}),
    "adagrad": ("torch.optim.Adagrad", {}),
    "rmsprop": ("torch.optim.RMSprop", {"rho": "alpha"}),
    "adadelta": ("torch.optim.Adadelta", {}),
    "adam": ("torch.optim.Adam", BETAS),
    "adamw": ("torch.optim.AdamW", BETAS),
    "amsgrad": ("torch.optim.Adam", BETAS),
    "adamax": ("torch.optim.Adamax", BETAS),
    "nadam": ("torch.optim.NAdam", BETAS),
    "radam": ("torch.optim.RAdam", BETAS),
    "yogi": ("optax.yogi", B1_B2),
    "adopt": ("optax.contrib.adopt", B1_B2),
    "rprop": (
        "torch.optim.Rprop",
        {
            "eta_minus": "etas 0",
            "eta_plus": "etas 1",
            "step_min": "step_sizes 0",
            "step_max": "step_sizes 1",
        },
    ),
    "lion": ("optax.lion", B1_B2),
    "muon": ("torch.optim.Muon", {}),
    "shampoo": ("pytorch_optimizer.Shampoo", {"eps": "matrix_eps"}),
    "soap": ("pytorch_optimizer.SOAP", BETAS),
    "adafactor": ("torch.optim.Adafactor", {"eps1": "eps 0", "eps2": "eps 1"}),
    "lamb": ("optax.lamb", B1_B2),
    "schedule_free_sgd": ("schedulefree.SGDScheduleFree", {}),
    "schedule_free_adamw": ("schedulefree.AdamWScheduleFree", BETAS),
    "prodigy": ("prodigyopt.Prodigy", BETAS),
    "sophia": ("optax.contrib.sophia", B1_B2),
}
# What no signature says, or says otherwise on purpose, and who says it.
OURS = {
    ("momentum", "momentum"): 0.9,  # PyTorch's 0 is gradient descent
    ("nesterov", "momentum"): 0.9,
    ("yogi", "lr"): 0.01,  # Zaheer et al. 2018; optax asks for a rate
    ("adopt", "lr"): 0.001,  # Taniguchi et al. 2024
    ("lion", "lr"): 1e-4,  # Chen et al. 2023
    ("lamb", "lr"): 0.001,
    ("sophia", "lr"): 0.001,
    ("sophia", "h"): None,  # the diagonal of the Hessian, which is given
    ("adafactor", "eps1"): sys.float_info.epsilon,  # PyTorch's None is that
}


def test_every_recorded_rule_has_a_signature():
    assert set(LIBRARIES) == set(recorded.files())


@pytest.mark.parametrize("name", LIBRARIES)
def test_defaults_are_those_of_the_librarys_signature(name):
    library, theirs = LIBRARIES[name]
    for ours, default in hyperparameters(RULES[name]).items():
        if (name, ours) in OURS:
            assert default == OURS[name, ours], ours
            continue
        parameter, _, index = theirs.get(ours, ours).partition(" ")
        recorded = RECORD[library][parameter]
        assert default == (recorded[int(index)] if index else recorded), ours


def test_our_own_defaults_differ_from_the_signatures_or_are_in_none():
    for (name, ours), default in OURS.items():
        library, theirs = LIBRARIES[name]
        parameter, _, index = theirs.get(ours, ours).partition(" ")
        recorded = RECORD[library].get(parameter)
        assert (recorded[int(index)] if index else recorded) != default or default is None


@pytest.mark.xdist_group("frameworks")
def test_the_libraries_still_have_these_defaults():
    assert run_with_frameworks("tests/reference/record_defaults.py", "--check").strip() == "checked"
