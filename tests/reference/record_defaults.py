"""Record the defaults in other libraries' own signatures: python tests/reference/record_defaults.py [--check]

Needs the packages of .ci/frameworks.txt. Writes defaults.json beside this file; with ``--check`` writes
nothing, and exits with 1 and a sentence where a library has other defaults now. Nothing is taken from gdbook:
a run with hyperparameters that are handed over cannot show a default that is wrong.
"""

import inspect
import json
import sys
from importlib import import_module
from pathlib import Path

STORED = Path(__file__).with_name("defaults.json")
SIGNATURES = [
    "torch.optim.SGD",
    "torch.optim.Adagrad",
    "torch.optim.RMSprop",
    "torch.optim.Adadelta",
    "torch.optim.Adam",
    "torch.optim.AdamW",
    "torch.optim.Adamax",
    "torch.optim.NAdam",
    "torch.optim.RAdam",
    "torch.optim.Rprop",
    "torch.optim.Muon",
    "torch.optim.Adafactor",
    "torch.optim.LBFGS",
    "optax.adam",
    "optax.adamw",
    "optax.yogi",
    "optax.lion",
    "optax.lamb",
    "optax.contrib.adopt",
    "optax.contrib.muon",
    "optax.contrib.sophia",
    "pytorch_optimizer.Shampoo",
    "pytorch_optimizer.SOAP",
    "schedulefree.SGDScheduleFree",
    "schedulefree.AdamWScheduleFree",
    "prodigyopt.Prodigy",
    "torch.optim.lr_scheduler.StepLR",
    "torch.optim.lr_scheduler.MultiStepLR",
    "torch.optim.lr_scheduler.PolynomialLR",
    "torch.optim.lr_scheduler.CosineAnnealingLR",
    "torch.optim.lr_scheduler.CosineAnnealingWarmRestarts",
    "torch.optim.lr_scheduler.OneCycleLR",
    "torch.optim.lr_scheduler.ReduceLROnPlateau",
    "scipy.optimize.line_search",
]


def plain(value):
    """Whether a default is numbers, and so the same in a file."""
    if isinstance(value, (tuple, list)):
        return all(map(plain, value))
    return value is None or isinstance(value, (bool, int, float, str))


def recorded():
    found = {}
    for name in SIGNATURES:
        module, _, attribute = name.rpartition(".")
        parameters = inspect.signature(getattr(import_module(module), attribute)).parameters.values()
        found[name] = {
            p.name: list(p.default) if isinstance(p.default, tuple) else p.default
            for p in parameters
            if p.default is not p.empty and plain(p.default) and p.default != float("inf")
        }
    return found


def main(arguments):
    now = recorded()
    if arguments == ["--check"]:
        stored = json.loads(STORED.read_text())
        other = [name for name in SIGNATURES if stored.get(name) != now[name]]
        if other or set(stored) != set(now):
            sys.exit(f"other defaults than in {STORED.name}: {', '.join(other)}")
        print("checked")
    elif not arguments:
        STORED.write_text(json.dumps(now, indent=1) + "\n")
    else:
        sys.exit(f"unknown argument {arguments[0]!r}: use --check, or nothing to write")


if __name__ == "__main__":
    main(sys.argv[1:])
