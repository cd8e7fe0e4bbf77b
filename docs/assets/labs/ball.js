// Drop a ball on a curve: one rule, one function of one number.
import {
  explain,
  functions,
  gd_factor,
  hyperparameters,
  iterate,
  number,
  rules,
} from "../gdbook.js";
import { Lab, apart, factor, path, plain, put, scale, svg, tenTo, ticks, write } from "./lab.js";
import { LIMITS } from "./limits.js";

const STEPS = 300;
const ARRIVED = 1e-3; // as gdbook.descent.outcome
const BOX = { left: 32, right: 10, top: 12, bottom: 62 };
const CHART = { left: 36, right: 8, top: 26, bottom: 20 };
const TAIL = 40; // steps at the end that tell whether a run settles
const KEPT = 0.999; // of its width at least, from tail to tail, where it does not
const STARTS = 80; // how many starts the strip under the curve tries
const TRAIL = 80;
const BASINS = ["green", "orange", "purple", "blue", "red"];

export class Ball extends Lab {
  build() {
    this.picture = svg("svg", { class: "gd-svg gd-ball" });
    this.axes = svg("g");
    this.strip = svg("g");
    this.curve = svg("path", { class: "gd-curve" });
    this.hops = svg("path", { class: "gd-hops" });
    this.trail = svg("g", { class: "gd-dots" });
    this.tangent = svg("path", { class: "gd-tangent" });
    this.arrow = svg("path", { class: "gd-arrow" });
    this.ball = svg(
      "g",
      { class: "gd-handle", tabindex: 0, role: "slider", "aria-label": "ball: where it starts" },
      svg("circle", { r: 26, class: "gd-reach" }),
      svg("circle", { r: 11 }),
    );
    this.words = svg("text", { class: "gd-away", "text-anchor": "middle" });
    this.picture.append(this.axes, this.strip, this.curve, this.hops, this.trail, this.tangent);
    this.picture.append(this.arrow, this.ball, this.words);
    this.stage.replaceChildren(this.picture, this.still);
    this.chart = this.querySelector(".gd-chart");
    this.grip(
      this.picture,
      this.ball,
      (x) => this.place(this.x.invert(x)),
      (right, up) => {
        const { low, high } = this.limits("x0");
        this.place(this.state.x0 + ((right + up) * (high - low)) / 100);
      },
    );
  }

  place(x) {
    const { low, high } = this.limits("x0");
    this.change("x0", +Math.min(high, Math.max(low, x)).toFixed(2));
  }

  limits(name) {
    if (name !== "x0") return super.limits(name);
    const [low, high] = functions[this.state.f].domain;
    return { low, high };
  }

  absent(name) {
    return name === "mu" && !("momentum" in hyperparameters[this.state.rule]);
  }

  // A new function begins at its own start.
  change(name, raw) {
    if (name === "f" && raw in functions) this.state.x0 = functions[raw].start;
    super.change(name, raw);
  }

  get hyper() {
    const given = { lr: this.state.lr, momentum: this.state.mu };
    return Object.entries(hyperparameters[this.state.rule]).map(([name, value]) => given[name] ?? value);
  }

  compute() {
    const f = (this.f = functions[this.state.f]);
    const rule = rules[this.state.rule];
    const hyper = this.hyper;
    this.move = (w, g, state) => rule(w, g, state, ...hyper);
    const [points, losses, grads] = iterate(f, [this.state.x0], this.move, [undefined], STEPS);
    this.run = { points: points.map((point) => point[0]), losses, grads: grads.map((grad) => grad[0]) };
    this.ended = ending(f, this.run);
    this.horizon = this.ended.diverged ? points.length - 1 : Math.min(STEPS, this.ended.arrival + 8);
    // Where the ball starts changes neither the curve nor where the other starts lead.
    const setting = [this.state.f, this.state.rule, ...hyper].join();
    if (setting === this.setting) return this.graph();
    this.setting = setting;
    this.lay();
  }

  lay() {
    put(this.picture, { viewBox: `0 0 ${this.width} ${this.height}` });
    this.frame();
    this.basins();
    this.graph();
  }

  get floor() {
    return this.height - BOX.bottom;
  }

  // Axes and curve, for the function.
  frame() {
    const [low, high] = this.f.domain;
    const xs = Array.from({ length: 201 }, (_, i) => low + ((high - low) * i) / 200);
    const ys = xs.map((x) => this.f.value(x));
    const [bottom, top] = [Math.min(...ys), Math.max(...ys)];
    const pad = (top - bottom) * 0.06;
    this.x = scale(low, high, BOX.left + 8, this.width - BOX.right - 8);
    this.y = scale(bottom - pad, top + pad, this.floor, BOX.top);
    put(this.curve, { d: path(xs.map((x, i) => [this.x(x), this.y(ys[i])])) });
    const across = ticks(low, high, 6).map((x) => [
      svg("path", { class: "gd-grid", d: `M${this.x(x)} ${BOX.top}V${this.floor}` }),
      svg("text", { x: this.x(x), y: this.floor + 18, "text-anchor": "middle" }, plain(x)),
    ]);
    const up = ticks(bottom, top, 4).map((y) => [
      svg("path", { class: "gd-grid", d: `M${BOX.left} ${this.y(y)}H${this.width - BOX.right}` }),
      svg("text", { x: BOX.left - 6, y: this.y(y) + 4, "text-anchor": "end" }, plain(y)),
    ]);
    this.axes.replaceChildren(...across.flat(), ...up.flat());
  }

  // Each start coloured by the minimum that it leads to.
  basins() {
    const { f } = this;
    const [low, high] = f.domain;
    const width = (this.x(high) - this.x(low)) / STARTS;
    const order = [...f.minima].sort((a, b) => a - b);
    const cells = Array.from({ length: STARTS }, (_, i) => {
      const x0 = low + ((high - low) * (i + 0.5)) / STARTS;
      const [points] = iterate(f, [x0], this.move, [undefined], STEPS);
      const { converged, minimum } = rest(f, points.length, points[points.length - 1][0]);
      return converged ? BASINS[order.indexOf(minimum) % BASINS.length] : "grid";
    });
    const bars = [];
    for (let i = 0, from = 0; i < STARTS; i++) {
      if (cells[i] === cells[i + 1]) continue;
      const span = { x: this.x(low) + from * width, width: (i + 1 - from) * width };
      bars.push(svg("rect", { ...span, y: this.height - 32, height: 12, style: `fill:var(--gd-${cells[i]})` }));
      from = i + 1;
    }
    const words = this.roomy ? `each start, coloured by the minimum it reaches in ${STEPS} steps` : "the minimum of each start";
    const caption = svg("text", { x: BOX.left + 8, y: this.height - 5 }, `${words}; pale: none`);
    const marks = order.map((m, i) =>
      svg("circle", { cx: this.x(m), cy: this.y(f.value(m)), r: 4.5, style: `fill:var(--gd-${BASINS[i % BASINS.length]})` }),
    );
    this.strip.replaceChildren(...bars, ...marks, caption);
    this.basin = cells;
  }

  // How far the loss is above the lowest, step by step, on a log scale.
  graph() {
    const lowest = this.f.value(this.f.minima[0]);
    const shown = this.run.losses.slice(0, Math.max(20, this.horizon) + 1).map((loss) => Math.log10(Math.max(loss - lowest, 1e-12)));
    const low = Math.floor(Math.min(...shown, -1));
    const high = Math.ceil(Math.max(...shown, 1));
    const { clientWidth: width, clientHeight: height } = this.chart;
    const x = scale(0, Math.max(20, this.horizon), CHART.left, width - CHART.right);
    const y = scale(low, high, height - CHART.bottom, CHART.top);
    const powers = ticks(low, high, 3).filter(Number.isInteger);
    const picture = svg(
      "svg",
      { viewBox: `0 0 ${width} ${height}`, class: "gd-svg", role: "img", "aria-label": "loss above the lowest, against step, log scale" },
      svg("text", { x: 0, y: 13 }, "loss above the lowest, against step"),
      ...powers.flatMap((power) => [
        svg("path", { class: "gd-grid", d: `M${CHART.left} ${y(power)}H${width - CHART.right}` }),
        svg("text", { x: CHART.left - 6, y: y(power) + 4, "text-anchor": "end" }, tenTo(power)),
      ]),
      ...ticks(0, Math.max(20, this.horizon), 4).map((t) =>
        svg("text", { x: x(t), y: height - 4, "text-anchor": "middle" }, plain(t)),
      ),
      svg("path", { class: "gd-line", d: path(shown.map((loss, t) => [x(t), y(loss)])) }),
    );
    this.cursor = svg("circle", { r: 5, class: "gd-cursor" });
    picture.append(this.cursor);
    this.mark = (t) => put(this.cursor, { cx: x(t), cy: y(shown[Math.min(t, shown.length - 1)]) });
    this.chart.replaceChildren(picture);
  }

  draw() {
    const { points, losses, grads } = this.run;
    const t = Math.min(this.t, points.length - 1);
    const at = (i) => [this.x(points[i]), this.y(losses[i])];
    const inside = ([x, y]) => [Math.min(this.width - 4, Math.max(4, x)), Math.min(this.floor + 4, Math.max(8, y))];
    const [bx, by] = inside(at(t));
    const away = points[t] < this.f.domain[0] || points[t] > this.f.domain[1];
    const { low, high } = this.limits("x0");
    put(this.ball, {
      transform: `translate(${bx.toFixed(1)} ${by.toFixed(1)})`,
      "aria-valuemin": low,
      "aria-valuemax": high,
      "aria-valuenow": this.state.x0,
      "aria-valuetext": `start ${plain(this.state.x0)}`,
    });
    put(this.words, { x: Math.min(this.width - 90, Math.max(110, bx)), y: by + 30 });
    write(this.words, away ? `out here at x = ${plain(points[t], 3)}` : "");

    const recent = Array.from({ length: Math.min(t, TRAIL) + 1 }, (_, i) => inside(at(t - Math.min(t, TRAIL) + i)));
    put(this.hops, { d: path(recent) });
    this.trail.replaceChildren(...recent.slice(0, -1).map(([x, y]) => svg("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: 3 })));

    const reach = (this.f.domain[1] - this.f.domain[0]) / 12;
    const ends = [-reach, reach].map((by) => [this.x(points[t] + by), this.y(losses[t] + by * grads[t])]);
    put(this.tangent, { d: away ? "" : path(ends) });
    const next = t + 1 < points.length ? inside(at(t + 1))[0] : bx;
    const { floor } = this;
    const head = Math.sign(next - bx) * Math.min(7, Math.abs(next - bx));
    put(this.arrow, {
      d: away || Math.abs(next - bx) < 0.5 ? "" : `M${bx} ${floor}H${next}m${-head} -4l${head} 4l${-head} 4`,
    });
    this.mark(Math.min(t, this.horizon));
    this.numbers(t);
  }

  // The three numbers, and the rule with them in it.
  numbers(t) {
    const { points, losses, grads } = this.run;
    const values = { step: plain(t), x: number(points[t]), f: number(losses[t]), g: number(grads[t]) };
    for (const [name, value] of Object.entries(values)) this.querySelector(`[data-show="${name}"]`).textContent = value;
    let state;
    for (let i = 0; i < t; i++) state = this.move(points[i], grads[i], state)[1];
    const lines = explain[this.state.rule](points[t], grads[t], state, ...this.hyper);
    write(this.querySelector("[data-show=rule]"), lines.join("\n"));
  }

  tell() {
    const { f, run, ended, state } = this;
    const { minimum } = ended;
    const keeps = state.rule === "sgd" ? ` Near it each step multiplies the distance by 1 − η f″ = ${factor(gd_factor(state.lr, f.hess(minimum)))}.` : "";
    if (ended.diverged) return `Diverges: the numbers overflow at step ${run.points.length}.${this.limit()}`;
    if (!ended.converged) {
      if (run.losses[STEPS] > run.losses[0]) return `Grows: after ${STEPS} steps the loss is ${plain(run.losses[STEPS], 3)}.${keeps}`;
      const tails = [4, 3, 2, 1].map((i) => turning(run.points.slice(STEPS + 1 - i * TAIL, STEPS + 1 - (i - 1) * TAIL)));
      const last = tails[3];
      const narrower = tails.every(({ width }, i) => i === 0 || width < KEPT * tails[i - 1].width);
      if (last.turns > TAIL / 8 && !narrower) {
        const [low, high] = apart(last.low, last.high, 3);
        return `Does not settle: after ${STEPS} steps it jumps between x = ${low} and ${high}.${keeps}${this.pace()}`;
      }
      return `Still on its way after ${STEPS} steps, at x = ${plain(run.points[STEPS], 4)}.${keeps}${this.pace()}`;
    }
    const manner = ended.swings ? "Swings across the minimum" : "Glides to the minimum";
    const where = `${manner} at x = ${plain(minimum)}, there from step ${ended.arrival} on. There is within ${ARRIVED}.`;
    const lowest = f.minima[0];
    const stuck = f.value(minimum) > f.value(lowest) + 1e-9 ? ` That is a local minimum; the lowest is at x = ${plain(lowest)}.` : "";
    return where + stuck + keeps;
  }

  // Why it was thrown out: the bound on η where the curvature is the same everywhere, else what the run did.
  limit() {
    const { f, run, state } = this;
    const [low, high] = f.domain;
    const steep = f.hess(low);
    const known = LIMITS[state.rule];
    if (known && f.hess(high) === steep && f.hess(0) === steep) {
      const most = plain(known.of(steep, { momentum: state.mu }), 3);
      return ` The curvature f″ is ${plain(steep, 3)} everywhere, and η must stay below ${known.formula.replace("L", "f″")} = ${most}.`;
    }
    const stride = (t) => plain(Math.abs(run.points[t + 1] - run.points[t]), 3);
    return run.points.length > 2 ? ` The first step is ${stride(0)} long, the second ${stride(1)}.` : "";
  }

  // What a rule that divides by its own gradients has made of its rate, as measured.
  pace() {
    if (LIMITS[this.state.rule]) return "";
    const { points, grads } = this.run;
    const [first, last] = [0, STEPS - 1].map((t) => Math.abs(points[t + 1] - points[t]));
    if (this.state.rule === "adagrad") {
      return ` The rate dies: the first step was ${plain(first / Math.abs(grads[0]), 3)} times the slope, the last ${plain(last / Math.abs(grads[STEPS - 1]), 3)} times.`;
    }
    return ` First step ${plain(first, 3)} long, last ${plain(last, 3)}: η sets that, not the slope.`;
  }

  snippet() {
    const { f, rule, lr, x0 } = this.state;
    const hyper = this.absent("mu") ? "" : `momentum=${this.state.mu}, `;
    return [
      "from gdbook.descent import descend",
      `from gdbook.functions import ${f}`,
      `from gdbook.rules import ${rule}`,
      "",
      `trace = descend(`,
      `    ${f}.grad, ${x0}, rule=${rule}, lr=${lr},`,
      `    ${hyper}steps=${this.horizon}, loss=${f},`,
      ")",
      "for t in range(trace.last + 1):",
      "    print(t, trace.w[t], trace.loss[t])",
      "",
    ].join("\n");
  }
}

// Of the last points of a run: lowest, highest, and how often it turned round.
function turning(points) {
  const turns = points.filter((x, i) => (x - points[i - 1]) * (points[i + 1] - x) < 0).length;
  const [low, high] = [Math.min(...points), Math.max(...points)];
  return { low, high, width: high - low, turns };
}

// Where a run of `length` points comes to rest: near which minimum, if near one.
function rest(f, length, last) {
  const diverged = length < STEPS + 1;
  const minimum = f.minima.reduce((a, b) => (Math.abs(b - last) < Math.abs(a - last) ? b : a));
  return { diverged, minimum, converged: !diverged && Math.abs(last - minimum) <= ARRIVED };
}

// How a run ends: where it comes to rest, from which step on, swinging or not.
function ending(f, { points }) {
  const { diverged, minimum, converged } = rest(f, points.length, points[points.length - 1]);
  let arrival = points.length - 1;
  while (converged && arrival > 0 && Math.abs(points[arrival - 1] - minimum) <= ARRIVED) arrival--;
  let crossings = 0;
  for (let t = 1; t <= arrival; t++) crossings += (points[t] - minimum) * (points[t - 1] - minimum) < 0;
  return { diverged, converged, minimum, arrival, swings: crossings > 2 };
}

customElements.define("gd-ball", Ball);
