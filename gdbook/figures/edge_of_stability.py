"""Figures of the notebook *The edge of stability*: sharpness and loss of runs, and the edges of theory."""

import numpy as np

from gdbook.figures.colours import DESCENT, INK, MUTED, OF_RULE, ramp
from gdbook.figures.house import figure, in_house_style, is_narrow
from gdbook.figures.learning_rate import decades
from gdbook.theory import gd_edge


@in_house_style
def sharpness_of_rates(runs, time):
    r"""Sharpness against time ηt for each rate, and its edge $2/\eta$, dashed.

    ``runs`` maps the rate to the losses of each step and the sharpness at equal intervals.
    """
    fig, ax = figure(height=4.0)
    for (lr, (_, S)), colour in zip(runs.items(), ramp(len(runs)), strict=True):
        ax.plot(np.linspace(0, time, len(S)), S, color=colour, lw=1.6)
        if gd_edge(lr) < 1.1 * max(S):
            ax.axhline(gd_edge(lr), color=colour, lw=1.2, ls="--")
        ax.annotate(
            f"η = {lr:g}", (time, S[-1]), (4, 7), textcoords="offset points", color=colour, ha="right"
        )
    ax.set(xlabel="time ηt", ylabel="sharpness S", xlim=(0, time), ylim=0)
    told = ", ".join(
        f"{np.median(S[-50:]):.2f} for η = {lr:g} (2/η is {gd_edge(lr):.2f})" for lr, (_, S) in runs.items()
    )
    fig.set_label(
        f"Sharpness against time for {len(runs)} rates from one start. From "
        f"{runs[min(runs)][1][0]:.1f} it goes, late, to {told}.\n\n"
        r"One start, each rate for the same time $\eta t$. A run rises until it meets its own edge $2/\eta$, "
        "dashed, and stays there; one that never meets it goes on rising."
    )
    return fig


@in_house_style
def one_run(S, lr, every):
    r"""Sharpness against step for one run, which rises to its edge $2/\eta$, dashed, and stays."""
    fig, ax = figure(height=3.2)
    steps, edge = every * np.arange(len(S)), gd_edge(lr)
    ax.plot(steps, S, color=DESCENT, lw=1.6)
    ax.axhline(edge, color=INK, lw=1.2, ls="--")
    ax.annotate(
        "2/η", (steps[-1], edge), (0, -10), textcoords="offset points", ha="right", va="top", color=INK
    )
    ax.set(xlabel="step", ylabel="sharpness S", xlim=(0, steps[-1]), ylim=0)
    fig.set_label(
        f"Sharpness of a network in training with η = {lr:g}, against the step. It begins at {S[0]:.1f}, "
        f"rises over the dashed line 2/η = {edge:.2f} to {S.max():.1f}, comes back and stays about the line: "
        f"in the second half its median is {np.median(S[-50:]):.2f}.\n\n"
        rf"A run with $\eta = {lr:g}$. Its sharpness rises past $2/\eta = {edge:.2f}$, where a quadratic "
        "would blow up, and settles there instead."
    )
    return fig


@in_house_style
def losses_of_rates(runs, time, points=300):
    """Loss against time ηt for each rate, at so many points."""
    fig, ax = figure(height=3.6)
    for (lr, (losses, _)), colour in zip(runs.items(), ramp(len(runs)), strict=True):
        at = np.unique(np.linspace(0, len(losses) - 1, points).astype(int))
        ax.semilogy(at * lr, losses[at], color=colour, lw=1.2, label=f"η = {lr:g}")
    ax.set(xlabel="time ηt", ylabel="loss", xlim=(0, time))
    decades(ax.yaxis, range(-2, 1))
    ax.legend(ncols=2 if is_narrow() else len(runs), loc="upper right", handlelength=1.4, columnspacing=1.4)
    told = ", ".join(f"{losses[-1]:.4f} for η = {lr:g}" for lr, (losses, _) in runs.items())
    fig.set_label(
        f"Loss on a log axis against time. The smallest rate falls smoothly, the larger ones jump up and "
        f"down around a falling line. At the end they are at {told}.\n\n"
        "The same runs. Below its edge a run falls at every step; at its edge the loss jumps from step to "
        "step, and falls all the same."
    )
    return fig


@in_house_style
def after_a_cut(S, every, cut, before, after):
    """Sharpness against step for a run whose rate is lowered at step ``cut``, and both edges."""
    fig, ax = figure(height=3.2)
    steps = every * np.arange(len(S))
    ax.plot(steps, S, color=DESCENT, lw=1.6)
    ax.plot([0, cut, cut, steps[-1]], [before, before, after, after], color=INK, lw=1.2, ls="--")
    ax.annotate("2/η", (steps[-1], after), (0, 6), textcoords="offset points", ha="right", color=INK)
    ax.set(xlabel="step", ylabel="sharpness S", ylim=(0, 1.2 * after), xlim=(0, steps[-1]))
    fig.set_label(
        f"Sharpness against step, and 2/η, dashed, which jumps from {before:.2f} to {after:.2f} at step "
        f"{cut}. The sharpness stays at the first, then rises to the second, and ends at {S[-1]:.2f}.\n\n"
        rf"One run, whose rate is lowered after {cut} steps. The edge $2/\eta$, dashed, jumps from "
        f"{before:.2f} to {after:.2f}, and the sharpness follows it up."
    )
    return fig


@in_house_style
def share_of_the_edge(ratios, every):
    """Sharpness divided by the edge of the rule against step, for each rule."""
    fig, ax = figure(height=3.8)
    for k, (name, ratio) in enumerate(ratios.items()):
        rule = name.partition(",")[0]
        dashes = ":" if rule in "".join(list(ratios)[:k]) else "-"
        ax.plot(every * np.arange(len(ratio)), ratio, color=OF_RULE[rule], ls=dashes, lw=1.6, label=name)
    ax.axhline(1, color=MUTED, lw=1.2, ls="--")
    ax.set(xlabel="step", ylabel="sharpness / edge", ylim=0)
    ax.legend(loc="lower left", bbox_to_anchor=(0.3, 0))
    told = ", ".join(f"{name} {np.median(ratio[-50:]):.2f}" for name, ratio in ratios.items())
    fig.set_label(
        f"Sharpness as a share of each rule's edge, against step. In the second half: {told}.\n\n"
        "Each run beside its own edge, dashed: whatever the rule, its sharpness comes to the limit that "
        "parabolas gave for it."
    )
    return fig
