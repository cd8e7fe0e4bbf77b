"""Run by test_value.py where micrograd is: its programs with its Value, and with ours in its place.

Prints as JSON: random expressions (data and gradients by both), and the training of its own network by both.
"""

import json
import random

import micrograd.engine
import micrograd.nn

import gdbook.value

OPERATIONS = (
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: a * b,
    lambda a, b: a / (b * b + 1),
    lambda a, b: a**3 - b**-2,
    lambda a, b: (a - 0.3).relu() + 2 * b,
    lambda a, b: 1.5 - a / 4,
    lambda a, b: 2 / (a * a + 1) + b - 1,
    lambda a, b: -a + 3,
    lambda a, b: sum([a, b, a]),
)


def expression(kind, seed):
    """``[data, gradients of the four leaves]`` of one random expression of thirty operations."""
    draw = random.Random(seed)
    leaves = [kind(draw.uniform(0.5, 2)) for _ in range(4)]
    values = list(leaves)
    for _ in range(30):
        value = draw.choice(OPERATIONS)(draw.choice(values), draw.choice(values))
        if 0.01 < abs(value.data) < 100:  # no overflow, and no large sums that cancel
            values.append(value)
    result = sum(values[4:], kind(0))
    result.backward()
    return [result.data, *(leaf.grad for leaf in leaves)]


def network(kind):
    micrograd.nn.Value = kind
    random.seed(1)
    return micrograd.nn.MLP(2, [8, 8, 1])


def train(kind, model, points):
    micrograd.nn.Value = kind
    losses = [(1 + -label * model([a, b])).relu() for a, b, label in points]
    loss = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in model.parameters())
    model.zero_grad()
    loss.backward()
    for p in model.parameters():
        p.data -= 0.1 * p.grad
    return loss.data


def main():
    kinds = (micrograd.engine.Value, gdbook.value.Value)
    draw = random.Random(0)
    points = [
        (a, b, 1 if a * b > 0 else -1) for a, b in ((draw.gauss(0, 1), draw.gauss(0, 1)) for _ in range(30))
    ]
    models = [network(kind) for kind in kinds]
    both = list(zip(kinds, models, strict=True))
    losses = [[train(kind, model, points) for kind, model in both] for _ in range(20)]
    expressions = [[expression(kind, seed) for kind in kinds] for seed in range(200)]
    print(json.dumps({"expressions": expressions, "losses": losses}))


main()
