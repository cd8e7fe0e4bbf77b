"""The symbols of the page on notation: LaTeX, name in code, meaning, names elsewhere; by heading."""

from gdbook.site.pages.notation import table

SYMBOLS = {
    "What moves": (
        (r"\theta", "w", "parameters, all numbers that training may change", r"$w$, $x$, $\beta$; *weights*"),
        (
            "w",
            "w",
            "a weight; in this book also the parameters when there is one model and no other use of "
            "the letter",
            r"$\theta$",
        ),
        ("b", "", "bias, intercept: the weight of a feature that is always 1", r"$w_0$, $\theta_0$"),
        ("x", "", "in the pictures, the one parameter; in data, a feature", r"$\theta$ for the parameter"),
        ("t", "", "which step; the first is 0, but in Adam and its kin 1", "$k$, $n$, $i$; *iteration*"),
        ("w_t", "trace.w", "the parameters before step $t$", "$w^{(t)}$, $w^t$"),
        ("w_0", "w0", "the start", "*initialisation*"),
        (r"w^\star", "", "parameters at a minimum", r"$\hat w$, $w_*$"),
    ),
    "What is minimised": (
        (
            "L",
            "loss",
            "the loss: one number that says how wrong the model is",
            r"$J$, $\mathcal{L}$, $C$, $E$, $f$; *cost*, *objective*",
        ),
        ("J", "loss", r"the same, in books that write $J(\theta)$; called cost", r"$L$, $\mathcal{L}$"),
        (r"\mathcal{L}", "loss", "the same, in books that write it in script", "$L$, $J$"),
        (r"\ell", "", "the loss of a single sample; $L$ is their mean", "$L_i$"),
        ("f", "loss", "the loss, when it is just a function to descend", "$F$"),
        (r"f^\star", "", "the smallest value of $f$", r"$f_*$, $f_{\min}$"),
        ("m", "", "how many samples", "$n$, $N$"),
        ("n", "", "how many parameters or features", "$d$, $p$"),
        ("X", "", "the data, one sample a row: shape $(m, n)$", r"$A$, $\Phi$; *design matrix*"),
        ("y", "", "what the model should say", "$t$; *target*, *label*"),
        (r"\hat y", "", "what the model says", r"$f(x)$, $h_\theta(x)$; *prediction*"),
    ),
    "How steep, how curved": (
        (
            r"\nabla f",
            "grad",
            "gradient: the slope in every direction, of the shape of $w$; it points uphill",
            r"$g$, $Df$, $\partial f/\partial w$",
        ),
        (
            r"\frac{\partial L}{\partial w}",
            "grad",
            "partial derivative: the slope in the direction of $w$ alone",
            "$L_w$, `dw` in code",
        ),
        ("g_t", "trace.grad", "the gradient that step $t$ uses", r"$\nabla f(w_t)$, $\hat g$ when noisy"),
        ("H", "", "Hessian: the matrix of second derivatives", r"$\nabla^2 f$"),
        (
            "f''",
            "",
            "second derivative, the curvature, of a function of one number",
            r"$\kappa$ in geometry, which is something else here",
        ),
        (
            r"\lambda",
            "",
            "an eigenvalue of the Hessian: the curvature in one direction. Not a loss, though it "
            "looks like one",
            r"$\mu$, $h$; in other chapters, the strength of weight decay",
        ),
        (
            r"\mu",
            "gdbook.theory",
            "in theory, the smallest curvature",
            r"$m$, $\alpha$; $\mu$ is also momentum, see below",
        ),
        (
            "L",
            "gdbook.theory",
            "in theory, the largest curvature; never in a formula with a loss $L$",
            r"$\beta$, $M$; *Lipschitz constant of the gradient*, *smoothness*",
        ),
        (
            r"\kappa",
            "gdbook.theory",
            r"condition number, $L/\mu$: how many times as curved the steep direction is as the flat one",
            r"$Q$, $\operatorname{cond}$",
        ),
    ),
    "How to step": (
        (
            r"\eta",
            "lr",
            "learning rate, step size: how much of the gradient one step takes",
            r"$\alpha$, $\gamma$, $\varepsilon$, $\tau$, $h$; `learning_rate`",
        ),
        (
            r"\mu",
            "momentum",
            "momentum: what fraction of its velocity the ball keeps",
            r"$\gamma$, $\alpha$, $\rho$; $\beta$, also in this book where $\mu$ is a curvature",
        ),
        ("v", "velocity", "velocity: the running sum of gradients", "$m$, $b$, $z$; *momentum buffer*"),
        (r"\leftarrow", "", "becomes: the right side is computed first, then stored on the left", "$:=$"),
    ),
    "What a rule remembers": (
        (
            "m_t",
            "m",
            "in Adam and its kin, the running average of the gradients",
            "`exp_avg`, `mu` in code; $v$",
        ),
        ("v_t", "", "the running average of their squares", "`exp_avg_sq`, `nu` in code; $s$, $r$"),
        (r"\hat m_t", "", "the average, corrected for its start at 0", "`m_hat` in code"),
        (
            r"\beta_1",
            "beta1",
            "how much of the average of gradients stays at each step",
            r"$\rho_1$; optax: `b1`",
        ),
        (r"\beta_2", "beta2", "the same for the squares", r"$\rho_2$; optax: `b2`"),
        (r"\rho", "rho", "the same in RMSProp and Adadelta", "PyTorch's RMSprop: `alpha`; optax: `decay`"),
        (
            r"\epsilon",
            "eps",
            "a small number that keeps a quotient finite",
            r"$\delta$; not always at the same place",
        ),
        (
            r"\lambda",
            "weight_decay",
            "how strongly weights are pulled towards 0",
            r"$\alpha$, $w$; *weight decay*",
        ),
    ),
    "Noise": (
        ("N", "", "how many samples there are, where batches are drawn from them", "$m$, $n$"),
        ("B", "", "how many samples a batch has", "$b$, $m$; `batch_size`"),
        (r"\sigma^2", "", "the variance of the gradient of a single sample", r"$C$, $\Sigma$ for its matrix"),
    ),
    "Networks": (
        ("K", "", "how many layers have weights", "$L$, $D$; *depth*"),
        (
            "W_k",
            "",
            "the weights of layer $k$: a row for each unit that feeds, a column for each that is fed",
            "the transpose, in PyTorch and many books",
        ),
        ("b_k", "", "its biases", "a column of $W_k$"),
        ("A_k", "", "what layer $k$ gives, one sample a row; $A_0 = X$", "$a^{(k)}$, $h_k$; *activations*"),
        (
            "Z_k",
            "",
            "its input to the bend, $A_{k-1} W_k + b_k$; the last are the logits",
            "$z^{(k)}$; *pre-activations*",
        ),
        (r"\varphi", "", "the bend: relu, tanh", r"$\sigma$, $g$, $h$; *activation function*"),
        (r"\Delta_k", "gdbook.mlp", r"$\partial L/\partial Z_k$", r"$\delta^{(k)}$, `dZ` in code"),
        ("P", "gdbook.mlp", "the probabilities that the network gives to the classes", r"$\hat y$, $p$"),
        ("Y", "", "1 at the right class, else 0", "$t$, $y$; *one-hot labels*"),
    ),
    "Derivatives along a program": (
        (
            r"\frac{\partial u}{\partial a}",
            "",
            "local derivative: how fast the result $u$ of one operation changes with its input $a$",
            "`slope` in the code of this book",
        ),
        (
            r"\bar x",
            "",
            "how fast the result of the whole program changes with $x$; for a loss, the gradient",
            "`x.grad`; *adjoint*, *cotangent*",
        ),
        (r"\dot x", "", "how fast $x$ changes when the inputs move in one direction", "*tangent*"),
        (
            "J",
            "gdbook.autodiff",
            "Jacobian: the derivative of each output with respect to each input. Not a cost",
            "$Df$, $f'$",
        ),
        ("h", "", "the step of a finite difference", r"$\varepsilon$, $\Delta x$"),
    ),
}


def symbols(heading):
    """The table of a part of the page, by its heading."""
    return table(SYMBOLS[heading])
