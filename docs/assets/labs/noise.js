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
import { Lab, apart, path, plain, put, scale, svg, tenTo, thousands, ticks } from "./lab.js";

// The problem, as in gdbook/figures/noise.py: ½λx² from x = 1, noise of σ = 1 in the gradient of a sample.
const CURVATURE = 1;
const SIGMA = 1;
const START = 1;
const SHOWN = 300;
const BOX = { left: 42, right: 10, top: 12, bottom: 24 };
const BARS = { share: 0.17, gap: 12, count: 50 }; // of the width
const CHART = { left: 38, right: 8, top: 26, bottom: 20 };
const WINDOW = 1.15; // each average in the chart takes in this much more of the run than the last
const HUGE = 1e9; // what a diverging run is drawn up to

class Noise extends Lab {
  build() {
    const label = "x against step, with the spread that theory predicts, and a histogram of x over the second half";
    this.picture = svg("svg", { class: "gd-svg", role: "img", "aria-label": label });
    this.axes = svg("g");
    this.band = svg("rect", { class: "gd-band", x: BOX.left });
    this.line = svg("path", { class: "gd-line gd-thin" });
    this.bars = svg("path", { class: "gd-bars" });
    this.now = svg("circle", { r: 5, class: "gd-cursor" });
    this.words = svg("text", { class: "gd-band-words", y: BOX.top + 16, "text-anchor": "end" });
    const clip = svg("clipPath", { id: `${this.id}-inner` });
    this.inner = svg("rect", { x: BOX.left, y: BOX.top });
    clip.append(this.inner);
    const inside = svg("g", { "clip-path": `url(#${this.id}-inner)` }, this.band, this.line, this.bars, this.now);
    this.picture.append(clip, this.axes, inside, this.words);
    this.stage.replaceChildren(this.picture, this.still);
    this.chart = this.querySelector(".gd-chart");
    this.lay();
  }

  // The path at the left, the bars at the right.
  lay() {
    const east = this.width - BOX.right;
    const bars = east - BARS.share * this.width;
    this.edges = { right: bars - BARS.gap, bars, east, floor: this.height - BOX.bottom };
    put(this.picture, { viewBox: `0 0 ${this.width} ${this.height}` });
    put(this.band, { width: east - BOX.left });
    put(this.inner, { width: east - BOX.left, height: this.edges.floor - BOX.top });
    put(this.words, { x: this.edges.right - 4 });
    if (this.xs) this.paint();
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
    this.horizon = Math.min(SHOWN, steps);
    this.t = this.horizon; // the whole path shows; Play begins at the start
    this.paint();
  }

  // All but the path, which draw() draws as far as it has come.
  paint() {
    const { stable, spread, horizon: shown } = this;
    const reach = stable ? Math.max(1.25, 3.2 * spread) : 10;
    const { right, east, floor } = this.edges;
    const x = scale(0, shown, BOX.left, right);
    const y = scale(-reach, reach, floor, BOX.top);
    const inside = (value) => Math.min(2 * reach, Math.max(-2 * reach, value));
    this.place = (value, t) => [x(t), y(inside(value))];
    put(this.band, stable ? { y: y(spread), height: y(-spread) - y(spread) } : { y: 0, height: 0 });
    this.words.textContent = stable ? `band: ±${plain(spread, 3)}, predicted` : "";
    put(this.bars, { d: this.histogram(y, reach) });
    this.axes.replaceChildren(
      ...ticks(-reach, reach, 5).flatMap((value) => [
        svg("path", { class: "gd-grid", d: `M${BOX.left} ${y(value)}H${east}` }),
        svg("text", { x: BOX.left - 6, y: y(value) + 4, "text-anchor": "end" }, plain(value)),
      ]),
      ...ticks(0, shown, 5).map((t) => svg("text", { x: x(t), y: this.height - 6, "text-anchor": "middle" }, plain(t))),
      svg("text", { x: east, y: this.height - 6, "text-anchor": "end" }, "later"),
    );
    this.graph();
    const numbers = {
      predicted: stable ? plain(this.predicted, 3) : "none",
      measured: Number.isFinite(this.measured) ? plain(this.measured, 3) : "overflow",
      samples: thousands(this.state.steps * this.state.batch),
    };
    for (const [name, text] of Object.entries(numbers)) this.querySelector(`[data-show="${name}"]`).textContent = text;
  }

  draw() {
    const { xs, t } = this;
    put(this.line, { d: path(xs.slice(0, t + 1).map(this.place)) });
    const [cx, cy] = this.place(xs[t], t);
    put(this.now, { cx, cy });
  }

  // How often x is where, over the second half of the run.
  histogram(y, reach) {
    const counts = Array(BARS.count).fill(0);
    for (const value of this.xs.slice(this.xs.length >> 1)) {
      const bar = Math.floor(((value + reach) / (2 * reach)) * BARS.count);
      if (bar >= 0 && bar < BARS.count) counts[bar]++;
    }
    const { bars, east } = this.edges;
    const length = scale(0, Math.max(1, ...counts), 0, east - bars);
    const edge = (bar) => y(-reach + (2 * reach * bar) / BARS.count).toFixed(1);
    return counts
      .map((count, bar) => (count ? `M${bars.toFixed(1)} ${edge(bar)}h${length(count).toFixed(1)}V${edge(bar + 1)}H${bars.toFixed(1)}Z` : ""))
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
    const { clientWidth: width, clientHeight: height } = this.chart;
    const x = scale(0, Math.log10(this.state.steps), CHART.left, width - CHART.right);
    const y = scale(low, high, height - CHART.bottom, CHART.top);
    const words = "loss, averaged, against step (log scales)";
    const floor = this.stable ? `M${CHART.left} ${y(Math.log10(this.predicted))}H${width - CHART.right}` : "";
    this.chart.replaceChildren(
      svg(
        "svg",
        { viewBox: `0 0 ${width} ${height}`, class: "gd-svg", role: "img", "aria-label": `${words}, and the predicted floor` },
        svg("text", { x: 0, y: 13 }, words),
        ...ticks(low, high, 3)
          .filter(Number.isInteger)
          .flatMap((power) => [
            svg("path", { class: "gd-grid", d: `M${CHART.left} ${y(power)}H${width - CHART.right}` }),
            svg("text", { x: CHART.left - 6, y: y(power) + 4, "text-anchor": "end" }, tenTo(power)),
          ]),
        ...[1, 10, 100, 1000, 10000]
          .filter((t) => t <= this.state.steps)
          .map((t) => svg("text", { x: x(Math.log10(t)), y: height - 4, "text-anchor": "middle" }, thousands(t))),
        svg("path", { class: "gd-floor", d: floor }),
        svg("path", { class: "gd-line", d: path(averages.map(([t, loss]) => [x(t), y(loss)])) }),
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
      const [lr, most] = apart(this.state.lr, this.limit);
      return `Diverges: η = ${lr} is not below 2(1 + μ)/λ = ${most}. No batch size helps: without noise too it would not come to rest.`;
    }
    const halves = Math.max(1, steps_to(0.5, this.rate));
    const pace = `A distance halves in about ${thousands(halves)} step${halves > 1 ? "s" : ""}`;
    if (START * this.rate ** (steps / 2) > this.spread) {
      return (
        `Still coming down after ${thousands(steps)} steps. ${pace}: half of them do not make it forget the start. ` +
        `The floor of this rate is ${plain(this.predicted, 3)}.`
      );
    }
    return (
      `The noise holds it at a floor: loss ${plain(this.measured, 3)}, in theory ${plain(this.predicted, 3)}. ` +
      `The loss is an average, over the second half of the run. ${pace}; then x strays by ±${plain(this.spread, 3)}.`
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

customElements.define("gd-noise", Noise);
