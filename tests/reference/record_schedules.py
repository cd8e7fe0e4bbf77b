"""Record what PyTorch and optax do, for the tests of ``gdbook.schedules`` and ``gdbook.gradients``.

    python tests/reference/record_schedules.py            writes schedules.json beside this file
    python tests/reference/record_schedules.py --check    records again, and compares with the file

Needs torch and optax (.ci/frameworks.txt), not gdbook: what it writes owes nothing to the book.
``arguments`` are those of gdbook's function; what the library was given stands in the code here.
"""

import json
import math
import os
import random
import sys
import warnings
from pathlib import Path

os.environ["JAX_ENABLE_X64"] = "1"  # optax in double precision

import optax
import torch
from torch.optim import lr_scheduler

warnings.filterwarnings("ignore", message=".*lr_scheduler.step.*")  # there is nothing to train here

FILE = Path(__file__).with_name("schedules.json")
STEPS = 200
DRAWS = 2
DIGITS = 14  # of each rate in the file: a relative 5e-14 at most, far below what is compared
# Libraries may round a cosine differently on another machine.
RELATIVE = 1e-12


def parameters(*values):
    return [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in values]


def rates(schedule, lr, steps=STEPS):
    """The learning rates of ``steps`` steps with a scheduler of PyTorch: ``schedule(optimizer)``."""
    optimizer = torch.optim.SGD(parameters(0.0), lr=lr)
    scheduler = schedule(optimizer)
    found = []
    for _ in range(steps):
        found.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        scheduler.step()
    return found


def values(schedule):
    """The same of a schedule of optax."""
    return [float(schedule(t)) for t in range(STEPS)]


def short(numbers):
    return [float(f"{number:.{DIGITS}g}") for number in numbers]


def rate(rng):
    return round(10 ** rng.uniform(-4, 0), 7)


def constant(rng):
    lr = rate(rng)
    yield (
        "torch.optim.lr_scheduler.ConstantLR",
        {"lr": lr},
        rates(lambda o: lr_scheduler.ConstantLR(o, factor=1.0), lr),
    )


def step(rng):
    lr, every, gamma = rate(rng), rng.randint(1, 70), round(rng.uniform(0.1, 0.9), 3)
    yield (
        "torch.optim.lr_scheduler.StepLR",
        {"lr": lr, "every": every, "gamma": gamma},
        rates(lambda o: lr_scheduler.StepLR(o, every, gamma), lr),
    )
    yield (
        "torch.optim.lr_scheduler.StepLR",
        {"lr": lr, "every": every},
        rates(lambda o: lr_scheduler.StepLR(o, every), lr),
    )


def multi_step(rng):
    lr, gamma = rate(rng), round(rng.uniform(0.1, 0.9), 3)
    milestones = sorted(rng.sample(range(1, STEPS), 3))
    yield (
        "torch.optim.lr_scheduler.MultiStepLR",
        {"lr": lr, "milestones": milestones, "gamma": gamma},
        rates(lambda o: lr_scheduler.MultiStepLR(o, milestones, gamma), lr),
    )
    milestones = [milestones[0], milestones[0], milestones[1]]  # one milestone twice
    yield (
        "torch.optim.lr_scheduler.MultiStepLR",
        {"lr": lr, "milestones": milestones},
        rates(lambda o: lr_scheduler.MultiStepLR(o, milestones), lr),
    )


def exponential(rng):
    lr, gamma = rate(rng), round(rng.uniform(0.9, 1.02), 4)
    yield (
        "torch.optim.lr_scheduler.ExponentialLR",
        {"lr": lr, "gamma": gamma},
        rates(lambda o: lr_scheduler.ExponentialLR(o, gamma), lr),
    )


def polynomial(rng):
    lr, steps, power = rate(rng), rng.randint(50, 250), round(rng.uniform(0.5, 3), 2)
    yield (
        "torch.optim.lr_scheduler.PolynomialLR",
        {"lr": lr, "steps": steps, "power": power},
        rates(lambda o: lr_scheduler.PolynomialLR(o, steps, power), lr),
    )
    yield (
        "torch.optim.lr_scheduler.PolynomialLR",
        {"lr": lr, "steps": steps},
        rates(lambda o: lr_scheduler.PolynomialLR(o, steps), lr),
    )
    end = lr * 0.125
    yield (
        "optax.polynomial_schedule",
        {"lr": lr, "steps": steps, "power": power, "min_lr": end},
        values(optax.polynomial_schedule(lr, end, power, steps)),
    )


def cosine(rng):
    lr, steps = rate(rng), rng.randint(50, 250)
    for end in (0.0, lr * 0.125):
        until = min(steps + 1, STEPS)  # afterwards PyTorch's rises again: cosine_past_its_end
        yield (
            "torch.optim.lr_scheduler.CosineAnnealingLR",
            {"lr": lr, "steps": steps, "min_lr": end},
            rates(lambda o, end=end: lr_scheduler.CosineAnnealingLR(o, steps, end), lr, until),
        )
        yield (
            "optax.cosine_decay_schedule",
            {"lr": lr, "steps": steps, "min_lr": end},
            values(optax.cosine_decay_schedule(lr, steps, end / lr)),
        )


def cosine_past_its_end(rng):
    """Not a schedule of the book: what PyTorch's cosine does after its last step."""
    lr, steps = rate(rng), rng.randint(20, 90)
    yield (
        "torch.optim.lr_scheduler.CosineAnnealingLR",
        {"lr": lr, "steps": steps},
        rates(lambda o: lr_scheduler.CosineAnnealingLR(o, steps), lr),
    )


def warm_restarts(rng):
    lr, steps, growth = rate(rng), rng.randint(5, 60), rng.randint(2, 3)
    yield (
        "torch.optim.lr_scheduler.CosineAnnealingWarmRestarts",
        {"lr": lr, "steps": steps, "growth": growth, "min_lr": lr * 0.125},
        rates(lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, steps, growth, lr * 0.125), lr),
    )
    yield (
        "torch.optim.lr_scheduler.CosineAnnealingWarmRestarts",
        {"lr": lr, "steps": steps},
        rates(lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, steps), lr),
    )


def warmup(rng):
    """Warm-up before a cosine of ``steps`` steps: ``warmup(cosine(lr, steps), warmup_steps, start)``."""
    lr, steps, up = rate(rng), rng.randint(200, 250), rng.randint(1, 60)
    for start in (None, 1 / 3, round(rng.uniform(0.01, 0.9), 3)):
        factor = 1 / (up + 1) if start is None else start
        yield (
            "torch.optim.lr_scheduler.SequentialLR of LinearLR and CosineAnnealingLR",
            {"lr": lr, "steps": steps, "warmup_steps": up, "start": start},
            rates(
                lambda o, factor=factor: lr_scheduler.SequentialLR(
                    o,
                    [lr_scheduler.LinearLR(o, factor, 1.0, up), lr_scheduler.CosineAnnealingLR(o, steps)],
                    [up],
                ),
                lr,
            ),
        )
    yield (
        "optax.warmup_cosine_decay_schedule",
        {"lr": lr, "steps": steps, "warmup_steps": up, "start": 0.0},
        values(optax.warmup_cosine_decay_schedule(0.0, lr, up, up + steps)),
    )


def one_cycle(rng):
    lr, steps = rate(rng), rng.randint(200, 250)
    share, divisor, final = round(rng.uniform(0.1, 0.45), 3), rng.randint(2, 50), rng.randint(10, 10**5)
    yield (
        "torch.optim.lr_scheduler.OneCycleLR",
        {"lr": lr, "steps": steps},
        rates(lambda o: lr_scheduler.OneCycleLR(o, lr, steps, cycle_momentum=False), lr),
    )
    for strategy in ("cos", "linear"):
        for three in (False, True):
            arguments = {
                "pct_start": share,
                "div_factor": float(divisor),
                "final_div_factor": float(final),
                "anneal_strategy": strategy,
                "three_phase": three,
            }
            yield (
                "torch.optim.lr_scheduler.OneCycleLR",
                {"lr": lr, "steps": steps, **arguments},
                rates(
                    lambda o, arguments=arguments: lr_scheduler.OneCycleLR(
                        o, lr, steps, cycle_momentum=False, **arguments
                    ),
                    lr,
                ),
            )


def inverse_sqrt(rng):
    """The formula of the paper, which counts steps from 1, by PyTorch's LambdaLR."""
    width, up = rng.choice([128, 512, 1024]), rng.randint(1, 150)
    lr = (width * up) ** -0.5
    yield (
        "torch.optim.lr_scheduler.LambdaLR of the paper's formula",
        {"lr": lr, "warmup_steps": up},
        rates(
            lambda o: lr_scheduler.LambdaLR(
                o, lambda t: width**-0.5 * min((t + 1) ** -0.5, (t + 1) * up**-1.5)
            ),
            1.0,
        ),
    )


def reduce_on_plateau(rng):
    """The rate after each loss; the losses fall, stall, jump and are NaN once."""
    lr = rate(rng)
    losses, level = [], 10.0
    for t in range(STEPS):
        level *= rng.choice([0.9, 0.99, 1.0, 1.0, 1.0, 1.05])
        losses.append(None if t == 40 else round(level, 6))
    for arguments in (
        {},
        {
            "factor": round(rng.uniform(0.2, 0.9), 2),
            "patience": rng.randint(0, 5),
            "threshold": round(10 ** rng.uniform(-4, -1), 5),
            "cooldown": rng.randint(1, 6),
            "min_lr": lr * 0.01,
        },
        {"factor": 0.5, "patience": 2, "eps": lr * 0.1},
    ):
        optimizer = torch.optim.SGD(parameters(0.0), lr=lr)
        scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, **arguments)
        found = []
        for loss in losses:
            scheduler.step(math.nan if loss is None else loss)
            found.append(float(optimizer.param_groups[0]["lr"]))
        yield (
            "torch.optim.lr_scheduler.ReduceLROnPlateau",
            {"lr": lr, "losses": losses, **arguments},
            found,
        )


SCHEDULES = (
    constant,
    step,
    multi_step,
    exponential,
    polynomial,
    cosine,
    cosine_past_its_end,
    warm_restarts,
    warmup,
    one_cycle,
    inverse_sqrt,
    reduce_on_plateau,
)


def torch_gradients(gs, change):
    """What ``change(parameters)`` makes of the gradients ``gs``."""
    ws = parameters(*[[0.0] * len(g) for g in gs])
    for w, g in zip(ws, gs, strict=True):
        w.grad = torch.tensor(g, dtype=torch.float64)
    change(ws)
    return [w.grad.tolist() for w in ws]


def optax_gradients(gs, transform):
    arrays = [jax_array(g) for g in gs]
    changed, _ = transform.update(arrays, transform.init(arrays))
    return [g.tolist() for g in changed]


def jax_array(values):
    import jax.numpy as jnp

    return jnp.array(values, dtype=jnp.float64)


def clipping(rng):
    """Two arrays of gradients, clipped together; limits below and above their norm."""
    scale = 10 ** rng.uniform(-3, 3)
    gs = [[rng.gauss(0, scale) for _ in range(n)] for n in (5, 3)]
    norm = math.sqrt(sum(g * g for part in gs for g in part))
    for limit in (norm / 3, norm * 3):
        given = {"gradients": gs, "limit": limit}
        yield {
            "name": "clip_by_norm",
            "library": "torch.nn.utils.clip_grad_norm_",
            **given,
            "clipped": torch_gradients(gs, lambda ws, c=limit: torch.nn.utils.clip_grad_norm_(ws, c)),
        }
        yield {
            "name": "clip_by_norm without eps",
            "library": "optax.clip_by_global_norm",
            **given,
            "clipped": optax_gradients(gs, optax.clip_by_global_norm(limit)),
        }
    given = {"gradients": gs, "limit": scale}
    yield {
        "name": "clip_by_value",
        "library": "torch.nn.utils.clip_grad_value_",
        **given,
        "clipped": torch_gradients(gs, lambda ws: torch.nn.utils.clip_grad_value_(ws, scale)),
    }
    yield {
        "name": "clip_by_value",
        "library": "optax.clip",
        **given,
        "clipped": optax_gradients(gs, optax.clip(scale)),
    }


def weight_decay(rng):
    """Ten steps of SGD with momentum and weight decay, and of AdamW with gradient 0, which only decays."""
    w = [rng.gauss(0, 1) for _ in range(4)]
    gradients = [[rng.gauss(0, 1) for _ in w] for _ in range(10)]
    arguments = {"lr": round(rng.uniform(0.01, 0.2), 4), "weight_decay": round(rng.uniform(0.01, 1), 3)}
    for name, library, optimizer, gs in (
        (
            "coupled_weight_decay",
            "torch.optim.SGD",
            lambda ws: torch.optim.SGD(ws, momentum=0.9, **arguments),
            gradients,
        ),
        (
            "decoupled_weight_decay",
            "torch.optim.AdamW",
            lambda ws: torch.optim.AdamW(ws, **arguments),
            [[0.0] * len(w)] * 10,
        ),
    ):
        (parameter,) = ws = parameters(w)
        optimizer = optimizer(ws)
        path = []
        for g in gs:
            parameter.grad = torch.tensor(g, dtype=torch.float64)
            optimizer.step()
            path.append(parameter.tolist())
        yield {"name": name, "library": library, "start": w, "gradients": gs, **arguments, "path": path}


def record():
    schedules, gradients = [], []
    for draw in range(DRAWS):
        for cases in SCHEDULES:
            rng = random.Random(f"{cases.__name__} {draw}")
            for library, arguments, lr in cases(rng):
                schedules.append(
                    {"name": cases.__name__, "library": library, "arguments": arguments, "lr": short(lr)}
                )
        for cases in (clipping, weight_decay):
            gradients.extend(cases(random.Random(f"{cases.__name__} {draw}")))
    return {
        "versions": {"torch": torch.__version__.partition("+")[0], "optax": optax.__version__},
        "schedules": schedules,
        "gradients": gradients,
    }


def difference(found, stored, where=""):
    """Where two records differ, in words; None if they agree."""
    if isinstance(found, float) and isinstance(stored, float):
        same = math.isclose(found, stored, rel_tol=RELATIVE, abs_tol=1e-30)
        return None if same else f"{where}: {found!r} now, {stored!r} stored"
    if isinstance(found, (dict, list)) and type(found) is type(stored):
        keys = found if isinstance(found, dict) else range(len(found))
        if len(found) != len(stored) or (isinstance(found, dict) and set(found) != set(stored)):
            return f"{where}: {len(found)} entries now, {len(stored)} stored, or other names"
        parts = (difference(found[key], stored[key], f"{where}/{key}") for key in keys)
        return next((part for part in parts if part), None)
    return None if found == stored else f"{where}: {found!r} now, {stored!r} stored"


def main():
    found = record()
    if "--check" not in sys.argv:
        entries = {
            name: "[\n" + ",\n".join(json.dumps(case) for case in found[name]) + "\n]"
            for name in ("schedules", "gradients")
        }
        body = ",\n".join(f'"{name}": {text}' for name, text in entries.items())
        FILE.write_text(f'{{\n"versions": {json.dumps(found["versions"])},\n{body}\n}}\n')
        return None
    wrong = difference(json.loads(json.dumps(found)), json.loads(FILE.read_text()))
    return f"{FILE.name} is not what the libraries do: {wrong}" if wrong else None


if __name__ == "__main__":
    sys.exit(main())
