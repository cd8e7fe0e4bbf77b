// The heavy ball on a quadratic: how fast it converges for every learning rate and momentum, and
// one run. Learning rates are in units of 1/L; the quadratic's curvatures are 1 and κ, so L = κ.
import {
  critical_momentum,
  energies,
  functions,
  gd_best_lr,
  heavy_ball_rate,
  heavy_ball_regime,
  heavy_ball_roots,
  iterate,
  measured_rate,
  momentum_best,
  momentum_limit,
  momentum_rate,
  rules,
  steps_to,
} from "../gdbook.js";
import { Lab, apart, factor, path, plain, put, scale, svg, tenTo, thousands, ticks } from "./lab.js";

const STEPS = 2000;
const SHOWN = 1e-10; // the chart ends where the distance is this part of the first, or its inverse
const DRAWN = 500; // points of a line, at most
const ROUNDING = 1e-6; // next to a double root a rate has half the digits of its coefficients
const BOX = { left: 32, right: 14, top: 26, bottom: 82 };
const COLUMNS = 200;
const ROWS = 100;
// As gdbook.figures.momentum_lab: steps for one more digit, at the edges of the bands of colour.
const DIGIT_STEPS = [2, 5, 10, 20, 50, 100, 200, 500, 1000];
const EDGES = [...DIGIT_STEPS.map((steps) => 0.1 ** (1 / steps)), 1]; // as rates
const SHADES = [0.95, 0.84, 0.73, 0.62, 0.52, 0.42, 0.32, 0.23, 0.15, 0.08];
const DIVERGES = 0.16;
const PLANE = { top: 20, reach: 1.3 };
const CHART = { gap: 48, right: 12, top: 26, bottom: 20 };
const DIRECTIONS = { flat: "purple", steep: "orange" };

class Momentum extends Lab {
  build() {
    this.bands = [...SHADES.map((shade) => ["blue", shade]), ["red", DIVERGES]].map(([colour, opacity]) =>
      svg("path", { style: `fill:var(--gd-${colour})`, "fill-opacity": opacity, "shape-rendering": "crispEdges" }),
    );
    this.lines = svg("g", { class: "gd-phases" });
    this.handle = svg(
      "g",
      { class: "gd-start", tabindex: 0, role: "slider", "aria-label": "learning rate, left and right, and momentum, up and down" },
      svg("circle", { class: "gd-reach", r: 26 }),
      svg("circle", { class: "gd-ring gd-under", r: 10 }),
      svg("circle", { class: "gd-ring", r: 10 }),
    );
    this.surface = svg("rect", { class: "gd-surface", "fill-opacity": 0 });
    this.axes = svg("g");
    this.picture = svg("svg", { class: "gd-svg" });
    this.picture.append(...this.bands, this.axes, this.lines, this.surface, this.handle);
    this.stage.replaceChildren(this.picture, this.still);
    this.pair = this.querySelector(".gd-pair");
    this.frame();
    const at = (lr, momentum) => this.place(+lr.toFixed(2), +momentum.toFixed(3));
    this.grip(
      this.surface,
      this.handle,
      (x, y) => at(this.x.invert(x), this.y.invert(y)),
      (right, up) => at(this.state.lr + 0.04 * right, this.state.momentum + 0.01 * up),
    );
  }

  // What hangs on the size of the picture and its chart, and on nothing else.
  frame() {
    put(this.picture, { viewBox: `0 0 ${this.width} ${this.height}` });
    this.x = scale(0, 4, BOX.left, this.width - BOX.right);
    this.y = scale(0, 1, this.height - BOX.bottom, BOX.top);
    const [left, top] = [this.x(0), this.y(1)];
    put(this.surface, { x: left, y: top, width: this.x(4) - left, height: this.y(0) - top });
    this.axes.replaceChildren(...this.scales());
    this.plane();
  }

  lay() {
    this.frame();
    this.map();
    this.graph();
  }

  scales() {
    const floor = this.y(0);
    const bar = scale(0, SHADES.length, BOX.left + 100, this.width - BOX.right);
    return [
      ...ticks(0, 4, this.roomy ? 8 : 4).map((lr) => svg("text", { x: this.x(lr), y: floor + 17, "text-anchor": "middle" }, plain(lr))),
      ...ticks(0, 1, 5).map((mu) => svg("text", { x: BOX.left - 7, y: this.y(mu) + 5, "text-anchor": "end" }, plain(mu))),
      svg("text", { x: this.x(2), y: floor + 34, "text-anchor": "middle" }, "learning rate η, in units of 1/L"),
      svg("text", { x: 2, y: 14 }, "momentum μ"),
      svg("text", { x: BOX.left, y: this.height - 23 }, "steps a digit"),
      ...SHADES.map((shade, i) =>
        svg("rect", { x: bar(i), y: this.height - 33, width: bar(1) - bar(0), height: 13, style: "fill:var(--gd-blue)", "fill-opacity": shade }),
      ),
      ...DIGIT_STEPS.map((steps, i) => svg("text", { x: bar(i + 1), y: this.height - 5, "text-anchor": "middle" }, i % 2 ? "" : plain(steps))),
    ];
  }

  // The unit circle with the roots, and the chart's place beside it.
  plane() {
    const [width, height] = [this.pair.clientWidth, this.pair.clientHeight];
    const far = (height - PLANE.top) / 2;
    const [x, y, radius] = [far, height - far, far / PLANE.reach];
    this.circle = { width, height, x, y, radius };
    this.marks = Object.entries(DIRECTIONS).flatMap(([name, colour]) =>
      [0, 1].map((which) => {
        const style = `stroke:var(--gd-${colour})`;
        const mark = name === "flat" ? svg("circle", { r: 6, style }) : svg("rect", { x: -5.5, y: -5.5, width: 11, height: 11, style });
        return { name, which, colour, mark };
      }),
    );
    this.ring = svg("circle", { cx: x, cy: y, class: "gd-rate" });
    this.chart = svg("g");
    const label = "Left, the roots in the unit circle; right, the distance to the minimum against step, on a log scale";
    this.pair.replaceChildren(
      svg(
        "svg",
        { viewBox: `0 0 ${width} ${height}`, class: "gd-svg", role: "img", "aria-label": label },
        svg("text", { x: x, y: 13, "text-anchor": "middle" }, "roots"),
        svg("path", { class: "gd-grid", d: `M${x - far} ${y}h${2 * far}M${x} ${y - far}v${2 * far}` }),
        svg("circle", { cx: x, cy: y, r: radius, class: "gd-unit" }),
        this.ring,
        svg("g", { class: "gd-roots" }, ...this.marks.map(({ mark }) => mark)),
        this.chart,
      ),
    );
  }

  bestMomentum() {
    const [lr, momentum] = momentum_best(1, this.state.kappa);
    this.place(lr * this.state.kappa, momentum);
  }

  bestPlain() {
    this.place(gd_best_lr(1, this.state.kappa) * this.state.kappa, 0);
  }

  // A point of the map, brought into it.
  place(lr, momentum) {
    for (const [name, value] of Object.entries({ lr, momentum })) {
      const { low, high } = this.fields[name];
      this.state[name] = Math.min(high, Math.max(low, value));
    }
    this.note("");
    this.share();
    this.refresh();
  }

  compute() {
    const { kappa, momentum } = this.state;
    const lr = (this.lr = this.state.lr / kappa);
    const f = { ...functions.quadratic, kappa };
    const [points, losses] = iterate(f, [...f.start], (w, g, v) => rules.momentum(w, g, v, lr, momentum), [0, 0], STEPS);
    this.run = { points, losses };
    this.measured = measured_rate(energies(points, losses, lr));
    this.predicted = momentum_rate(lr, momentum, 1, kappa);
    this.limit = momentum_limit(momentum, kappa) * kappa;
    this.best = momentum_best(1, kappa);
    this.bestRate = momentum_rate(...this.best, 1, kappa);
    this.directions = Object.fromEntries(
      [["flat", 1], ["steep", kappa]].map(([name, curvature]) => [
        name,
        {
          step: lr * curvature,
          rate: heavy_ball_rate(lr, momentum, curvature),
          regime: heavy_ball_regime(lr, momentum, curvature),
          roots: heavy_ball_roots(lr, momentum, curvature),
        },
      ]),
    );
    if (this.drawn !== kappa) this.map();
    this.graph();
  }

  // The map for this κ: for each band one path of runs of cells, and the lines.
  map() {
    const { kappa } = this.state;
    this.drawn = kappa;
    const shapes = this.bands.map(() => "");
    const xs = Array.from({ length: COLUMNS + 1 }, (_, i) => this.x((4 * i) / COLUMNS).toFixed(1));
    const ys = Array.from({ length: ROWS + 1 }, (_, j) => this.y(j / ROWS).toFixed(1));
    for (let j = 0; j < ROWS; j++) {
      const momentum = (j + 0.5) / ROWS;
      let [from, now] = [0, -1];
      for (let i = 0; i <= COLUMNS; i++) {
        const next = i < COLUMNS ? band(momentum_rate((4 * (i + 0.5)) / COLUMNS / kappa, momentum, 1, kappa)) : -1;
        if (next === now) continue;
        if (i) shapes[now] += `M${xs[from]} ${ys[j]}H${xs[i]}V${ys[j + 1]}H${xs[from]}Z`;
        [from, now] = [i, next];
      }
    }
    this.bands.forEach((shape, i) => put(shape, { d: shapes[i] }));

    const [bestLr, bestMomentum] = [this.best[0] * kappa, this.best[1]];
    const critical = (curvature, high) =>
      path(Array.from({ length: 121 }, (_, i) => high * (i / 120) ** 2).map((lr) => [this.x(lr), this.y(critical_momentum(lr / kappa, curvature))]));
    const words = (lr, momentum, colour, text) =>
      svg("text", { x: this.x(lr), y: this.y(momentum), class: "gd-halo", style: `fill:var(--gd-${colour})` }, text);
    const limit = [0, 1].map((momentum) => [this.x(momentum_limit(momentum, kappa) * kappa), this.y(momentum)]);
    this.lines.replaceChildren(
      svg("path", { d: critical(kappa, 4), class: "gd-critical", style: "stroke:var(--gd-orange)" }),
      svg("path", { d: critical(1, bestLr), class: "gd-critical", style: "stroke:var(--gd-purple)" }),
      svg("path", { d: path(limit), style: "stroke:var(--gd-red)" }),
      svg("path", { d: "M0 -9L9 0L0 9L-9 0Z", class: "gd-best", transform: `translate(${this.x(bestLr)} ${this.y(bestMomentum)})` }),
      words(0.35, critical_momentum(0.35 / kappa, kappa) + 0.02, "orange", "steep: spirals above"),
      words(1.5, Math.max(critical_momentum(1.5 / kappa, 1) + 0.03, 0.36), "purple", "flat: spirals above"),
      words(3.2, 0.25, "red", "diverges"),
      words(bestLr + 0.08, Math.max(bestMomentum - 0.09, 0.02), "green", "best"),
    );
  }

  // The distance to the minimum, step by step, and a line with the predicted slope that it stays under.
  graph() {
    const distances = this.run.points.map(([x, y]) => Math.hypot(x, y));
    const { predicted } = this;
    const gone = predicted > 1 ? (d) => d > distances[0] / SHOWN : (d) => d < distances[0] * SHOWN;
    const end = predicted > 1 ? distances.findIndex(gone) : distances.findLastIndex((d) => !gone(d)) + 1;
    const last = Math.max(20, end > 0 ? Math.min(end, STEPS) : distances.length - 1);
    const stride = Math.ceil(last / DRAWN);
    const logs = [];
    for (let t = 0; t <= Math.min(last, distances.length - 1); t += stride) {
      logs.push([t, Math.log10(distances[t])]);
    }
    const slope = Math.log10(predicted);
    const top = Math.max(...logs.map(([t, log]) => log - t * slope));
    const line = predicted > 0 ? [[0, top], [last, top + last * slope]] : [];
    const heights = [...logs, ...line].map(([, log]) => log).filter((log) => log > -14);
    const [low, high] = [Math.floor(Math.min(...heights)), Math.ceil(Math.max(...heights, 1))];
    const { gap, right, top: roof, bottom } = CHART;
    const { width, height } = this.circle;
    const left = height - PLANE.top + gap;
    const floor = height - bottom;
    const x = scale(0, last, left, width - right);
    const y = scale(low, high, floor, roof);
    const at = ([t, log]) => [x(t), Math.min(floor, y(log))];
    this.chart.replaceChildren(
      svg("text", { x: left - 30, y: 13 }, "distance, against step"),
      ...ticks(low, high, 4).filter(Number.isInteger).flatMap((power) => [
        svg("path", { class: "gd-grid", d: `M${left} ${y(power)}H${width - right}` }),
        svg("text", { x: left - 6, y: y(power) + 5, "text-anchor": "end" }, tenTo(power)),
      ]),
      ...ticks(0, last, 3).map((t) => svg("text", { x: x(t), y: height - 4, "text-anchor": "middle" }, plain(t))),
      svg("path", { class: "gd-line", d: path(logs.map(at)) }),
      svg("path", { class: "gd-predicted", d: path(line.map(at)) }),
    );
  }

  draw() {
    const { lr, momentum } = this.state;
    const { low, high } = this.fields.lr;
    put(this.handle, {
      transform: `translate(${this.x(lr)} ${this.y(momentum)})`,
      "aria-valuemin": low,
      "aria-valuemax": high,
      "aria-valuenow": lr,
      "aria-valuetext": `η = ${plain(lr)}/L, μ = ${plain(momentum)}`,
    });
    const { reach } = PLANE;
    const { x, y, radius } = this.circle;
    put(this.ring, { r: radius * Math.min(this.predicted, reach) });
    for (const { name, which, colour, mark } of this.marks) {
      const [re, im] = this.directions[name].roots[which];
      const size = Math.hypot(re, im);
      const inwards = radius * Math.min(1, reach / size);
      put(mark, { transform: `translate(${x + re * inwards} ${y - im * inwards})` });
      mark.style.fill = size > reach ? "var(--gd-paper)" : `var(--gd-${colour})`;
    }
    const show = (name, text) => (this.querySelector(`[data-show="${name}"]`).textContent = text);
    for (const [name, { step, rate, regime }] of Object.entries(this.directions)) {
      show(`${name}-step`, plain(step, 3));
      show(`${name}-regime`, regime);
      show(`${name}-rate`, shown(rate));
    }
    show("predicted", shown(this.predicted));
    show("measured", shown(this.measured));
  }

  tell() {
    const { kappa, lr, momentum } = this.state;
    const { flat, steep } = this.directions;
    const { predicted: rate, best, bestRate } = this;
    const [given, most] = apart(lr, this.limit);
    const bound = `2(1 + μ)/L = ${most}/L`;
    if (steep.regime === "diverges") {
      const { length } = this.run.points;
      const end = length <= STEPS ? ` The numbers overflow at step ${length}.` : "";
      return `Diverges: η = ${given}/L is above ${bound}. In the steep direction each step makes the error ${factor(rate)} times larger, with its sign changed.${end}`;
    }
    if (rate > 1 - 1e-12) return `Never settles: η is at ${bound}. The steep direction jumps from side to side for ever.`;
    if (rate === 0) return "There in one step. With one curvature and η = 1/L gradient descent needs no momentum.";
    const better =
      rate - bestRate < ROUNDING
        ? `No η and μ do better for κ = ${plain(kappa)}.`
        : `The best for κ = ${plain(kappa)} is ${plain(bestRate)}, at η = ${plain(best[0] * kappa)}/L, μ = ${plain(best[1])}.`;
    const pace = `Each step keeps ${factor(rate)} of the distance: a digit every ${thousands(steps_to(0.1, rate))} steps.`;
    return `${pace} ${why(flat, steep, momentum, rate)} ${better}`;
  }

  snippet() {
    const { kappa, lr, momentum } = this.state;
    return [
      "from gdbook.descent import descend",
      "from gdbook.functions import quadratic",
      "from gdbook.browser.measure import energies, measured_rate",
      "from gdbook.rules import momentum",
      "from gdbook.theory import heavy_ball_rate, heavy_ball_regime",
      "from gdbook.theory import momentum_rate",
      "",
      `kappa, mu = ${kappa}, ${momentum}`,
      `lr = ${lr} / kappa  # L, the largest curvature, is kappa`,
      'for name, curvature in ("flat", 1), ("steep", kappa):',
      "    regime = heavy_ball_regime(lr, mu, curvature)",
      "    rate = heavy_ball_rate(lr, mu, curvature)",
      "    print(name, regime, rate)",
      'print("predicted", momentum_rate(lr, mu, 1, kappa))',
      "f = quadratic(kappa)",
      "run = descend(",
      "    f.grad, f.start, rule=momentum, lr=lr, momentum=mu,",
      `    steps=${STEPS}, loss=f,`,
      ")",
      "w, loss = run.w.tolist(), run.loss.tolist()",
      'print("measured", measured_rate(energies(w, loss, lr)))',
      "",
    ].join("\n");
  }
}

// A rate to four digits, or to six close to 1, where they matter.
function shown(rate) {
  return rate.toFixed(Math.abs(rate - 1) < 1e-3 && Math.abs(rate - 1) > ROUNDING ? 6 : 4);
}

// The band of colour of a rate: how many edges it is above.
function band(rate) {
  let above = 0;
  while (above < EDGES.length && rate >= EDGES[above]) above++;
  return above;
}

// Which direction sets the rate, and what would help it.
function why(flat, steep, momentum, rate) {
  const equal = Math.abs(flat.rate - steep.rate) < ROUNDING;
  const critical = [flat, steep].some(({ regime }) => regime === "critical");
  if (flat.regime === "spirals" && steep.regime === "spirals") {
    return `Both directions spiral, so both go at √μ = √${plain(momentum)}, whatever η here.`;
  }
  if (critical && equal) {
    return "Critical: less momentum leaves a direction behind, more makes both spiral. The run comes a little late, as t · rateᵗ.";
  }
  if (equal && flat.regime === steep.regime) return `With one curvature there is one direction: it ${flat.regime}.`;
  if (equal) return "Both directions are equally slow: one glides, one alternates.";
  if (flat.rate < rate) return "The steep direction is the slow one: it alternates. A smaller η helps it.";
  return "The flat direction is the slow one: it glides. Within the limit, a larger η or more momentum helps it.";
}

customElements.define("gd-momentum", Momentum);
