"""Run by test_autodiff_frameworks.py where torch and jax are: random programs, differentiated by all.

The programs are written once, for a namespace ``xp`` and its few other names, and given NumPy under
gdbook.autodiff, jax.numpy and torch. Prints as JSON, for each program, the largest difference of the
values, gradients and Hessian-vector products from each framework's, relative to their size.
"""

import json
import random

import jax
import jax.numpy as jnp
import numpy as np
import torch

from gdbook import autodiff

jax.config.update("jax_enable_x64", True)
torch.set_default_dtype(torch.float64)
PROGRAMS, LENGTH, N = 40, 8, 4


class Names:
    """What the three call by different names."""

    def __init__(self, xp):
        self.xp = xp
        self.torch = xp is torch
        self.axis = "dim" if self.torch else "axis"
        self.cat = torch.cat if self.torch else xp.concatenate
        self.eye = xp.eye(N)
        self.index = torch.tensor([0, 2, 2, 1]) if self.torch else np.array([0, 2, 2, 1])
        self.maximum = xp.maximum

    def reduce(self, name, a, axis, keep):
        if self.torch:
            name = {"max": "amax", "min": "amin"}.get(name, name)
            options = {"correction": 0} if name in ("var", "std") else {}
            return getattr(torch, name)(a, dim=axis, keepdim=keep, **options)
        return getattr(self.xp, name)(a, axis=axis, keepdims=keep)

    def cumsum(self, a, axis):
        return self.xp.cumsum(a, axis)

    def sort(self, a):
        return torch.sort(a, dim=1).values if self.torch else self.xp.sort(a, axis=1)

    def norm(self, a):
        return self.xp.linalg.norm(a)

    def pad(self, a):
        if self.torch:
            return torch.nn.functional.pad(a, (1, 0, 0, 1))[:N, :N]
        return self.xp.pad(a, ((0, 1), (1, 0)))[:N, :N]


UNARY = (
    lambda n, a: n.xp.tanh(a),
    lambda n, a: n.xp.sin(a) * n.xp.cos(a),
    lambda n, a: n.xp.exp(-a * a),
    lambda n, a: n.xp.log1p(a * a),
    lambda n, a: n.xp.sqrt(1 + a**2),
    lambda n, a: n.xp.arctan(a) + n.xp.arcsinh(a),
    lambda n, a: n.xp.abs(a),
    lambda n, a: n.xp.clip(a, -0.5, 0.7),
    lambda n, a: n.xp.where(a > 0, a * a, a),
    lambda n, a: a.T,
    lambda n, a: a.reshape(2, 2 * N).T.reshape(N, N),
    lambda n, a: a[n.index],
    lambda n, a: a[n.index][:, n.index],
    lambda n, a: n.cat([a[1:], a[:1] * 2]),
    lambda n, a: n.xp.stack([a[0], a[1], a[0] * a[3], a[2]]),
    lambda n, a: a - n.reduce("mean", a, 0, True),
    lambda n, a: a / (1 + n.reduce("std", a, 1, True)),
    lambda n, a: a * n.reduce("max", a, 1, True),
    lambda n, a: a + n.reduce("min", a, 0, True),
    lambda n, a: a * n.reduce("var", a, 0, False),
    lambda n, a: n.cumsum(a, 1) / N,
    lambda n, a: n.sort(a),
    lambda n, a: n.pad(a),
    lambda n, a: a / (1 + n.norm(a)),
    lambda n, a: n.xp.linalg.inv(n.eye + 0.1 * a @ a.T),
    lambda n, a: n.xp.linalg.cholesky(n.eye + 0.1 * a @ a.T),
    lambda n, a: n.xp.linalg.slogdet(n.eye + 0.1 * a @ a.T)[1] * a,
    lambda n, a: n.xp.linalg.det(n.eye + 0.1 * a) * a,
    lambda n, a: n.xp.linalg.eigvalsh(n.eye + a @ a.T)[None, :] * a,
    lambda n, a: n.xp.tril(a) + 2 * n.xp.triu(a, 1),
    lambda n, a: n.xp.prod(a[0]) * a,
)
BINARY = (
    lambda n, a, b: a + b,
    lambda n, a, b: a - 2 * b,
    lambda n, a, b: a * b,
    lambda n, a, b: a / (2 + b * b),
    lambda n, a, b: a @ b / N,
    lambda n, a, b: n.xp.einsum("ij,kj->ik", a, b) / N,
    lambda n, a, b: n.xp.einsum("ij,ij,kj->ik", a, a, b) / N,
    lambda n, a, b: n.xp.tensordot(a, b, 1) / N,
    lambda n, a, b: a[0] + b[:, :1],
    lambda n, a, b: n.xp.outer(a[0], b[:, 1]),
    lambda n, a, b: n.maximum(a, b),
    lambda n, a, b: n.xp.hypot(a, 1 + b * b),
    lambda n, a, b: n.xp.logaddexp(a, b),
    lambda n, a, b: n.xp.arctan2(a, 1 + b * b),
    lambda n, a, b: (1 + a * a) ** b,
    lambda n, a, b: n.xp.linalg.solve(n.eye + 0.1 * a @ a.T, b),
)


def program(seed):
    draw = random.Random(seed)
    steps = [(draw.randrange(len(UNARY) + len(BINARY)), draw.random(), draw.random()) for _ in range(LENGTH)]

    def run(names, x, y):
        values = [x, y]
        for operation, i, j in steps:
            a, b = values[int(i * len(values))], values[-1 - int(j * 2)]
            is_unary = operation < len(UNARY)
            z = UNARY[operation](names, a) if is_unary else BINARY[operation - len(UNARY)](names, a, b)
            values.append(names.xp.tanh(z / 2) + 0.1 * z / (1 + z * z))
        result = values[-1]
        for value in values[:-1]:
            result = result + 0.3 * value
        return (result * result).sum()

    return run


def by_gdbook(run, x, y, v):
    f = lambda x, y: run(Names(np), x, y)  # noqa: E731
    value, gradients = autodiff.value_and_grad(f, (0, 1))(x, y)
    return [value, *gradients, autodiff.hvp(lambda x: f(x, y), x, v)]


def by_jax(run, x, y, v):
    f = lambda x, y: run(Names(jnp), x, y)  # noqa: E731
    x, y, v = map(jnp.asarray, (x, y, v))
    value, gradients = jax.value_and_grad(f, (0, 1))(x, y)
    return [value, *gradients, jax.jvp(jax.grad(lambda x: f(x, y)), (x,), (v,))[1]]


def by_torch(run, x, y, v):
    x, y = (torch.tensor(a, requires_grad=True) for a in (x, y))
    value = run(Names(torch), x, y)
    gradients = torch.autograd.grad(value, (x, y), create_graph=True)
    product = torch.autograd.grad((gradients[0] * torch.tensor(v)).sum(), x)[0]
    return [a.detach().numpy() for a in (value, *gradients, product)]


def main():
    report = []
    for seed in range(PROGRAMS):
        x, y, v = np.random.default_rng(seed).standard_normal((3, N, N))
        run = program(seed)
        ours = by_gdbook(run, x, y, v)
        for other in (by_jax, by_torch):
            theirs = [np.asarray(a) for a in other(run, x, y, v)]
            off = max(
                float(np.max(np.abs(a - b)) / max(1, np.max(np.abs(b))))
                for a, b in zip(ours, theirs, strict=True)
            )
            report.append([other.__name__, seed, off])
    print(json.dumps(report))


main()
