import numpy as np
from distributed import Client

from gdbook.distributed import descend


def cost(theta, x, y):
    return np.mean((theta * x - y) ** 2)


def show(run):
    k = run.t - 1
    print(f"iter {k} | cost = {run.loss[k]:.6f}")


def main():
    x = np.arange(8) / 8
    with Client(processes=False, n_workers=2) as client:
        descend(
            cost,
            0.0,
            (x, 3 * x),
            steps=9,
            lr=0.5,
            client=client,
            stop=show,
        )


if __name__ == "__main__":
    main()
