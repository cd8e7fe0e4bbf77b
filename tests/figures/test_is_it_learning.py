"""What the figures of *Is it learning?* draw: the checks against plain loops, and what they must find."""

import math

import numpy as np
import pytest

from gdbook import mlp
from gdbook.data import digits
from gdbook.figures import is_it_learning as figures
from gdbook.figures.colours import MUTED
from gdbook.figures.plates import is_it_learning as plates
from gdbook.figures.plates.ground import said
from gdbook.recorded import trainings
from gdbook.rules import adam, sgd
from gdbook.site.build.svg import inline_svg

ALL = [figures.six_losses, figures.gradient_by_layer]
FOUND = {case.name: figures.findings(case) for case in figures.CASES}


def trained_by_hand(params, X, y, epochs, lr=0.3):
    """Forward, backward and step with no call of the package but its start and its order of the images.

    Gives the parameters, the losses, and the first layer's step over its size, at each step.
    """
    (W1, b1), (W2, b2) = params
    rng, losses, ratios = np.random.default_rng(0), [], []
    for _ in range(epochs):
        order = rng.permutation(len(y))
        for i in range(0, len(y), 32):
            x, t = X[order[i : i + 32]], y[order[i : i + 32]]
            h = np.maximum(x @ W1 + b1, 0)
            p = np.exp(h @ W2 + b2)
            p /= p.sum(axis=1)[:, None]
            losses.append(-np.log(p[range(len(t)), t]).mean())
            d2 = (p - np.eye(10)[t]) / len(t)
            d1 = d2 @ W2.T * (h > 0)
            W2, b2 = W2 - lr * h.T @ d2, b2 - lr * d2.sum(axis=0)
            ratios.append(lr * np.linalg.norm(x.T @ d1) / np.linalg.norm(W1))
            W1, b1 = W1 - lr * x.T @ d1, b1 - lr * d1.sum(axis=0)
    return ((W1, b1), (W2, b2)), losses, ratios


def test_healthy_is_sgd_written_as_a_loop():
    (X, y), _, _ = digits()
    start = mlp.init((64, 32, 10), np.random.default_rng(0))
    ((W1, b1), _), losses, ratios = trained_by_hand(start, X, y, 4)
    found = FOUND["healthy"]
    # 152 steps let the rounding of another order of sums grow, to some 1e-12.
    np.testing.assert_allclose(found.run.loss, losses, rtol=1e-8)
    assert found.ratio == pytest.approx(np.median(ratios[:38]), rel=1e-8)
    assert found.dead == np.mean([not h.any() for h in np.maximum(X @ W1 + b1, 0).T])


def test_the_panels_show_the_losses_in_fours_and_the_chance_level():
    for ax, case in zip(figures.six_losses().axes, figures.CASES, strict=True):
        (curve,) = [line for line in ax.lines if line.get_color() != MUTED]
        loss = FOUND[case.name].run.loss
        assert curve.get_ydata()[7] == pytest.approx(sum(loss[28:32]) / 4, rel=1e-12)
        assert curve.get_xdata()[7] == pytest.approx(30 / 38)
        (level,) = [line for line in ax.lines if line.get_color() == MUTED]
        assert level.get_ydata()[0] == pytest.approx(math.log(10), rel=1e-15)
        assert ax.get_title(loc="left") == case.name


def test_five_of_six_stay_at_chance():
    ends = {name: found.run.loss[-38:].mean() for name, found in FOUND.items()}
    assert ends.pop("healthy") < 0.4
    assert all(abs(end - math.log(10)) < 0.1 for end in ends.values())
    assert len(ends) == 5
    assert figures.farthest_from_chance() == max(abs(end - math.log(10)) for end in ends.values())
    assert figures.last_epoch("rate low") == ends["rate low"]


def test_all_begin_at_chance():
    assert len(figures.first_losses()) == 6
    assert figures.first_losses() == pytest.approx([math.log(10)] * 6, abs=0.1)


def test_one_batch_can_be_learnt_by_heart():
    (X, _), _, _ = digits()
    assert np.linalg.matrix_rank(X[:32]) == 32


def test_the_table_complains_in_bold():
    _, _, *rows = figures.checks().splitlines()
    bold = {row.split("|")[1].strip(): ["**" in cell for cell in row.split("|")[2:-1]] for row in rows}
    assert bold == {
        "healthy": [False, False, False, False, False],
        "rate low": [True, True, False, False, True],
        "rate high": [True, False, False, True, True],
        "all zeros": [True, True, True, True, True],
        "deep, small": [True, True, True, False, True],
        "labels mixed": [False, False, False, False, True],
    }


def test_chance_among_a_thousand():
    assert figures.thousand_classes() == "chance"
    assert math.log(1000) == pytest.approx(6.9, abs=0.01)


def test_a_last_layer_at_zero_moves_first_and_then_all_learn():
    """The loop of the healthy case, with only the last layer's weights 0 at the start."""
    outcome, right = figures.last_layer_at_zero()
    (X, y), (X_valid, y_valid), _ = digits()
    first, (W2, b2) = mlp.init((64, 32, 10), np.random.default_rng(0))
    ((W1, b1), (W2, b2)), _, _ = trained_by_hand((first, (0 * W2, b2)), X, y, 3)
    said = (np.maximum(X_valid @ W1 + b1, 0) @ W2 + b2).argmax(axis=1)
    assert right == pytest.approx(np.mean(said == y_valid), abs=1 / 300)
    assert outcome == "learns"


def test_each_case_fails_its_own_checks():
    def complaints(found):
        return {
            "one batch": found.one_batch > 1,
            "step": not 3e-4 < found.ratio < 0.1,  # NaN is a complaint too
            "gradient": found.slope < 1e-3,
            "dead": found.dead > 0.5,
        }

    patterns = {name: {check for check, bad in complaints(f).items() if bad} for name, f in FOUND.items()}
    assert patterns == {
        "healthy": set(),
        "rate low": {"one batch", "step"},
        "rate high": {"one batch", "dead"},
        "all zeros": {"one batch", "step", "gradient", "dead"},
        "deep, small": {"one batch", "step", "gradient"},
        "labels mixed": set(),
    }
    assert FOUND["healthy"].run.valid_accuracy[-1] > 0.85
    assert all(f.run.valid_accuracy[-1] < 0.3 for name, f in FOUND.items() if name != "healthy")


def test_mixed_labels_can_be_learnt_by_heart():
    assert FOUND["labels mixed"].start == pytest.approx(math.log(10), abs=0.1)
    assert FOUND["labels mixed"].one_batch < 0.05


def test_the_labels_are_mixed_before_they_are_parted():
    (_, y), (X_valid, y_valid), _ = digits()
    everything = np.random.default_rng(1).permutation(np.r_[y, y_valid])
    params = FOUND["labels mixed"].run.params
    said = mlp.forward(params, X_valid)[-1].argmax(axis=1)
    right = np.mean(said == everything[len(y) :])
    assert FOUND["labels mixed"].run.valid_accuracy[-1] == right
    # 300 labels that have nothing to do with their images: a tenth, give or take three deviations.
    assert abs(right - 0.1) < 3 * math.sqrt(0.1 * 0.9 / 300)


def test_dead_share_counts_units_that_give_zero_for_every_row():
    params = [(np.array([[1.0, -1.0, 1.0]]), np.array([0.0, 0.0, -1.5])), (np.ones((3, 2)), np.zeros(2))]
    assert figures.dead_share(params, np.array([[1.0], [2.0]])) == pytest.approx(1 / 3)


def test_one_point_of_the_sweep_is_a_training():
    train, valid, _ = digits()
    rng = np.random.default_rng(2)
    run = mlp.train(mlp.init((64, 32, 10), rng), train, rule=sgd, lr=0.1, epochs=2, rng=rng)
    ratios, losses = figures.sweep(sgd)
    assert ratios[1, 2] == np.median(run.ratio[:, 0])
    assert losses[1, 2] == mlp.loss(run.params, *valid)


def test_the_ratio_agrees_where_the_rates_do_not():
    best = {rule: figures.sweep(rule)[1].mean(axis=1).argmin() for rule in (sgd, adam)}
    assert all(0 < i < len(figures.RATES[rule]) - 1 for rule, i in best.items())
    rates = [figures.RATES[rule][i] for rule, i in best.items()]
    ratios = [figures.sweep(rule)[0][i].mean() for rule, i in best.items()]
    assert max(rates) / min(rates) > 5 > 3 > max(ratios) / min(ratios)
    assert [figures.best_rate(rule) for rule in best] == list(zip(rates, ratios, strict=True))


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_slopes_are_the_gradients_of_three_networks(activation):
    logs = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        params = mlp.init([50] * 21 + [10], rng, "he")
        X, y = rng.standard_normal((64, 50)), rng.integers(0, 10, 64)
        W, b = params[6]
        direction = np.random.default_rng(9).standard_normal(W.shape)
        nudged = [*params[:6], (W + 1e-30j * direction, b), *params[7:]]
        measured = mlp.loss(nudged, X, y, activation).imag / 1e-30
        derived = mlp.grad(params, X, y, activation)[6][0]
        assert measured == pytest.approx(np.sum(derived * direction), rel=1e-9)
        logs.append(math.log(math.sqrt(np.sum(derived**2) / W.size)))
    assert figures.slopes(activation, "he")[6] == pytest.approx(math.exp(sum(logs) / 3), rel=1e-12)


def test_relu_gradients_are_level_and_tanh_explodes_backwards():
    for _, scheme, _ in figures.WEIGHTS:
        level = figures.slopes("relu", scheme)[:20]
        assert max(level) / min(level) < 10
    tanh = figures.slopes("tanh", figures.WEIGHTS[-1][1])
    assert tanh[0] > 30 * tanh[19]


def test_a_third_of_the_tanh_units_with_weights_too_large_have_next_to_no_slope():
    scheme = figures.WEIGHTS[-1][1]
    flat = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        params = mlp.init([50] * 21 + [10], rng, scheme)
        A = rng.standard_normal((64, 50))
        for W, b in params[:-1]:
            Z = A @ W + b
            A = np.tanh(Z)
            flat.append(np.mean(1 / np.cosh(Z) ** 2 < 0.1))
    assert figures.flat_share(scheme) == pytest.approx(np.mean(flat), rel=1e-12)
    assert 0.25 < figures.flat_share(scheme) < 0.45


@pytest.mark.parametrize("draw", ALL, ids=lambda draw: draw.__name__)
def test_figures_are_in_the_house_colours_and_light(draw):
    assert len(inline_svg(draw(), "label", "p-")) < 25_000


def test_a_slipped_column_is_learnt_by_heart_and_validation_finds_it():
    found = figures.findings(figures.SLIPPED)
    (_, y), (X_valid, y_valid), _ = digits()
    everything = np.r_[y, y_valid]
    said = mlp.forward(found.run.params, X_valid)[-1].argmax(axis=1)
    assert found.run.valid_accuracy[-1] == np.mean(said == everything[len(y) - 1 : -1])
    assert found.run.valid_accuracy[-1] < 0.15
    assert found.one_batch < 0.05
    # Of 1,797 labels in order of class, only the first of each class gets another.
    assert figures.changed_by_a_slip() == 10 / 1797


def test_mixed_labels_find_copies_that_are_made_after_the_mixing_and_no_others():
    (X, y), _, _ = digits()
    rng = np.random.default_rng(0)
    mixed = rng.permutation(y)
    run = mlp.train(mlp.init([64, 128, 10], rng), (X, mixed), lr=0.01, epochs=40, batch=64)
    after, before = mixed[:100], rng.permutation(y)[:100]  # a copy of before has a label of its own
    assert mlp.accuracy(run.params, X[:100], after) > 0.4
    assert mlp.accuracy(run.params, X[:100], before) < 0.1 + 3 * math.sqrt(0.1 * 0.9 / 100)


def test_central_differences_agree_to_eight_digits_in_most_weights_and_to_ten_in_few():
    errors = figures.check_errors()
    assert len(errors) > 1500
    assert figures.agreeing_digits() == 8
    assert np.mean(errors < 1e-8) > 0.8
    assert np.mean(errors < 1e-10) < 0.1
    # The same slope by hand, for one weight of the last layer: the mean of h (p − 1 at the right class).
    (X, y), _, _ = digits()
    params = mlp.init((64, 32, 10), np.random.default_rng(0))
    _, hidden, logits = mlp.forward(params, X[:32])
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    slope = np.mean(hidden[:, 3] * (p[:, 7] - (y[:32] == 7)))
    assert mlp.grad(params, X[:32], y[:32])[1][0][3, 7] == pytest.approx(slope, rel=1e-12)


def test_dead_units_of_the_healthy_network_were_dead_before():
    (X, _), _, _ = digits()
    W, b = mlp.init((64, 32, 10), np.random.default_rng(0))[0]
    assert figures.dead_at_the_start() == np.mean((X @ W + b <= 0).all(axis=0)) > 0
    assert FOUND["healthy"].dead == figures.dead_at_the_start()


def test_what_is_monitored_is_that_of_a_loop():
    (X, y), (X_valid, y_valid), _ = digits()
    start = [(10 * W, b) for W, b in mlp.init((64, 32, 10), np.random.default_rng(0))]
    ((W1, b1), (W2, b2)), losses, ratios = trained_by_hand(start, X, y, 2, lr=0.03)
    found = trainings.monitored(sgd, 0.03, 10.0)
    assert found["start"] == pytest.approx(losses[0], abs=0.006)
    np.testing.assert_allclose(found["loss"], np.reshape(losses, (19, 4)).mean(axis=1), rtol=0.06)
    np.testing.assert_allclose(found["ratio"], np.reshape(ratios, (19, 4)).mean(axis=1), rtol=0.06)
    assert found["step"] == pytest.approx(np.median(ratios[:38]), rel=0.06)
    given = np.maximum(X_valid @ W1 + b1, 0) @ W2 + b2
    assert found["right"] == pytest.approx(np.mean(given.argmax(axis=1) == y_valid), abs=0.006)
    assert found["dead"] == pytest.approx(np.mean(~(X @ W1 + b1 > 0).any(axis=0)), abs=0.006)


@pytest.mark.parametrize("rule", trainings.RULES)
def test_the_record_is_that_of_the_trainings(rule):
    """Where a rounding does not grow: not at the highest rates."""
    i = trainings.RULES.index(rule)
    for lr in (1e-3, 0.01, 0.1):
        k = trainings.TRIED.index(lr)
        for j, scale in enumerate(trainings.SCALES):
            recorded, now = plates.RUNS[i][j][k], trainings.monitored(rule, lr, scale)
            assert recorded.keys() == now.keys()
            if lr * scale < 1 and (rule is sgd or lr < 0.1):
                for name, values in now.items():
                    np.testing.assert_allclose(recorded[name], values, rtol=0.02, atol=0.011)
            assert recorded["start"] == pytest.approx(now["start"], abs=0.011)
    assert len(plates.RUNS[i]) == len(trainings.SCALES)
    assert {len(runs) for runs in plates.RUNS[i]} == {len(trainings.TRIED)}


@pytest.mark.parametrize("rule", [0, 1])
@pytest.mark.parametrize("weights", [0, 1, 2])
def test_the_plate_draws_the_record_and_the_rate_that_is_nearest(rule, weights):
    runs = plates.RUNS[rule][weights]
    for lr in (1e-4, 0.004, 0.0095, 0.18, 3):
        nearest = int(np.argmin(np.abs(np.log(trainings.TRIED) - np.log(lr))))
        calls = plates.monitor.record(lr=lr, rule=rule, weights=weights)
        for name, curves in zip(
            ("loss", "ratio"),
            ([call for call in calls if call[0] == "path"][1:21], [c for c in calls if c[0] == "path"][21:]),
            strict=True,
        ):
            assert len(curves) == 20
            for run, curve in zip([*runs, runs[nearest]], curves, strict=True):
                epochs, values = np.transpose(curve[1])
                np.testing.assert_allclose(epochs, np.arange(0.5, 19) * 2 / 19)
                np.testing.assert_array_equal(values, np.maximum(run[name], 1e-6))
            assert curves[-1][2] == ("blue", "purple")[rule]
        words = plates.monitor.said(lr=lr, rule=rule, weights=weights)
        assert f"is {said(runs[nearest]['step'])} of the weights" in words
        assert f" {runs[nearest]['right']:.0%} of the validation" in words
        name, _ = (call[3] for call in calls if call[0] == "text")
        assert name == f"{('SGD', 'Adam')[rule]}, η = {trainings.TRIED[nearest]:g}"


def test_the_plate_s_diagnosis_is_what_the_checks_complain_of():
    def of(rule, weights, lr):
        return plates.diagnosis(plates.RUNS[rule][weights][trainings.TRIED.index(lr)], rule, weights)

    assert [of(0, 0, lr).partition(":")[0] for lr in (1e-4, 0.01)] == ["The rate is too low"] * 2
    assert [of(0, 0, lr) for lr in (0.1, 0.3)] == ["The run is healthy."] * 2
    assert of(0, 0, 1.0) == "The rate is rather high: the steps are long."
    assert of(0, 0, 3.0).startswith("The rate is too high:")
    assert all("weights are too large" in of(rule, 1, lr) for rule in (0, 1) for lr in trainings.TRIED[:13])
    assert all("weights are too small" in of(0, 2, lr) for lr in (0.03, 0.1, 0.3))
    assert "It learns, but the rate is rather high" in of(1, 0, 0.1)
    assert "It learns, but slowly" in of(1, 0, 1e-3)


@pytest.mark.parametrize("rule", [0, 1])
def test_from_he_s_weights_a_higher_rate_goes_from_too_low_over_healthy_to_too_high(rule):
    stages = ["too low", "slowly", "healthy", "rather high", "too high"]
    found = [
        [stage for stage in stages if stage in plates.diagnosis(run, rule, 0)] for run in plates.RUNS[rule][0]
    ]
    assert [stages.index(stage) for (stage,) in found] == sorted(stages.index(stage) for (stage,) in found)
    assert {stage for (stage,) in found} == set(stages)
