r"""Rules that divide each coordinate's step by the size of its own gradients.

In all of them $g^2$, the root and the division are element by element; $t$ counts from 1, and $m$ and
$v$ start at zero. Coupled weight decay is no part of a rule: ``gdbook.gradients`` adds it to ``g``.
"""

from __future__ import annotations

from gdbook.numeric import maximum, sign, sqrt
from gdbook.rules.checked import checked

TYPE_CHECKING = False  # typing's own, which small Pythons do not have
if TYPE_CHECKING:
    from gdbook.types import Memory, T


@checked
def adagrad(
    w: T,
    g: T,
    total: Memory = 0.0,
    lr: T | float = 1e-2,
    eps: float = 1e-10,
) -> tuple[T, T]:
    r"""One step of AdaGrad: each coordinate's rate falls with the squares of all its gradients.

    $$G_t = G_{t-1} + g_t^2 \qquad w_{t+1} = w_t - \eta\,\frac{g_t}{\sqrt{G_t} + \epsilon}$$

    State: the sum $G$, of the shape of ``w``; zero before the first step, which is $-\eta$ times the
    gradient's sign. Source: Duchi, Hazan, Singer 2011. ε outside the root and the defaults are PyTorch's.
    """
    total = total + g * g
    return w - lr * g / (sqrt(total) + eps), total


@checked
def rmsprop(
    w: T,
    g: T,
    state: tuple[Memory, Memory] = (0.0, 0.0),
    lr: T | float = 1e-2,
    rho: float = 0.99,
    eps: float = 1e-8,
    centered: bool = False,
) -> tuple[T, tuple[T, T]]:
    r"""One step of RMSProp: AdaGrad with an average in place of the sum, so that it forgets.

    $$v_t = \rho v_{t-1} + (1 - \rho)\, g_t^2 \qquad w_{t+1} = w_t - \eta\,\frac{g_t}{\sqrt{v_t} + \epsilon}$$

    With ``centered`` the mean of the gradients is taken off: $v_t - m_t^2$, an estimate of their
    variance, stands in place of $v_t$, with $m_t = \rho m_{t-1} + (1 - \rho)\, g_t$. Where the gradient
    hardly changes the variance falls to 0: the centred step grows by orders of magnitude, and is lost where
    rounding takes the variance below 0.

    State: $(v, m)$, of the shape of ``w``; zero before the first step, which is therefore
    $1/\sqrt{1 - \rho} = 10$ times η at the default (plain form). Here $m$ is always kept; the plain form
    needs $v$ alone. Source: Tieleman, Hinton 2012 (lecture); centred: Graves 2013. ε outside the root and
    the defaults are PyTorch's, where ρ is called alpha.
    """
    v, m = state
    v = rho * v + (1 - rho) * g * g
    m = rho * m + (1 - rho) * g
    spread = v - m * m if centered else v
    return w - lr * g / (sqrt(spread) + eps), (v, m)


@checked
def adadelta(
    w: T,
    g: T,
    state: tuple[Memory, Memory] = (0.0, 0.0),
    lr: T | float = 1.0,
    rho: float = 0.9,
    eps: float = 1e-6,
) -> tuple[T, tuple[T, T]]:
    r"""One step of Adadelta: the size of the last steps over the size of the last gradients.

    $$\begin{aligned}
    v_t &= \rho v_{t-1} + (1 - \rho)\, g_t^2 \\
    \Delta_t &= \frac{\sqrt{u_{t-1} + \epsilon}}{\sqrt{v_t + \epsilon}}\; g_t \\
    u_t &= \rho u_{t-1} + (1 - \rho)\, \Delta_t^2 \\
    w_{t+1} &= w_t - \eta\, \Delta_t
    \end{aligned}$$

    State: $(v, u)$, of the shape of ``w``; zero before the first step. A step has the unit of ``w``:
    η is 1 in the paper. ε is inside both roots. Source: Zeiler 2012; defaults as in PyTorch.
    """
    v, u = state
    v = rho * v + (1 - rho) * g * g
    step = sqrt(u + eps) / sqrt(v + eps) * g
    u = rho * u + (1 - rho) * step * step
    return w - lr * step, (v, u)


@checked
def adam(
    w: T,
    g: T,
    state: tuple[Memory, Memory, int] = (0.0, 0.0, 0),
    lr: T | float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> tuple[T, tuple[T, T, int]]:
    r"""One step of Adam: the mean of the gradients over the root of the mean of their squares.

    $$\begin{aligned}
    m_t &= \beta_1 m_{t-1} + (1 - \beta_1)\, g_t \\
    v_t &= \beta_2 v_{t-1} + (1 - \beta_2)\, g_t^2 \\
    \hat m_t &= m_t / (1 - \beta_1^t) \\
    \hat v_t &= v_t / (1 - \beta_2^t) \\
    w_{t+1} &= w_t - \eta\, \hat m_t / \bigl(\sqrt{\hat v_t} + \epsilon\bigr)
    \end{aligned}$$

    State: $(m, v, t)$: two arrays of the shape of ``w``, zero before the first step, and the number
    of steps taken. The first step is $-\eta\, g/(|g| + \epsilon)$. Source: Kingma, Ba 2015, Algorithm 1,
    with its defaults, which are PyTorch's too.
    """
    m, v, t = state
    t = t + 1
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return w - lr * m_hat / (sqrt(v_hat) + eps), (m, v, t)


@checked
def adamw(
    w: T,
    g: T,
    state: tuple[Memory, Memory, int] = (0.0, 0.0, 0),
    lr: T | float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: float = 1e-2,
) -> tuple[T, tuple[T, T, int]]:
    r"""One step of Adam with decoupled weight decay.

    $$w_{t+1} = w_t - \eta\lambda\, w_t - \eta\, \hat m_t / \bigl(\sqrt{\hat v_t} + \epsilon\bigr)$$

    with $\hat m_t$ and $\hat v_t$ as in ``adam``; ``weight_decay`` is λ. State: $(m, v, t)$ as in
    ``adam``. Source: Loshchilov, Hutter 2019, Algorithm 2. As in PyTorch the decay is multiplied by η, and
    the defaults are PyTorch's; the paper multiplies it by the schedule alone.
    """
    m, v, t = state
    t = t + 1
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return w - lr * weight_decay * w - lr * m_hat / (sqrt(v_hat) + eps), (
        m,
        v,
        t,
    )


@checked
def amsgrad(
    w: T,
    g: T,
    state: tuple[Memory, Memory, Memory, int] = (0.0, 0.0, 0.0, 0),
    lr: T | float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> tuple[T, tuple[T, T, T, int]]:
    r"""One step of AMSGrad: Adam that divides by the largest $v$ so far, which never falls.

    $$v^{\max}_t = \max(v^{\max}_{t-1}, v_t) \qquad
    w_{t+1} = w_t - \eta\,\frac{\hat m_t}{\sqrt{v^{\max}_t / (1 - \beta_2^t)} + \epsilon}$$

    with $m_t$, $v_t$ and $\hat m_t$ as in ``adam``. State: $(m, v, v^{\max}, t)$. Source: Reddi, Kale,
    Kumar 2018, Algorithm 2, which corrects no bias; the correction is PyTorch's: the maximum is of $v_t$
    and is corrected after, so that the quotient may still fall while the correction fades. (optax takes
    the maximum of the corrected $\hat v_t$.)
    """
    m, v, v_max, t = state
    t = t + 1
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    v_max = maximum(v_max, v)
    m_hat = m / (1 - beta1**t)
    v_hat = v_max / (1 - beta2**t)
    return w - lr * m_hat / (sqrt(v_hat) + eps), (m, v, v_max, t)


@checked
def adamax(
    w: T,
    g: T,
    state: tuple[Memory, Memory, int] = (0.0, 0.0, 0),
    lr: T | float = 2e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> tuple[T, tuple[T, T, int]]:
    r"""One step of Adamax: Adam with a decaying maximum in place of the root of the mean square.

    $$u_t = \max(\beta_2 u_{t-1},\, |g_t| + \epsilon) \qquad
    w_{t+1} = w_t - \frac{\eta}{1 - \beta_1^t}\,\frac{m_t}{u_t}$$

    with $m_t$ as in ``adam``. State: $(m, u, t)$. Source: Kingma, Ba 2015, Algorithm 2; the ε, which the
    paper does not have, is PyTorch's.
    """
    m, u, t = state
    t = t + 1
    m = beta1 * m + (1 - beta1) * g
    u = maximum(beta2 * u, abs(g) + eps)
    m_hat = m / (1 - beta1**t)
    return w - lr * m_hat / u, (m, u, t)


@checked
def nadam(
    w: T,
    g: T,
    state: tuple[Memory, Memory, float, int] = (0.0, 0.0, 1.0, 0),
    lr: T | float = 2e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    momentum_decay: float = 4e-3,
) -> tuple[T, tuple[T, T, float, int]]:
    r"""One step of NAdam: Adam with Nesterov's momentum, whose β₁ warms up.

    $$\begin{aligned}
    \mu_t &= \beta_1 \bigl(1 - \tfrac12\, 0.96^{\,t\psi}\bigr) \\
    P_t &= \textstyle\prod_{i=1}^{t} \mu_i \\
    \hat m_t &= \frac{\mu_{t+1} m_t}{1 - P_{t+1}} + \frac{(1 - \mu_t)\, g_t}{1 - P_t} \\
    w_{t+1} &= w_t - \eta\, \hat m_t / \bigl(\sqrt{\hat v_t} + \epsilon\bigr)
    \end{aligned}$$

    with $m_t$ and $\hat v_t$ as in ``adam``; ``momentum_decay`` is ψ. State: $(m, v, P, t)$; the
    product is 1 before the first step. Source: Dozat 2016. As in PyTorch, with its defaults: $m_t$ is
    averaged with the constant β₁. (optax's nadam has no ψ: its β₁ is constant.)
    """
    m, v, product, t = state
    t = t + 1
    mu = beta1 * (1 - 0.5 * 0.96 ** (t * momentum_decay))
    mu_next = beta1 * (1 - 0.5 * 0.96 ** ((t + 1) * momentum_decay))
    product = product * mu
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    m_hat = mu_next * m / (1 - product * mu_next) + (1 - mu) * g / (
        1 - product
    )
    v_hat = v / (1 - beta2**t)
    return w - lr * m_hat / (sqrt(v_hat) + eps), (m, v, product, t)


@checked
def radam(
    w: T,
    g: T,
    state: tuple[Memory, Memory, int] = (0.0, 0.0, 0),
    lr: T | float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> tuple[T, tuple[T, T, int]]:
    r"""One step of RAdam: Adam whose adaptive part waits until its variance is known.

    $$\begin{aligned}
    \rho_t &= \rho_\infty - 2 t \beta_2^t / (1 - \beta_2^t), \qquad \rho_\infty = 2/(1 - \beta_2) - 1 \\
    r_t^2 &= \frac{(\rho_t - 4)(\rho_t - 2)\, \rho_\infty}{(\rho_\infty - 4)(\rho_\infty - 2)\, \rho_t} \\
    w_{t+1} &= w_t - \eta\, r_t\, \hat m_t \sqrt{1 - \beta_2^t} / (\sqrt{v_t} + \epsilon)
    \end{aligned}$$

    while $\rho_t > 5$, else $w_{t+1} = w_t - \eta\, \hat m_t$; at the defaults the first five steps.
    $m_t$, $v_t$ and $\hat m_t$ as in ``adam``. State: $(m, v, t)$; ``t`` must be a number that Python
    can compare (under ``jax.jit``: static). Source: Liu et al. 2020, Algorithm 2, whose limit is 4; 5
    and the place of ε are PyTorch's.
    """
    m, v, t = state
    t = t + 1
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    m_hat = m / (1 - beta1**t)
    top = 2 / (1 - beta2) - 1
    rho = top - 2 * t * beta2**t / (1 - beta2**t)
    if rho <= 5:
        return w - lr * m_hat, (m, v, t)
    r = sqrt((rho - 4) * (rho - 2) * top / ((top - 4) * (top - 2) * rho))
    return w - lr * r * m_hat * sqrt(1 - beta2**t) / (sqrt(v) + eps), (
        m,
        v,
        t,
    )


@checked
def yogi(
    w: T,
    g: T,
    state: tuple[Memory, Memory, int] = (1e-6, 1e-6, 0),
    lr: T | float = 1e-2,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-3,
) -> tuple[T, tuple[T, T, int]]:
    r"""One step of Yogi: Adam whose $v$ moves by at most $(1 - \beta_2)\, g^2$, up or down.

    $$v_t = v_{t-1} - (1 - \beta_2)\operatorname{sign}(v_{t-1} - g_t^2)\, g_t^2$$

    and $m_t$, $\hat m_t$, $\hat v_t$ and the step as in ``adam``. State: $(m, v, t)$; both averages
    start at 1e-6. Source: Zaheer, Reddi, Sachan, Kale, Kumar 2018, which corrects no bias; the
    correction and the start are optax's, with its defaults, but for ``lr``, which has none there.
    """
    m, v, t = state
    t = t + 1
    m = beta1 * m + (1 - beta1) * g
    v = v - (1 - beta2) * sign(v - g * g) * g * g
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return w - lr * m_hat / (sqrt(v_hat) + eps), (m, v, t)


@checked
def adopt(
    w: T,
    g: T,
    state: tuple[Memory, Memory, int] = (0.0, 0.0, 0),
    lr: T | float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.9999,
    eps: float = 1e-6,
) -> tuple[T, tuple[T, T, int]]:
    r"""One step of ADOPT: Adam that divides by the past alone, and divides before it averages.

    $$\begin{aligned}
    m_t &= \beta_1 m_{t-1} + (1 - \beta_1)\, \frac{g_t}{\max(\sqrt{v_{t-1}},\, \epsilon)} \\
    w_{t+1} &= w_t - \eta\, m_t \\
    v_t &= \beta_2 v_{t-1} + (1 - \beta_2)\, g_t^2
    \end{aligned}$$

    The first call only sets $v_0 = g_0^2$ and leaves ``w`` where it is. State: $(m, v, t)$; ``t`` must
    be a number that Python can compare (under ``jax.jit``: static). Source: Taniguchi et al. 2024,
    Algorithm 1 (without its later clipping); the paper's defaults.
    """
    m, v, t = state
    if t == 0:
        return w, (m, g * g, 1)
    m = beta1 * m + (1 - beta1) * g / maximum(sqrt(v), eps)
    v = beta2 * v + (1 - beta2) * g * g
    return w - lr * m, (m, v, t + 1)
