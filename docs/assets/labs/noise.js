// Noise: a descent whose gradient is never quite right, and the floor at which that holds it.
import {
  heavy_ball_rate,
  measured_floor,
  momentum_limit,
  noise_floor,
  noise_variance,
  noisy_descent,
  steps_to,
} from "../gdbook.js";
import { Lab, path, plain, put, scale, svg, tenTo, ticks } from "./lab.js";

// The problem, as in gdbook/figures/noise.py: ½λx² from x = 1, noise of σ = 1 in the gradient of a sample.
const CURVATURE = 1;
const SIGMA = 1;
const START = 1;
const SHOWN = 300;
const WIDTH = 640;
const HEIGHT = 340;
const BOX = { left: 58, right: 520, top: 12, bottom: 30 };
const BARS = { left: 534, right: 628, count: 50 };
const CHART = { height: 156, left: 60, right: 12, top: 30, bottom: 26 };
const WINDOW = 1.15; // each average in the chart takes in this much more of the run than the last
const HUGE = 1e9; // what a diverging run is drawn up to

class Noise extends Lab {
  build() {
    const label = "x against step, with the spread that theory predicts, and a histogram of x over the second half";
    this.picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "gd-svg", role: "img", "aria-label": label });
    this.axes = svg("g");
    this.band = svg("rect", { class: "gd-band", x: BOX.left, width: BARS.right - BOX.left });
    this.line = svg("path", { class: "gd-line gd-thin" });
    this.bars = svg("path", { class: "gd-bars" });
    this.words = svg("text", { class: "gd-band-words", x: BOX.right - 4, y: BOX.top + 16, "text-anchor": "end" });
    const clip = svg("clipPath", { id: `${this.id}-inner` });
    clip.append(svg("rect", { x: BOX.left, y: BOX.top, width: BARS.right - BOX.left, height: HEIGHT - BOX.top - BOX.bottom }));
    const inside = svg("g", { "clip-path": `url(#${this.id}-inner)` }, this.band, this.line, this.bars);
    this.picture.append(clip, this.axes, inside, this.words);
    this.stage.replaceChildren(this.picture, this.still);
    this.chart = this.querySelector(".gd-chart");
  }

  compute() {
    const { lr, mu, batch, steps, seed } = this.state;
    const variance = (SIGMA * SIGMA) / batch;
    this.limit = momentum_limit(mu, CURVATURE);
    this.stable = lr < this.limit;
    this.xs = noisy_descent(CURVATURE, lr, mu, SIGMA / Math.sqrt(batch), START, steps, seed);
    this.measured = measured_floor(this.xs, CURVATURE);
    this.predicted = this.stable ? noise_floor(lr, mu, CURVATURE, variance) : null;
    this.spread = this.stable ? Math.sqrt(noise_variance(lr, mu, CURVATURE, variance)) : null;
    this.rate = heavy_ball_rate(lr, mu, CURVATURE);
  }

  draw() {
    const { xs, stable, spread } = this;
    const shown = Math.min(SHOWN, this.state.steps);
    const reach = stable ? Math.max(1.25, 3.2 * spread) : 10;
    const x = scale(0, shown, BOX.left, BOX.right);
    const y = scale(-reach, reach, HEIGHT - BOX.bottom, BOX.top);
    const inside = (value) => Math.min(2 * reach, Math.max(-2 * reach, value));
    put(this.line, { d: path(xs.slice(0, shown + 1).map((value, t) => [x(t), y(inside(value))])) });
    put(this.band, stable ? { y: y(spread), height: y(-spread) - y(spread) } : { y: 0, height: 0 });
    this.words.textContent = stable ? `band: ±${plain(spread, 3)}, predicted` : "";
    put(this.bars, { d: this.histogram(y, reach) });
    this.axes.replaceChildren(
      ...ticks(-reach, reach, 5).flatMap((value) => [
        svg("path", { class: "gd-grid", d: `M${BOX.left} ${y(value)}H${BARS.right}` }),
        svg("text", { x: BOX.left - 6, y: y(value) + 4, "text-anchor": "end" }, plain(value)),
      ]),
      ...ticks(0, shown, 5).map((t) => svg("text", { x: x(t), y: HEIGHT - 8, "text-anchor": "middle" }, plain(t))),
      svg("text", { x: BARS.right, y: HEIGHT - 8, "text-anchor": "end" }, "later"),
    );
    this.graph();
    const numbers = {
      predicted: stable ? plain(this.predicted, 3) : "none",
      measured: Number.isFinite(this.measured) ? plain(this.measured, 3) : "overflow",
      samples: thousands(this.state.steps * this.state.batch),
    };
    for (const [name, text] of Object.entries(numbers)) this.querySelector(`[data-show="${name}"]`).textContent = text;
  }

  // How often x is where, over the second half of the run.
  histogram(y, reach) {
    const counts = Array(BARS.count).fill(0);
    for (const value of this.xs.slice(this.xs.length >> 1)) {
      const bar = Math.floor(((value + reach) / (2 * reach)) * BARS.count);
      if (bar >= 0 && bar < BARS.count) counts[bar]++;
    }
    const length = scale(0, Math.max(1, ...counts), 0, BARS.right - BARS.left);
    const edge = (bar) => y(-reach + (2 * reach * bar) / BARS.count).toFixed(1);
    return counts
      .map((count, bar) => (count ? `M${BARS.left} ${edge(bar)}h${length(count).toFixed(1)}V${edge(bar + 1)}H${BARS.left}Z` : ""))
      .join("");
  }

  // The loss against step, both on log scales, averaged over windows that grow, and the predicted floor.
  graph() {
    const averages = [];
    for (let from = 1; from < this.xs.length; ) {
      const to = Math.min(this.xs.length, Math.max(from + 1, Math.round(from * WINDOW)));
      let total = 0;
      for (let t = from; t < to; t++) total += Math.min(HUGE, (CURVATURE * this.xs[t] * this.xs[t]) / 2);
      averages.push([Math.log10(Math.sqrt(from * to)), Math.log10(Math.max(1e-9, total / (to - from)))]);
      from = to;
    }
    const heights = [...averages.map(([, height]) => height), Math.log10(this.predicted ?? 1)];
    const [low, high] = [Math.floor(Math.min(...heights)), Math.ceil(Math.max(...heights, 0))];
    const x = scale(0, Math.log10(this.state.steps), CHART.left, WIDTH - CHART.right);
    const y = scale(low, high, CHART.height - CHART.bottom, CHART.top);
    const words = "loss, averaged, against step (log scales)";
    const floor = this.stable ? `M${CHART.left} ${y(Math.log10(this.predicted))}H${WIDTH - CHART.right}` : "";
    this.chart.replaceChildren(
      svg(
        "svg",
        { viewBox: `0 0 ${WIDTH} ${CHART.height}`, class: "gd-svg", role: "img", "aria-label": `${words}, and the predicted floor` },
        svg("text", { x: CHART.left, y: 16 }, words),
        ...ticks(low, high, 3)
          .filter(Number.isInteger)
          .flatMap((power) => [
            svg("path", { class: "gd-grid", d: `M${CHART.left} ${y(power)}H${WIDTH - CHART.right}` }),
            svg("text", { x: CHART.left - 6, y: y(power) + 4, "text-anchor": "end" }, tenTo(power)),
          ]),
        ...[1, 10, 100, 1000, 10000]
          .filter((t) => t <= this.state.steps)
          .map((t) => svg("text", { x: x(Math.log10(t)), y: CHART.height - 8, "text-anchor": "middle" }, thousands(t))),
        svg("path", { class: "gd-floor", d: floor }),
        svg("path", { class: "gd-line", d: path(averages.map(([t, height]) => [x(t), y(height)])) }),
      ),
    );
  }

  // The same with the next seed.
  again() {
    const { low, high } = this.limits("seed");
    this.change("seed", this.state.seed < high ? this.state.seed + 1 : low);
  }

  tell() {
    const { steps } = this.state;
    if (!this.stable) {
      return (
        `Diverges: η must stay below 2(1 + μ)/λ = ${plain(this.limit)}. ` +
        "Each step makes the distance larger, whatever the batch size."
      );
    }
    const halves = Math.max(1, steps_to(0.5, this.rate));
    const pace = `A distance halves in about ${thousands(halves)} step${halves > 1 ? "s" : ""}`;
    if (START * this.rate ** (steps / 2) > this.spread) {
      return (
        `Still coming down. ${pace}: ${thousands(steps)} steps do not make it forget the start. ` +
        `The floor of this rate is ${plain(this.predicted, 3)}.`
      );
    }
    return (
      `The noise holds it at a floor: over the second half the loss averages ${plain(this.measured, 3)}, ` +
      `theory says ${plain(this.predicted, 3)}. ${pace}; then x strays by ±${plain(this.spread, 3)}.`
    );
  }

  snippet() {
    const { lr, mu, batch, steps, seed } = this.state;
    return [
      "from math import sqrt",
      "",
      "from gdbook.browser.noise import measured_floor, noisy_descent",
      ...(this.stable ? ["from gdbook.theory import noise_floor"] : []),
      "",
      `xs = noisy_descent(curvature=${CURVATURE}, lr=${lr}, momentum=${mu}, noise=${SIGMA} / sqrt(${batch}),`,
      `                   start=${START}, steps=${steps}, seed=${seed})`,
      ...(this.stable ? [`print("predicted", noise_floor(${lr}, ${mu}, ${CURVATURE}, ${SIGMA} / ${batch}))`] : []),
      `print("measured", measured_floor(xs, ${CURVATURE}))`,
      `print("samples", ${steps} * ${batch})`,
      "",
    ].join("\n");
  }
}

const thousands = (count) => String(count).replace(/\B(?=(\d{3})+$)/g, ",");

customElements.define("gd-noise", Noise);
