# %% [markdown]
# # Train a net on real digits
#
# <!-- after: mlps, adaptive-steps -->
#
# <p class="gd-question">Can a rule of a few lines teach a network to read handwriting, and how would you know that it can read?</p>
#
# What the other chapters derive comes together here: a [network](../backprop/mlps.md) with its gradient worked out by hand, the
# [rules](../descent/adaptive-steps.md), small [batches](../descent/stochastic-gradients.md), and real data.
#
# | symbol | in code | meaning |
# |---|---|---|
# | $x$, $y$ | `X`, `y` | images, a row of 64 numbers each, and the digits that they show |
# | $\theta$ | `params` | all weights and biases of the network |
# | $p$ | `sure` | the probability that the network gives to each digit |
# | $L$ | `run.loss` | the loss: minus the logarithm of the probability of the right digit, averaged |
# | $\eta$ | `lr` | the learning rate |
#
# ## The data
#
# Thirteen people wrote digits on forms. Each image is 8 by 8 pixels, each pixel a number from 0, paper, to 1, ink. Before anything else the images are
# split in three: one part to learn from, one to choose settings with (*validation*), and one to open when all is chosen (*test*).
# The first images of each digit are the picture that opens this chapter on its page.

# %% tags=["opening"]
import numpy as np

from gdbook.data import digits
from gdbook.figures import digits as figures
from gdbook.figures.notebook import show

(X, y), valid, test = digits()
X_test, y_test = test
print(
    f"{len(y)} images to train on, {len(valid[1])} "
    f"to validate, {len(y_test)} to test"
)
show(figures.images(X, y))

# %% [markdown]
# ## The network, before it has learned
#
# Two hidden layers of 64 units with relu, then ten numbers, one for each digit, which softmax turns into probabilities:
#
# $$x \to 64 \to 64 \to 10 \to p$$
#
# The weights begin random. A network that knows nothing should give each digit a tenth, and so have a loss near $\ln 10$. It is the first thing to check: a
# start far above it means weights that are too large.

# %%
from gdbook.mlp import accuracy, init, loss

params = init([64, 64, 64, 10], np.random.default_rng(0))
count = sum(W.size + b.size for W, b in params)
print(f"{count:,} parameters")
print(
    f"loss {loss(params, X, y):.2f}, ln 10 is {np.log(10):.2f}"
)
print(f"{accuracy(params, X, y):.0%} right, by chance 10%")

# %% [markdown]
# ## Training
#
# One step: take 32 images, compute the gradient of their loss, let the rule move the parameters. An *epoch* has gone once through all images.
# The rule is [Adam](../descent/adaptive-steps.md).

# %%
from gdbook.mlp import train
from gdbook.rules import adam

run = train(
    params, (X, y), adam, lr=0.003, epochs=25, valid=valid
)
print("accuracy     training  validation")
for epoch in 0, 1, 5, 25:
    seen, new = run.accuracy[epoch], run.valid_accuracy[epoch]
    print(f"epoch {epoch:2} {seen:12.1%} {new:10.1%}")
show(figures.curves(run))

# %% [markdown]
# Read the two curves together. The training accuracy alone says how well the network knows images that it has seen. Later the gap between them shows how
# much it has learned by heart.
#
# ## Images that it has never seen
#
# Now the test images, opened for the first time. With $n$ of them, an accuracy $a$ is uncertain by about $\sqrt{a(1 - a)/n}$: another 300 images would
# give a slightly different number. (The test images serve again below; from now on they are no longer unseen.)

# %%
from gdbook.mlp import forward, softmax

sure = softmax(forward(run.params, X_test)[-1])
guess = sure.argmax(axis=1)
right = np.mean(guess == y_test)
error = np.sqrt(right * (1 - right) / len(y_test))
assert right >= 0.97
print(f"{right:.1%} right, give or take {error:.1%}")
show(figures.confusion(y_test, guess))

# %% [markdown]
# Each row holds the images of one digit, each column one guess. What stands off the diagonal, in red, is wrong. Here are those images, with what the network
# takes them for and how sure it is:

# %%
show(figures.mistakes(X_test, y_test, sure))

# %% [markdown]
# Look at them and judge for yourself: would you have known? Mind the percentages. The network can be wrong and sure at the same time; its
# probabilities are what made the training loss small, and they promise nothing.
#
# ## When it goes wrong
#
# Move each test image to the right by a pixel or two. You would hardly notice, because nearly all of the ink stays.


# %%
def moved(X, right):
    """The images, moved to the right, with paper on the left."""
    images = X.reshape(-1, 8, 8)
    padded = np.pad(images, ((0, 0), (0, 0), (right, 0)))
    return padded[:, :, :8].reshape(len(X), 64)


shifts = [0, 1, 2]
found = [
    accuracy(run.params, moved(X_test, s), y_test)
    for s in shifts
]
for s, share in zip(shifts, found):
    ink = moved(X_test, s).sum() / X_test.sum()
    print(
        f"{s} pixels: {share:4.0%} right, {ink:4.0%} of the ink"
    )
show(figures.by_shift(shifts, found))

# %% [markdown]
# The network has learned which of 64 numbers are large together, and not what a shape is. All its images were centred, training and test alike, so the
# test could not show it. A test tells you about data *like the test data*. The exercise below mends this.
#
# ## Which rule?
#
# Was Adam the right choice? A fair comparison gives each rule the same budget: six rates, ten epochs, the same three seeds for start and order of images.
# The rate is chosen on the validation images, with the mean of the seeds.

# %%
from gdbook.rules import RULES


def seeds(rule, lr, epochs=10):
    """Validation and test accuracy of each seed."""
    pairs = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        start = init([64, 64, 64, 10], rng)
        run = train(start, (X, y), rule, lr, epochs, rng=rng)
        w = run.params
        pairs.append(
            (accuracy(w, *valid), accuracy(w, *test))
        )
    return np.transpose(pairs)


rates = {
    "sgd": [0.01, 0.03, 0.1, 0.3, 1.0, 3.0],
    "momentum": [0.001, 0.003, 0.01, 0.03, 0.1, 0.3],
    "adam": [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1],
}
tried, ends = {}, {}
for name, several in rates.items():
    both = [seeds(RULES[name], lr) for lr in several]
    tried[name] = np.array([found for found, _ in both])
    means = tried[name].mean(axis=1)
    best = means.argmax()
    ends[name] = both[best][1]
    print(f"{name:8} best η {several[best]:<6g}", end="")
    print(f"validation {means[best]:.2%}", end=", ")
    print(f"test {ends[name].mean():.2%}")
show(figures.accuracy_by_rate(rates, tried))

# %% [markdown]
# How much of the difference on the test images is chance? Two things could have come out otherwise: the seeds, and which 300 images they are.

# %%
means = [found.mean() for found in ends.values()]
spread = max(found.std(ddof=1) for found in ends.values())
a, n = np.mean(means), len(y_test)
error = np.sqrt(a * (1 - a) / n)
print(f"between rules, at most {np.ptp(means):.2%}")
print(f"a mean of three seeds, ± {spread / 3**0.5:.2%}")
print(f"{n} images, ± {error:.2%}")
assert np.ptp(means) < 2 * error

# %% [markdown]
# The difference is about as large as what 300 images leave open. Do not call a winner. What matters here
# is the rate, and each rule has its own scale for it. Where adaptive rules do win, and by how much, is in
# [Adaptive steps](../descent/adaptive-steps.md).
#
# *Try it:* [the three rules in a valley](../labs/race.md?f=quadratic&kappa=20&rules=sgd,momentum,adam), each at the rate that *Tune* finds. Change one
# of the rates and see who wins then.
#
# ## Check yourself
#
# Predict first, then unfold: each answer is a cell that computes it.
#
# **Question 1.** Give the training images random labels, and train for 120 epochs. What will the training accuracy be, what the validation accuracy?

# %% tags=["solution"]
# There are several parameters for each label, room to
# learn them by heart. On new images that is worth nothing.
rng = np.random.default_rng(0)
nonsense = train(
    params,
    (X, rng.permutation(y)),
    adam,
    lr=0.003,
    epochs=120,
    valid=valid,
)
print(f"{count:,} parameters for {len(y):,} labels")
print(
    f"training {nonsense.accuracy[-1]:.0%}, "
    f"validation {nonsense.valid_accuracy[-1]:.0%}"
)

# %% [markdown]
# **Question 2.** What happens if all weights start at 0 instead of at random?

# %% tags=["solution"]
# Each gradient of a weight has a factor from the layer
# before it or behind it, and those are all 0: the weights
# never move. Only the last biases learn: how frequent
# each digit is.
zero = [(0 * W, b) for W, b in params]
stuck = train(zero, (X, y), adam, lr=0.003, epochs=5)
assert all(np.all(W == 0) for W, _ in stuck.params)
print(
    f"all weights are still 0, accuracy {accuracy(stuck.params, X_test, y_test):.0%}"
)

# %% [markdown]
# **Exercise 1.** Make the network stand a shift by one pixel: train on moved images too. What does it cost on the images that were not moved?


# %% tags=["solution"]
def left(X, by):
    """Moved to the left: mirror, move right, mirror."""

    def flip(X):
        return X.reshape(-1, 8, 8)[:, :, ::-1].reshape(-1, 64)

    return flip(moved(flip(X), by))


more = np.concatenate([X, moved(X, 1), left(X, 1)])
wide = train(
    params, (more, np.tile(y, 3)), adam, lr=0.001, epochs=25
)
for name, images in (
    ("as they are", X_test),
    ("right by 1", moved(X_test, 1)),
    ("left by 1", left(X_test, 1)),
):
    print(
        f"{name:12}"
        f"{accuracy(run.params, images, y_test):6.1%} before, "
        f"{accuracy(wide.params, images, y_test):6.1%} now"
    )

# %% [markdown]
# **Exercise 2.** Take the hidden layers away: `init([64, 10], …)`. How many of the test images does that read, and which digits does it take for which?

# %% tags=["solution"]
# Few are lost: this data is easy. One digit gets more of
# the wrong guesses than any other.
start = init([64, 10], np.random.default_rng(0))
flat = train(start, (X, y), adam, lr=0.003, epochs=25)
guess = forward(flat.params, X_test)[-1].argmax(axis=1)
lost = guess != y_test
print(f"{np.mean(~lost):.1%} right, {lost.sum()} wrong")
taken = np.bincount(guess[lost], minlength=10)
print(f"{taken.max()} of them taken for {taken.argmax()}")
show(figures.confusion(y_test, guess))

# %% [markdown]
# ## Sources
#
# - [@alpaydin1998b]: the digits, as scikit-learn carries them.
# - [@rumelhart1986].
# - [@he2015]: the random start.
# - [@kingma2015].
# - [@zhang2017]: random labels, learned by heart.
