# %% [markdown]
# # The edge of stability
#
# <!-- after: mlps, learning-rate -->
#
# <p class="gd-question">Theory says that η must stay below 2 over the largest curvature. What does a network do when you do not look?</p>
#
# For a fixed quadratic, [one number decides](../descent/how-fast.md): gradient descent is stable where the largest curvature, the *sharpness* $S$, is
# below $2/\eta$. A network has no fixed curvature. Here one is trained with plain gradient descent on all its data at once, with no noise anywhere, and
# its sharpness is measured on the way. (For Adam see [Adaptive steps](../descent/adaptive-steps.md).)
#
# | symbol | in code | meaning |
# |---|---|---|
# | $w$ | `w` | all weights and biases, as one vector |
# | $f(w)$ | `loss` | the loss on all images |
# | $H$ | | the Hessian of $f$: all its second derivatives |
# | $S$ | `S` | the sharpness, the largest eigenvalue of $H$ |
# | $\eta$, $\beta$ | `lr`, `momentum` | learning rate, momentum |
#
# ## A small network, all in one vector
#
# Two hundred of the [digits](digits.py), three hidden layers of 32 units with tanh, squared error. The loss is written in plain NumPy.

# %%
from itertools import pairwise

import numpy as np

from gdbook.data import digits
from gdbook.figures import edge_of_stability as figures
from gdbook.figures.notebook import show

(X, y), *_ = digits()
X, Y = X[:200] - X[:200].mean(axis=0), np.eye(10)[y[:200]]
sizes = [64, 32, 32, 32, 10]


def loss(w, X=X, Y=Y):
    """Half the squared error, a mean over the images."""
    A, at = X, 0
    for n, m in pairwise(sizes):
        W = w[at : at + n * m].reshape(n, m)
        b = w[at + n * m : at + n * m + m]
        at += n * m + m
        Z = A @ W + b
        A = np.tanh(Z)
    return ((Z - Y) ** 2).sum() / (2 * len(X))


def start(seed):
    """Random weights of variance 1/n for n inputs."""
    rng = np.random.default_rng(seed)
    parts = []
    for n, m in pairwise(sizes):
        parts += [rng.normal(0, n**-0.5, n * m), np.zeros(m)]
    return np.concatenate(parts)


print(f"{start(0).size:,} parameters, their Hessian has")
print(f"{start(0).size ** 2:,} entries")
print(f"loss at the start {loss(start(0)):.3f}")

# %% [markdown]
# ## How to measure the sharpness
#
# Nobody needs all the entries of the Hessian. Its product with a vector, $Hv$, costs a few gradients:
# [differentiate the gradient](../backprop/differentiable-programming.md) along $v$. And repeating
#
# $$v \leftarrow \frac{Hv}{\lVert Hv \rVert}$$
#
# turns $v$ into the direction of the largest curvature, because that part of $v$ grows most. Then $S = v^\top H v$. (Largest *in size*: if that one
# is negative, the function looks again with $H$ shifted.)

# %%
from gdbook.autodiff import hvp, value_and_grad
from gdbook.sharpness import sharpness
from gdbook.theory import gd_edge

gradient = value_and_grad(loss)


def watch(rule, lr, steps, every, seed=0, **hyper):
    """Train on all data; the loss of each step, and the
    sharpness every so many steps."""
    w, state = start(seed), ()
    v = np.random.default_rng(1).normal(size=w.size)
    losses, seen = [], []
    for t in range(steps + 1):
        value, g = gradient(w)
        losses.append(float(value))
        if t % every == 0:
            S, v = sharpness(lambda v: hvp(loss, w, v), v)
            seen.append(S)
        now = lr(t) if callable(lr) else lr
        w, *state = rule(w, g, *state, lr=now, **hyper)
    return np.array(losses), np.array(seen)


# %% [markdown]
# The last line is how every rule of this book is called: a step takes the weights, the gradient and the state, and gives the new ones.
#
# ## Four rates
#
# One start, four values of η, each for the same time $\eta t$. So if η were small enough not to matter, all four would do the same. *Late*, here and
# below, is the median of the second half of what was measured.

# %%
from gdbook.rules import sgd

TIME = 600
runs = {}
for lr in 0.1, 0.2, 0.3, 0.5:
    steps = round(TIME / lr)
    losses, S = watch(sgd, lr, steps, every=steps // 100)
    runs[lr] = losses, S
    late = np.median(S[-50:])
    print(
        f"η = {lr}: edge {gd_edge(lr):5.2f}, sharpness "
        f"{S[0]:.2f} at first, {late:5.2f} late"
    )
    assert late < 1.05 * gd_edge(lr)
show(figures.sharpness_of_rates(runs, TIME))

# %% [markdown]
# With the smallest η nothing stops the sharpness: as the network learns, it more than doubles. This is called *progressive sharpening*. It stays below its
# own limit, so nothing else happens.
#
# The next two rise along the same curve, until each meets its own $2/\eta$. They go a little over, since a swing begins with next to nothing and takes a while to
# grow. By the theory of a quadratic they should then blow up. They do not: the sharpness drops back to the edge and stays there. The largest η starts
# *above* its edge, and comes down to it first.
#
# The run at η = 0.3 alone, the picture that opens this chapter on its page:

# %% tags=["opening"]
_, S = runs[0.3]
show(figures.one_run(S, 0.3, every=20))

# %% [markdown]
# And the loss?

# %%
for lr in runs:
    losses, _ = runs[lr]
    up = np.mean(np.diff(losses[len(losses) // 2 :]) > 0)
    print(
        f"η = {lr}: loss {losses[-1]:.4f}, rises in "
        f"{up:4.0%} of the steps of the second half"
    )
show(figures.losses_of_rates(runs, TIME))

# %% [markdown]
# Below the edge the loss falls at each step. At the edge it goes up and down from one step to the next, and yet falls over the long run. Each of the theorems that
# promise a falling loss asks for $\eta < 2/S$ and is silent here; training is fine nevertheless.
#
# Why does it not blow up? Over the edge the weights swing along the sharpest direction, wider at each step, as the quadratic says. But away from the floor of
# the valley the slope points, among other things, towards places that are less sharp: a term of third order that no quadratic has. The wider
# the swing, the stronger the push; it ends once $S$ is below $2/\eta$ again ([@damian2023]). In
# [two dimensions](../descent/how-fast.md#the-edge-of-stability) you can see it with bare eyes.
#
# *Try it:* on a parabola the sharpness cannot change, and nothing helps:
# [η a little over the limit](../labs/ball.md?f=parabola&rule=sgd&lr=1.02&x0=0.5).
#
# ## Lower the rate on the way
#
# If this is right, the sharpness should rise again as soon as η is made smaller. After 200 steps it is: from 0.5 to 0.3.


# %%
def cut(t):
    return 0.5 if t < 200 else 0.3


_, S = watch(sgd, cut, steps=1600, every=10)
before, after = np.median(S[10:20]), np.median(S[-50:])
print(f"before the cut {before:.2f}, edge {gd_edge(0.5):.2f}")
print(f"at the end     {after:.2f}, edge {gd_edge(0.3):.2f}")
assert 0.95 < after / gd_edge(0.3) < 1.05
edges = gd_edge(0.5), gd_edge(0.3)
show(figures.after_a_cut(S, 10, 200, *edges))

# %% [markdown]
# So the learning rate does not only set how fast you go. It decides in which part of the landscape you are: a large η keeps to where it is flat.
#
# ## With momentum
#
# Each rule has [an edge of its own](../descent/how-fast.md#the-edge-of-stability): for the heavy ball $(2 + 2\beta)/\eta$, for Nesterov's momentum
# $(2 + 2\beta)/((1 + 2\beta)\,\eta)$. Do runs hover there too? (`momentum` is the heavy ball.)

# %%
from gdbook.rules import momentum, nesterov
from gdbook.theory import momentum_edge, nesterov_edge

ratios = {}
for rule, lr, beta, edge in (
    (momentum, 0.4, 0.5, momentum_edge(0.4, 0.5)),
    (momentum, 0.5, 0.9, momentum_edge(0.5, 0.9)),
    (nesterov, 0.2, 0.9, nesterov_edge(0.2, 0.9)),
):
    _, S = watch(rule, lr, 1500, every=15, momentum=beta)
    name = f"{rule.__name__}, β = {beta}"
    ratios[name] = S / edge
    late = np.median(S[-50:])
    print(f"{name:17}  edge {edge:.2f}, late {late:.2f}")
    assert 0.9 < late / edge < 1.1
show(figures.share_of_the_edge(ratios, 15))

# %% [markdown]
# Three more settings, and each goes to the limit that a calculation on *parabolas* gave for it.
#
# ## When it does not happen
#
# - With the cross-entropy loss, late: the network gets every image right, its probabilities go to 1, and the curvature goes to 0 with them. So the
#   sharpness rises, meets the edge, and at the end of training falls ([@cohen2021]).
# - With small batches the noise keeps the run where it is flatter: see the exercise.
# - With a very wide network or an easy task: they sharpen little, and may never meet their edge ([@cohen2021]).
#
# What is measured here holds for this network. Proofs exist for far simpler ones.
#
# ## Check yourself
#
# Predict first, then unfold: each answer is a cell that computes it.
#
# **Question 1.** Another random start, the same η = 0.3. Where will the sharpness be late?

# %% tags=["solution"]
# Where a run ends depends on its start; the edge does not.
for seed in 1, 2, 3:
    _, S = watch(sgd, 0.3, 1500, every=15, seed=seed)
    print(
        f"seed {seed}: sharpness {S[0]:.2f} at first, "
        f"{np.median(S[-50:]):.2f} late"
    )
print(f"edge {gd_edge(0.3):.2f}")

# %% [markdown]
# **Question 2.** So is there no η that is too large?

# %% tags=["solution"]
# There is. The push towards flatter places is limited: if
# the first steps throw the weights too far, nothing brings
# them back.
for lr in 0.5, 0.6, 0.8, 1.0:
    w = start(0)
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(300):
            w = w - lr * gradient(w)[1]
        end = loss(w)
    print(
        f"η = {lr}: after 300 steps",
        f"loss {end:.3f}" if np.isfinite(end) else "diverged",
    )

# %% [markdown]
# **Exercise 1.** Train with batches of 20 images at η = 0.3 and measure the sharpness on all images. Is it at the edge?

# %% tags=["solution"]
# No: clearly below. A batch is sharper than the mean of
# all, here even sharper than 2/η. But each step is on
# another batch, with another sharpest direction, so no
# single one decides. The noise swings the weights all the
# time, and each swing pushes towards flatter places.
rng = np.random.default_rng(0)
w = start(0)
for _ in range(3000):
    rows = rng.choice(len(X), 20, replace=False)
    w = w - 0.3 * gradient(w, X[rows], Y[rows])[1]
S, _ = sharpness(
    lambda v: hvp(loss, w, v), rng.normal(size=w.size)
)
print(f"sharpness {S:.2f}, edge {gd_edge(0.3):.2f}")

batches = []
for _ in range(5):
    rows = rng.choice(len(X), 20, replace=False)

    def part(u, rows=rows):
        return loss(u, X[rows], Y[rows])

    of_part, _ = sharpness(
        lambda v, part=part: hvp(part, w, v),
        rng.normal(size=w.size),
    )
    batches.append(of_part)
print(f"mean of five batches {np.mean(batches):.2f}")

# %% [markdown]
# **Exercise 2.** The heavy ball with β = 0.5, for 1,500 steps, at η = 0.3 and at η = 0.2. Predict where the sharpness will be late, then measure.

# %% tags=["solution"]
# At the larger rate it is at its edge. At the smaller one
# the edge is higher than what this network sharpens to in
# that time: so nothing stops it, as with η = 0.1 above.
for lr in 0.3, 0.2:
    _, S = watch(momentum, lr, 1500, every=15, momentum=0.5)
    late, edge = np.median(S[-50:]), momentum_edge(lr, 0.5)
    print(f"η = {lr}: edge {edge:.2f}, late {late:.2f}")

# %% [markdown]
# ## Sources
#
# - [@cohen2021].
# - [@cohen2022].
# - [@damian2023].
# - [@pearlmutter1994].
# - [@vonmises1929]: the power iteration.
