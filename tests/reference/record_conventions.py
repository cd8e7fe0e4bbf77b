"""Record how other libraries do the same rules: python tests/reference/record_conventions.py [--check]

Needs torch, optax and Keras (see .ci/frameworks.txt). Writes docs/reference/conventions.json; with
``--check`` writes nothing, and exits with 1 and a sentence where a library no longer does what it says.
"""

import functools
import json
import os
import sys
from importlib.metadata import version

os.environ["KERAS_BACKEND"] = "jax"

import jax
import numpy as np
import optax
import torch

jax.config.update("jax_enable_x64", True)

import keras  # noqa: E402 — after its backend has 64 bits

from gdbook.recorded import conventions, rules  # noqa: E402

keras.config.set_floatx("float64")
SAME = 1e-12  # relative: what another processor's cosine may make of 200 steps


def by_keras(make):
    def run(w, lr):
        variable = keras.Variable(w, dtype="float64")
        optimizer = make(lr(0))
        optimizer.build([variable])
        for t in range(rules.STEPS):
            optimizer.learning_rate = lr(t)
            optimizer.apply([jax.numpy.asarray(rules.gradient(np.asarray(variable), t))])
            yield np.asarray(variable)

    return run


def by_optax(transformation):
    def run(w, lr):
        w = jax.numpy.asarray(w)
        state = transformation.init(w)
        update = jax.jit(transformation.update)
        for t in range(rules.STEPS):
            updates, state = update(jax.numpy.asarray(rules.gradient(np.asarray(w), t)), state, w)
            w = optax.apply_updates(w, updates)
            yield np.asarray(w)

    return run


def by_torch(make):
    def run(w, lr):
        parameter = torch.tensor(w, requires_grad=True)
        optimizer = make([parameter])
        for t in range(rules.STEPS):
            parameter.grad = torch.from_numpy(rules.gradient(parameter.detach().numpy(), t))
            optimizer.step()
            yield parameter.detach().numpy()

    return run


K = keras.optimizers
RUNS = {
    "momentum_with_rate_inside": by_keras(lambda lr: K.SGD(lr, momentum=0.9)),
    "momentum_of_averages": by_optax(optax.chain(optax.ema(0.9, debias=False), optax.scale(-0.05))),
    "momentum_with_dampening": by_torch(lambda p: torch.optim.SGD(p, 0.05, momentum=0.9, dampening=0.9)),
    "adagrad_with_eps_inside": by_optax(optax.adagrad(0.1, eps=0.01)),
    "adagrad_of_keras": by_keras(lambda lr: K.Adagrad(lr, epsilon=0.01)),
    "rmsprop_with_eps_inside": by_optax(optax.rmsprop(0.01, decay=0.9, eps=0.01)),
    "rmsprop_of_keras": by_keras(lambda lr: K.RMSprop(lr, rho=0.9, epsilon=0.01)),
    "adam_with_eps_before_correction": by_keras(lambda lr: K.Adam(lr, 0.8, 0.99, epsilon=0.01)),
    "amsgrad_of_corrected": by_optax(optax.amsgrad(0.01, 0.8, 0.99)),
    "adamax_with_eps_outside": by_keras(lambda lr: K.Adamax(lr, 0.8, 0.99, epsilon=0.01)),
    "nadam_of_keras": by_keras(lambda lr: K.Nadam(lr, 0.8, 0.99, epsilon=1e-8)),
    "nadam_with_constant_momentum": by_optax(optax.nadam(0.01, 0.8, 0.99)),
    "radam_with_eps_after_correction": by_optax(optax.radam(0.01, 0.8, 0.99, eps=0.01)),
    "adamw_defaults": by_optax(optax.adamw(0.01)),
    "adamw_of_keras": by_keras(lambda lr: K.AdamW(lr)),
    "adam_of_keras_with_decay": by_keras(lambda lr: K.Adam(lr, weight_decay=0.1)),
    "lion_of_keras": by_keras(lambda lr: K.Lion(lr)),
    "rprop_one_step_late": by_optax(optax.rprop(0.01)),
}


def record():
    runs = {}
    for name, run in RUNS.items():
        convention = conventions.CONVENTIONS[name]
        lr = functools.partial(
            conventions.rate_at, lr=convention["same"][1]["lr"], falling=convention.get("falling", False)
        )
        path = [w.tolist() for w in run(rules.start(rules.SHAPES["vector"]), lr)]
        library = convention["library"].partition(".")[0]
        runs[name] = {"version": version(library).split("+")[0], "w": [path[t - 1] for t in rules.KEPT]}
    return runs


def main(arguments):
    made = record()
    if "--check" not in arguments:
        lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(run)}" for name, run in made.items())
        conventions.RECORD.write_text(f"{{\n{lines}\n}}\n")
        print("recorded")
        return 0
    stored = json.loads(conventions.RECORD.read_text())
    complaints = []
    for name, run in made.items():
        off = np.max(np.abs(np.array(stored[name]["w"]) - run["w"])) / np.max(np.abs(run["w"]))
        if not off <= SAME or stored[name]["version"] != run["version"]:
            complaints.append(f"{name}: {run['version']} is off by {off:.1e} from the stored run")
    print("\n".join(complaints) or "checked")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
