"""What SciPy and PyTorch compute, recorded for tests/test_second_order.py.

    python tests/reference/record_second_order.py           writes second_order.json beside this file
    python tests/reference/record_second_order.py --check   computes anew, and fails if it differs

Needs SciPy and PyTorch, which the book itself does not. The losses are written out here, and their
gradients are PyTorch's: nothing is taken from gdbook.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import scipy
import torch
from scipy.optimize import least_squares, minimize, newton
from scipy.optimize import line_search as scipy_line_search
from scipy.sparse.linalg import cg

STORED = Path(__file__).with_name("second_order.json")
# Other processors round sums in another order, and forty iterations multiply that.
RTOL, ATOL = 1e-6, 1e-9

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


def rosenbrock(x, y):
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def beale(x, y):
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


def himmelblau(x, y):
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


LOSSES = {"rosenbrock": rosenbrock, "beale": beale, "himmelblau": himmelblau}
STARTS = {
    "rosenbrock": [(-1.2, 1.0), (1.5, -0.5), (0.0, 2.0)],
    "beale": [(1.0, 1.0), (2.0, -0.5), (0.5, 0.2)],
}


def value(loss):
    return lambda w: loss(*(float(x) for x in w))


def gradient(loss):
    def grad(w):
        w = torch.tensor(np.asarray(w), requires_grad=True)
        return torch.autograd.grad(loss(*w), w)[0].numpy()

    return grad


def line_searches():
    """Step lengths along random descent directions, first trial 1; null where SciPy gives up."""
    rng = np.random.default_rng(0)
    found = []
    for i in range(120):
        name = list(LOSSES)[i % 3]
        f, grad = value(LOSSES[name]), gradient(LOSSES[name])
        w = rng.uniform(-2, 2, 2).round(3)
        g = grad(w)
        turn = rng.uniform(-1.2, 1.2)  # radians away from straight downhill
        turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ -g
        direction = (turned / np.linalg.norm(g) * 10 ** rng.uniform(-2, 1)).round(4)
        c2 = (0.9, 0.1)[i // 3 % 2]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            lr, f_calls, _, _, _, slope = scipy_line_search(f, grad, w, direction, c2=c2)
        lr = None if slope is None else lr
        found.append(
            {"loss": name, "w": list(w), "direction": list(direction), "c2": c2, "lr": lr, "f_calls": f_calls}
        )
    return found


def paths(method, **options):
    """The iterates of a SciPy minimizer, from each start."""
    found = []
    for name, starts in STARTS.items():
        f, grad = value(LOSSES[name]), gradient(LOSSES[name])
        for start in starts:
            w = [np.array(start)]
            result = minimize(
                f, start, jac=grad, method=method, callback=lambda x, w=w: w.append(x.copy()), options=options
            )
            found.append({"loss": name, "w": np.array(w).tolist(), "x": result.x.tolist()})
    return found


def scales():
    """What SciPy pays on ½c‖w‖² from many ones, from afar and in small units, with its tolerance scaled."""
    found = []
    for method in ("BFGS", "CG", "L-BFGS-B"):
        for n, c, start in ((1, 1.0, 1e4), (1000, 1.0, 1.0), (3, 1e-8, 1.0), (3, 1e8, 1.0)):
            tolerance = {"ftol": 0, "gtol": 1e-5 * c} if method == "L-BFGS-B" else {"gtol": 1e-5 * c}
            result = minimize(
                lambda w, c=c: c * (w @ w) / 2,
                np.full(n, start),
                jac=lambda w, c=c: c * w,
                method=method,
                options=tolerance,
            )
            found.append(
                {"method": method, "n": n, "c": c, "start": start, "calls": result.nfev + result.njev}
            )
    return found


def torch_lbfgs(loss, start, steps, **options):
    """The iterates of PyTorch's LBFGS, one iteration at a time."""
    w = torch.tensor(start, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [w], max_iter=1, max_eval=100, tolerance_grad=1e-9, tolerance_change=1e-14, **options
    )

    def closure():
        optimizer.zero_grad()
        value = loss(*w)
        value.backward()
        return value

    path = [w.detach().tolist()]
    for _ in range(steps):
        optimizer.step(closure)
        path.append(w.detach().tolist())
    return path


def lbfgs():
    """At a fixed rate all is determined; with strong Wolfe the directions are, the lengths are PyTorch's."""
    return {
        "fixed": [
            {
                "loss": name,
                "memory": memory,
                "lr": lr,
                "w": torch_lbfgs(LOSSES[name], start, 20, lr=lr, history_size=memory),
            }
            for name, start, lr, memory in (
                ("beale", (1.0, 1.0), 0.5, 10),
                ("beale", (1.0, 1.0), 0.5, 2),
                ("himmelblau", (0.0, 0.0), 0.3, 3),
                ("rosenbrock", (-1.2, 1.0), 0.1, 5),
            )
        ],
        "strong_wolfe": [
            {
                "loss": name,
                "memory": 3,
                "w": torch_lbfgs(LOSSES[name], start, 12, history_size=3, line_search_fn="strong_wolfe"),
            }
            for name, starts in STARTS.items()
            for start in starts
        ],
    }


def linear_cg():
    """SciPy's conjugate gradient on random positive definite systems."""
    rng = np.random.default_rng(1)
    found = []
    for n in (3, 5, 8):
        M = rng.normal(size=(n, n)).round(3)
        A, b = M @ M.T + np.eye(n), rng.normal(size=n).round(3)
        w = [np.zeros(n)]
        cg(A, b, rtol=1e-12, maxiter=n, callback=lambda x, w=w: w.append(x.copy()))
        found.append({"A": A.tolist(), "b": b.tolist(), "w": np.array(w).tolist()})
    return found


def newton_log_cosh():
    """SciPy's Newton on the equation f′ = tanh = 0, stopped after each step."""
    path = [1.0]
    for steps in range(1, 5):
        root, _ = newton(
            np.tanh,
            1.0,
            fprime=lambda x: 1 - np.tanh(x) ** 2,
            maxiter=steps,
            tol=1e-300,
            full_output=True,
            disp=False,
        )
        path.append(float(root))
    return path


def curve_fits():
    """An exponential that decays onto a floor, fitted by MINPACK's Levenberg–Marquardt."""
    rng = np.random.default_rng(2)
    x = np.linspace(0, 4, 20)
    y = (2 * np.exp(-1.5 * x) + 0.5 + 0.05 * rng.normal(size=20)).round(4)
    fits = []
    for start in ([1.0, 1.0, 0.0], [4.0, 0.2, 1.0], [1.0, 5.0, 1.0]):
        fit = least_squares(
            lambda w: w[0] * np.exp(-w[1] * x) + w[2] - y,
            start,
            method="lm",
            xtol=1e-14,
            ftol=1e-14,
            gtol=1e-14,
        )
        fits.append({"start": start, "w": fit.x.tolist(), "loss": float(fit.cost)})
    return {"x": x.tolist(), "y": y.tolist(), "fits": fits}


def recorded():
    return {
        "scipy": scipy.__version__,
        "torch": torch.__version__.split("+")[0],
        "line_search": line_searches(),
        "bfgs": paths("BFGS", gtol=1e-5),
        "cg": paths("CG", gtol=1e-4),
        "lbfgs": lbfgs(),
        "linear_cg": linear_cg(),
        "newton_log_cosh": newton_log_cosh(),
        "curve_fit": curve_fits(),
        "scales": scales(),
    }


def differences(stored, now, where=""):
    """Where two records differ, in words."""
    if isinstance(stored, dict) and isinstance(now, dict):
        if stored.keys() != now.keys():
            return [f"{where}: stored has {sorted(stored)}, now {sorted(now)}"]
        return [line for key in stored for line in differences(stored[key], now[key], f"{where}.{key}")]
    if isinstance(stored, list) and isinstance(now, list):
        if len(stored) != len(now):
            return [f"{where}: stored has {len(stored)} entries, now {len(now)}"]
        return [
            line
            for i, (a, b) in enumerate(zip(stored, now, strict=True))
            for line in differences(a, b, f"{where}[{i}]")
        ]
    if isinstance(stored, float) and isinstance(now, float):
        return (
            []
            if np.isclose(now, stored, rtol=RTOL, atol=ATOL)
            else [f"{where}: stored {stored!r}, now {now!r}"]
        )
    return [] if stored == now else [f"{where}: stored {stored!r}, now {now!r}"]


def main(arguments):
    now = json.loads(json.dumps(recorded()))
    if arguments == ["--check"]:
        found = differences(json.loads(STORED.read_text()), now)
        if found:
            sys.exit("second_order.json differs from what is computed now:\n" + "\n".join(found[:20]))
        print(f"second_order.json agrees with SciPy {now['scipy']} and PyTorch {now['torch']}")
    elif not arguments:
        # One entry a line: small, and a change shows as the lines that changed.
        STORED.write_text(json.dumps(now, indent=None, separators=(",", ":")).replace("},{", "},\n{") + "\n")
        print(f"wrote {STORED.name}: {STORED.stat().st_size:,} bytes")
    else:
        sys.exit(f"unknown argument {arguments[0]!r}: use --check, or nothing to write")


if __name__ == "__main__":
    main(sys.argv[1:])
