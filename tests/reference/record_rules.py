"""Record the update rules of other libraries: python tests/reference/record_rules.py [--check] [RULE…]

Needs the packages that ``LIBRARIES`` names (see .ci/frameworks.txt). Writes
docs/reference/trajectories/RULE.json; with ``--check`` writes nothing, and exits with 1 and a sentence
where a library no longer does what the file says.
"""

import contextlib
import json
import random
import sys
from importlib.metadata import version

import jax
import numpy as np
import optax
import optax.contrib
import prodigyopt
import pytorch_optimizer
import pytorch_optimizer.optimizer.soap
import schedulefree
import torch

from gdbook.recorded import rules as recorded

jax.config.update("jax_enable_x64", True)
# PyTorch keeps step counts and NAdam's product of momenta in the default type.
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


class DoublePrecision:
    """The module torch, where what is called single precision is double."""

    float32 = torch.float64

    def __getattr__(self, name):
        return getattr(torch, name)


# Two rules step down to a lower precision for a part of their work. Here they keep that of the parameters:
# it is the arithmetic that is compared.
torch.Tensor.bfloat16 = torch.Tensor.clone  # torch.optim.Muon's iteration
pytorch_optimizer.optimizer.soap.torch = DoublePrecision()  # SOAP's QR decomposition

DRAWS = 3  # of hyperparameters for each library and shape; the first are the defaults
SAME = 1e-12  # relative: what another version of a processor's cosine may differ by after 200 steps

# How each hyperparameter is drawn.
RANGES = {
    "lr": lambda r: 10 ** r.uniform(-3, -0.7),
    "momentum": lambda r: r.uniform(0.3, 0.98),
    "beta1": lambda r: r.uniform(0.3, 0.98),
    "beta2": lambda r: r.uniform(0.9, 0.9999),
    "rho": lambda r: r.uniform(0.8, 0.999),
    "eps": lambda r: 10 ** r.uniform(-9, -3),
    "weight_decay": lambda r: 10 ** r.uniform(-3, -1),
    "momentum_decay": lambda r: 10 ** r.uniform(-3, -1.5),
    "eta_plus": lambda r: r.uniform(1.05, 1.5),
    "eta_minus": lambda r: r.uniform(0.3, 0.9),
    "step_min": lambda r: 10 ** r.uniform(-8, -4),
    "step_max": lambda r: 10 ** r.uniform(-1, 1),
    "centered": lambda r: r.random() < 0.5,
    "nesterov": lambda r: r.random() < 0.5,
    "ns_steps": lambda r: r.randint(3, 7),
    "precondition_frequency": lambda r: r.randint(2, 20),
    "beta2_decay": lambda r: r.uniform(-0.9, -0.5),
    "eps1": lambda r: 10 ** r.uniform(-12, -3),
    "eps2": lambda r: 10 ** r.uniform(-4, -1),
    "d": lambda r: r.uniform(1, 2),
    "d0": lambda r: 10 ** r.uniform(-7, -3),
    "d_coef": lambda r: r.uniform(0.5, 2),
    "gamma": lambda r: 10 ** r.uniform(-2, 0),
    "clip_threshold": lambda r: r.uniform(0.5, 2),
    "h": lambda r: r.uniform(0.1, 3),
}
COUPLED = RANGES["weight_decay"]
# With larger rates Muon's path is chaotic: it doubles a rounding error every few steps, so that no two
# orders of the same sums agree after 200.
SMALLER = {"muon": 0.05}


def by_torch(make):
    """A run of a torch optimizer: ``make(parameters, hyper, coupled)`` builds it."""

    def run(w, hyper, coupled):
        parameter = torch.tensor(w, requires_grad=True)
        optimizer = make([parameter], hyper, coupled)
        if hasattr(optimizer, "train"):  # schedule-free: the parameters are where the gradient is taken
            optimizer.train()
        for t in range(recorded.STEPS):
            parameter.grad = torch.from_numpy(recorded.gradient(parameter.detach().numpy(), t))
            optimizer.step()
            yield parameter.detach().numpy()

    return run


def by_optax(make, turned=np.asarray):
    """A run of an optax transformation: ``make(hyper)`` builds it.

    ``turned`` is ``np.transpose`` for one that has a column, not a row, for each output.
    """

    def run(w, hyper, coupled):
        transformation = make(hyper)
        if coupled:
            transformation = optax.chain(optax.add_decayed_weights(coupled), transformation)
        update = jax.jit(transformation.update)
        w = jax.numpy.asarray(turned(w))
        state = transformation.init(w)
        for t in range(recorded.STEPS):
            g = turned(recorded.gradient(turned(w), t))
            updates, state = update(jax.numpy.asarray(g), state, w)
            w = optax.apply_updates(w, updates)
            yield turned(w)

    return run


def given_diagonal(h):
    """An optax transformation that says that the Hessian's diagonal is h."""

    def update(updates, state, params=None, **_):
        return jax.numpy.full_like(params, 0.0 if h is None else h), state

    return optax.GradientTransformation(lambda params: (), update)


def betas(h):
    return (h["beta1"], h["beta2"])


def b1_b2(h):
    return {"b1": h["beta1"], "b2": h["beta2"]}


# For each rule: what it is compared with, how to run that, and the hyperparameters that are drawn.
# "coupled" draws a weight decay that is added to the gradient, by the library's own flag where it has one.
LIBRARIES = {
    "sgd": [
        (
            "torch.optim.SGD",
            by_torch(lambda p, h, c: torch.optim.SGD(p, h["lr"], weight_decay=c)),
            "lr coupled",
        ),
        ("optax.sgd", by_optax(lambda h: optax.sgd(h["lr"])), "lr coupled"),
    ],
    "momentum": [
        (
            "torch.optim.SGD(momentum)",
            by_torch(lambda p, h, c: torch.optim.SGD(p, h["lr"], momentum=h["momentum"], weight_decay=c)),
            "lr momentum coupled",
        ),
        ("optax.sgd(momentum)", by_optax(lambda h: optax.sgd(h["lr"], h["momentum"])), "lr momentum coupled"),
    ],
    "nesterov": [
        (
            "torch.optim.SGD(nesterov=True)",
            by_torch(
                lambda p, h, c: torch.optim.SGD(
                    p, h["lr"], momentum=h["momentum"], nesterov=True, weight_decay=c
                )
            ),
            "lr momentum coupled",
        ),
        (
            "optax.sgd(nesterov=True)",
            by_optax(lambda h: optax.sgd(h["lr"], h["momentum"], nesterov=True)),
            "lr momentum coupled",
        ),
    ],
    "adagrad": [
        (
            "torch.optim.Adagrad",
            by_torch(lambda p, h, c: torch.optim.Adagrad(p, h["lr"], eps=h["eps"], weight_decay=c)),
            "lr eps coupled",
        ),
    ],
    "rmsprop": [
        (
            "torch.optim.RMSprop",
            by_torch(
                lambda p, h, c: torch.optim.RMSprop(
                    p, h["lr"], alpha=h["rho"], eps=h["eps"], centered=h["centered"], weight_decay=c
                )
            ),
            "lr rho eps centered coupled",
        ),
        (
            "optax.rmsprop(eps_in_sqrt=False)",
            by_optax(
                lambda h: optax.rmsprop(
                    h["lr"], h["rho"], h["eps"], centered=h["centered"], eps_in_sqrt=False
                )
            ),
            "lr rho eps centered coupled",
        ),
    ],
    "adadelta": [
        (
            "torch.optim.Adadelta",
            by_torch(
                lambda p, h, c: torch.optim.Adadelta(p, h["lr"], rho=h["rho"], eps=h["eps"], weight_decay=c)
            ),
            "lr rho eps coupled",
        ),
        (
            "optax.adadelta",
            by_optax(lambda h: optax.adadelta(h["lr"], h["rho"], h["eps"])),
            "lr rho eps coupled",
        ),
    ],
    "adam": [
        (
            "torch.optim.Adam",
            by_torch(lambda p, h, c: torch.optim.Adam(p, h["lr"], betas(h), h["eps"], weight_decay=c)),
            "lr beta1 beta2 eps coupled",
        ),
        (
            "optax.adam",
            by_optax(lambda h: optax.adam(h["lr"], **b1_b2(h), eps=h["eps"])),
            "lr beta1 beta2 eps coupled",
        ),
    ],
    "adamw": [
        (
            "torch.optim.AdamW",
            by_torch(
                lambda p, h, c: torch.optim.AdamW(
                    p, h["lr"], betas(h), h["eps"], weight_decay=h["weight_decay"]
                )
            ),
            "lr beta1 beta2 eps weight_decay",
        ),
        (
            "optax.adamw",
            by_optax(
                lambda h: optax.adamw(h["lr"], **b1_b2(h), eps=h["eps"], weight_decay=h["weight_decay"])
            ),
            "lr beta1 beta2 eps weight_decay",
        ),
    ],
    "amsgrad": [
        (
            "torch.optim.Adam(amsgrad=True)",
            by_torch(
                lambda p, h, c: torch.optim.Adam(p, h["lr"], betas(h), h["eps"], weight_decay=c, amsgrad=True)
            ),
            "lr beta1 beta2 eps coupled",
        ),
    ],
    "adamax": [
        (
            "torch.optim.Adamax",
            by_torch(lambda p, h, c: torch.optim.Adamax(p, h["lr"], betas(h), h["eps"], weight_decay=c)),
            "lr beta1 beta2 eps coupled",
        ),
        (
            "optax.adamax",
            by_optax(lambda h: optax.adamax(h["lr"], **b1_b2(h), eps=h["eps"])),
            "lr beta1 beta2 eps coupled",
        ),
    ],
    "nadam": [
        (
            "torch.optim.NAdam",
            by_torch(
                lambda p, h, c: torch.optim.NAdam(
                    p, h["lr"], betas(h), h["eps"], weight_decay=c, momentum_decay=h["momentum_decay"]
                )
            ),
            "lr beta1 beta2 eps momentum_decay coupled",
        ),
    ],
    "radam": [
        (
            "torch.optim.RAdam",
            by_torch(lambda p, h, c: torch.optim.RAdam(p, h["lr"], betas(h), h["eps"], weight_decay=c)),
            "lr beta1 beta2 eps coupled",
        ),
    ],
    "adopt": [
        (
            "optax.contrib.adopt(use_clipping=False)",
            by_optax(lambda h: optax.contrib.adopt(h["lr"], **b1_b2(h), eps=h["eps"], use_clipping=False)),
            "lr beta1 beta2 eps coupled",
        ),
    ],
    "yogi": [
        (
            "optax.yogi",
            by_optax(lambda h: optax.yogi(h["lr"], **b1_b2(h), eps=h["eps"])),
            "lr beta1 beta2 eps coupled",
        ),
    ],
    "rprop": [
        (
            "torch.optim.Rprop",
            by_torch(
                lambda p, h, c: torch.optim.Rprop(
                    p, h["lr"], (h["eta_minus"], h["eta_plus"]), (h["step_min"], h["step_max"])
                )
            ),
            "lr eta_plus eta_minus step_min step_max",
        ),
    ],
    "lion": [
        (
            "optax.lion",
            by_optax(lambda h: optax.lion(h["lr"], **b1_b2(h), weight_decay=h["weight_decay"])),
            "lr beta1 beta2 weight_decay",
        ),
    ],
    "muon": [
        (
            "optax.contrib.muon(nesterov=False)",
            by_optax(
                lambda h: optax.contrib.muon(
                    h["lr"],
                    beta=h["momentum"],
                    weight_decay=h["weight_decay"],
                    nesterov=h["nesterov"],
                    ns_steps=h["ns_steps"],
                    eps=1e-30,  # added to the norm, where PyTorch takes the larger of the two
                ),
                np.transpose,
            ),
            "lr weight_decay momentum nesterov ns_steps",
        ),
        (
            "torch.optim.Muon",
            by_torch(
                lambda p, h, c: torch.optim.Muon(
                    p,
                    h["lr"],
                    h["weight_decay"],
                    h["momentum"],
                    h["nesterov"],
                    eps=h["eps"],
                    ns_steps=h["ns_steps"],
                )
            ),
            "lr weight_decay momentum nesterov eps ns_steps",
        ),
    ],
    "shampoo": [
        (
            "pytorch_optimizer.Shampoo",
            by_torch(
                lambda p, h, c: pytorch_optimizer.Shampoo(p, h["lr"], matrix_eps=h["eps"], weight_decay=c)
            ),
            "lr eps",
        ),
    ],
    "soap": [
        (
            "pytorch_optimizer.SOAP",
            by_torch(
                lambda p, h, c: pytorch_optimizer.SOAP(
                    p,
                    h["lr"],
                    betas(h),
                    weight_decay=h["weight_decay"],
                    precondition_frequency=h["precondition_frequency"],
                    eps=h["eps"],
                )
            ),
            "lr beta1 beta2 eps weight_decay precondition_frequency",
        ),
    ],
    "adafactor": [
        (
            "torch.optim.Adafactor",
            by_torch(
                lambda p, h, c: torch.optim.Adafactor(
                    p, h["lr"], h["beta2_decay"], (h["eps1"], h["eps2"]), h["d"], h["weight_decay"]
                )
            ),
            "lr beta2_decay eps1 eps2 d weight_decay",
        ),
    ],
    "lamb": [
        (
            "optax.lamb",
            by_optax(lambda h: optax.lamb(h["lr"], **b1_b2(h), eps=h["eps"], weight_decay=h["weight_decay"])),
            "lr beta1 beta2 eps weight_decay",
        ),
    ],
    "schedule_free_sgd": [
        (
            "schedulefree.SGDScheduleFree",
            by_torch(
                lambda p, h, c: schedulefree.SGDScheduleFree(p, h["lr"], h["momentum"], h["weight_decay"])
            ),
            "lr momentum weight_decay",
        ),
        (
            "optax.contrib.schedule_free_sgd",
            by_optax(
                lambda h: optax.contrib.schedule_free_sgd(
                    h["lr"], b1=h["momentum"], weight_decay=h["weight_decay"]
                )
            ),
            "lr momentum weight_decay",
        ),
    ],
    "schedule_free_adamw": [
        (
            "schedulefree.AdamWScheduleFree",
            by_torch(
                lambda p, h, c: schedulefree.AdamWScheduleFree(
                    p, h["lr"], betas(h), h["eps"], h["weight_decay"]
                )
            ),
            "lr beta1 beta2 eps weight_decay",
        ),
        (
            "optax.contrib.schedule_free_adamw",
            by_optax(
                lambda h: optax.contrib.schedule_free_adamw(
                    h["lr"], **b1_b2(h), eps=h["eps"], weight_decay=h["weight_decay"]
                )
            ),
            "lr beta1 beta2 eps weight_decay",
        ),
    ],
    "prodigy": [
        (
            "prodigyopt.Prodigy",
            by_torch(
                lambda p, h, c: prodigyopt.Prodigy(
                    p,
                    h["lr"],
                    betas(h),
                    eps=h["eps"],
                    weight_decay=h["weight_decay"],
                    d0=h["d0"],
                    d_coef=h["d_coef"],
                )
            ),
            "lr beta1 beta2 eps weight_decay d0 d_coef",
        ),
    ],
    "sophia": [
        (
            "optax.contrib.sophia",
            by_optax(
                lambda h: optax.contrib.sophia(
                    h["lr"],
                    **b1_b2(h),
                    eps=h["eps"],
                    weight_decay=h["weight_decay"],
                    gamma=h["gamma"],
                    clip_threshold=h["clip_threshold"],
                    update_interval=1,
                    hessian_diagonal_fn=given_diagonal(h["h"]),
                )
            ),
            "lr beta1 beta2 eps weight_decay gamma clip_threshold h",
        ),
    ],
}


def record(rule):
    """All runs of the libraries that have ``rule``, as the file holds them."""
    from gdbook.descent import hyperparameters
    from gdbook.rules import RULES

    defaults = hyperparameters(RULES[rule])
    runs = []
    for library, run, names in LIBRARIES[rule]:
        numbers = random.Random(f"{rule} {library}")
        for draw in range(DRAWS):
            for shape in recorded.shapes(rule):
                drawn = {name: RANGES[name](numbers) for name in names.split() if name != "coupled"}
                hyper = drawn if draw else {name: defaults[name] for name in drawn}
                if draw:
                    hyper["lr"] *= SMALLER.get(rule, 1)
                if "nesterov=False" in library:  # with it, the library corrects a bias that PyTorch does not
                    hyper["nesterov"] = False
                coupled = COUPLED(numbers) if draw and "coupled" in names else 0.0
                with contextlib.redirect_stdout(sys.stderr):  # some libraries announce their settings
                    path = [w.tolist() for w in run(recorded.start(recorded.SHAPES[shape]), hyper, coupled)]
                runs.append(
                    {
                        "library": library,
                        "version": version(library.split(".")[0]).split("+")[0],
                        "hyper": hyper,
                        "coupled": coupled,
                        "shape": shape,
                        "w": [path[t - 1] for t in recorded.KEPT],
                    }
                )
    return runs


def text(runs):
    lines = ",\n".join(json.dumps(run) for run in runs)
    return f'{{"runs": [\n{lines}\n]}}\n'


def differs(stored, made):
    """Where the stored runs are not the made ones: a sentence, or None."""
    if len(stored) != len(made):
        return f"{len(stored)} runs stored, {len(made)} made"
    for old, new in zip(stored, made, strict=True):
        what = f"{new['library']} {new['version']}, {new['shape']}, {new['hyper']}"
        if any(old[key] != new[key] for key in new if key != "w"):
            return f"stored is another run than {what}"
        off = np.max(np.abs(np.array(old["w"]) - np.array(new["w"]))) / np.max(np.abs(old["w"]))
        if not off <= SAME:
            return f"{what}: off by {off:.1e}"
    return None


def main(arguments):
    check = "--check" in arguments
    complaints = []
    for rule in [name for name in arguments if name != "--check"] or LIBRARIES:
        made, path = record(rule), recorded.TRAJECTORIES / f"{rule}.json"
        if check:
            complaint = differs(json.loads(path.read_text())["runs"], json.loads(text(made))["runs"])
            complaints += [f"{rule}: {complaint}"] if complaint else []
        else:
            path.write_text(text(made))
    print("\n".join(complaints) or f"{'checked' if check else 'recorded'}")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
