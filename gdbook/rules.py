r"""Update rules: one step of a descent, as plain arithmetic.

Every rule has the form ``rule(w, g, state, lr=…, …) -> (w, state)``:

- ``w``: the parameters, a float or an array of any shape;
- ``g``: the gradient of the loss at ``w``, of the same shape;
- ``state``: what the rule remembers from its last step; its default is the state before
  the first step, so ``rule(w, g, lr=0.1)`` is a first step;
- ``lr``: the learning rate η, in units of ``w`` over units of ``g``.

A rule changes none of its arguments and only adds and multiplies, so floats, NumPy arrays,
torch tensors and JAX arrays all work. ``RULES`` maps each name to its function.
"""


def sgd(w, g, state=None, lr=1e-3):
    r"""One step of gradient descent.

    $$w_{t+1} = w_t - \eta\, g_t$$

    No state. Called SGD, stochastic gradient descent, when ``g`` is a noisy estimate of the
    gradient; the arithmetic is the same. Source: Cauchy 1847; Robbins, Monro 1951 for the
    stochastic form. Default ``lr`` as in PyTorch.
    """
    return w - lr * g, state


def momentum(w, g, velocity=0.0, lr=1e-3, momentum=0.9):
    r"""One step of gradient descent with momentum (heavy ball).

    $$v_{t+1} = \mu v_t + g_t \qquad w_{t+1} = w_t - \eta\, v_{t+1}$$

    State: the velocity ``v``, of the shape of ``w``; zero before the first step.
    ``momentum`` is μ, in [0, 1). Source: Polyak 1964. The form with η outside the velocity
    is PyTorch's; with a constant η it takes the same steps as Polyak's.
    """
    velocity = momentum * velocity + g
    return w - lr * velocity, velocity


RULES = {"sgd": sgd, "momentum": momentum}
