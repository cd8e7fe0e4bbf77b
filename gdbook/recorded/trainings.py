"""Recorded trainings on digits, for a figure of *Is it learning?*: python -m gdbook.recorded.trainings

Writes trainings.json beside this file: for each rule, size of the first weights and rate what ``monitored``
gives. At high rates a rounding grows from step to step, so that another machine may give other curves there.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gdbook import mlp
from gdbook.data import digits
from gdbook.figures.is_it_learning import CASES, dead_share
from gdbook.rules import adam, sgd

if TYPE_CHECKING:
    from typing import Any

    from gdbook.types import Rule

RECORD = Path(__file__).with_name("trainings.json")
RULES = sgd, adam
SCALES = (1.0, 10.0, 0.1)  # of He's weights
TRIED = tuple(float(f"{digit}e{power}") for power in range(-4, 1) for digit in (1, 2, 3, 6))[:-1]
EPOCHS = 2


def monitored(rule: Rule, lr: float, scale: float) -> dict[str, Any]:
    """What a training of the healthy network from He's weights, times ``scale``, shows in two epochs.

    The first loss, ``start``; of each four steps the mean ``loss`` and the mean ``ratio`` of step over weight
    in the first layer, and its median in the first epoch, ``step``; at the end the shares of validation
    images ``right`` and of ``dead`` units.
    """
    (X, y), valid, _ = digits()
    params = [(scale * W, b) for W, b in mlp.init(CASES[0].sizes, np.random.default_rng(0))]
    run = mlp.train(params, (X, y), rule=rule, lr=lr, epochs=EPOCHS)
    loss, ratio = (curve.reshape(-1, 4).mean(axis=1) for curve in (run.loss, run.ratio[:, 0]))
    step = np.median(run.ratio[: len(run.loss) // EPOCHS, 0])
    return {
        "start": round(run.loss[0], 2),
        "loss": [float(f"{x:.2g}") for x in loss],
        "ratio": [float(f"{x:.2g}") for x in ratio],
        "step": float(f"{step:.2g}"),
        "right": round(mlp.accuracy(run.params, *valid), 2),
        "dead": round(dead_share(run.params, X), 2),
    }


def recorded() -> Any:
    """What the file holds."""
    return json.loads(RECORD.read_text(encoding="utf-8"))


if __name__ == "__main__":
    runs = [[[monitored(rule, lr, scale) for lr in TRIED] for scale in SCALES] for rule in RULES]
    RECORD.write_text(json.dumps(runs).replace("}, ", "},\n") + "\n", encoding="utf-8")
