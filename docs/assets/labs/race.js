// The race: the rules that the reader chooses, from one start, on one function of two numbers.
import {
  arrival,
  functions,
  hyperparameters,
  iterate,
  largest_curvature,
  number,
  rules,
} from "../gdbook.js";
import { LEVELS, contours } from "./contours.js";
import { Lab, apart, path, plain, put, scale, svg, thousands, ticks } from "./lab.js";
import { LIMITS } from "./limits.js";

const STEPS = 2000;
const NEAR = 1e-3;
const SOME = 40; // steps that show whether a rule still goes anywhere
const BOX = { left: 30, right: 8, top: 10, bottom: 24 };
const BEND = 1.5; // pixels: points nearer than this to the last one drawn do not show
// What Tune tries: eight rates in each power of ten.
const RATES = Array.from({ length: 37 }, (_, i) => +(1e-4 * 10 ** (i / 8)).toPrecision(3));
class Race extends Lab {
  build() {
    this.picture = svg("svg", { class: "gd-svg gd-surface" });
    this.inner = svg("rect");
    const inside = svg("g", { "clip-path": `url(#${this.id}-inner)` });
    this.axes = svg("g");
    this.contours = svg("g", { class: "gd-contours" });
    this.minima = svg("g", { class: "gd-minima" });
    this.lanes = Object.keys(rules).map((name) => this.lane(name));
    this.handle = svg(
      "g",
      { class: "gd-start", tabindex: 0, role: "slider", "aria-label": "start of the race" },
      svg("circle", { r: 26, class: "gd-reach" }),
      svg("circle", { r: 11, class: "gd-ring" }),
    );
    this.hint = svg("text", { class: "gd-hint gd-halo" });
    inside.append(this.contours, this.minima, ...this.lanes.flatMap(({ whole, line, dots }) => [whole, line, dots]));
    this.picture.append(svg("clipPath", { id: `${this.id}-inner` }, this.inner), this.axes, inside);
    this.picture.append(...this.lanes.map(({ ball }) => ball), this.hint, this.handle);
    this.stage.replaceChildren(this.picture, this.still);
    // For each rule the setting for which its rate is the best: the page begins with such.
    this.tuned = Object.fromEntries(this.lanes.map(({ name }) => [name, this.setting(name)]));
    this.ran = false; // nothing has run before the reader runs it
    // The boxes of the table are one control, whose value is the rules that are ticked.
    const boxes = [...this.querySelectorAll(".gd-race input")];
    Object.defineProperty(this.querySelector("[data-field=rules]"), "value", {
      get: () => boxes.filter(({ checked }) => checked).map(({ value }) => value).join(),
      set: (rules) => boxes.forEach((box) => (box.checked = rules.split(",").includes(box.value))),
    });
    const along = (name, by) => {
      const { low, high } = this.limits(name);
      return this.state[name] + (by * (high - low)) / 100;
    };
    this.grip(
      this.picture,
      this.handle,
      (x, y) => this.place(this.x.invert(x), this.y.invert(y)),
      (right, up) => this.place(along("x0", right), along("y0", up)),
    );
  }

  // What belongs to one rule: its row of the table and its marks in the picture, in its colour.
  lane(name) {
    const row = this.querySelector(`[data-rule="${name}"]`);
    const style = `--gd-lane:var(--gd-${row.dataset.colour})`;
    row.style.cssText = style;
    const mark = (tag, kind) => svg(tag, { class: `gd-lane-${kind}`, style, ...(tag === "circle" && { r: 7 }) });
    const marks = { whole: mark("path", "whole"), line: mark("path", "line"), dots: mark("path", "dots") };
    return { name, row, words: row.querySelector("th").textContent.trim(), ball: mark("circle", "ball"), ...marks };
  }

  // The lanes of the rules that race.
  get racing() {
    const rules = this.state.rules.split(",");
    return this.lanes.filter(({ name }) => rules.includes(name));
  }

  // Put the start at (x, y), or as near as the picture goes.
  place(x, y) {
    const [x0, y0] = [["x0", x], ["y0", y]].map(([name, value]) => {
      const { low, high } = this.limits(name);
      return +Math.min(high, Math.max(low, value)).toFixed(2);
    });
    this.assign("y0", y0);
    this.change("x0", x0);
  }

  limits(name) {
    if (name !== "x0" && name !== "y0") return super.limits(name);
    const [low, high] = functions[this.state.f].domain[name === "x0" ? 0 : 1];
    return { low, high };
  }

  frozen(name) {
    return name === "kappa" && this.state.f !== "quadratic";
  }

  absent(name) {
    const has = (key) => this.racing.some((lane) => key in hyperparameters[lane.name]);
    return name === "momentum" ? !has(name) : name.startsWith("lr_") && !this.racing.some((lane) => `lr_${lane.name}` === name);
  }

  assign(name, raw) {
    if (name !== "rules") return super.assign(name, raw);
    const { options } = this.fields.rules;
    const asked = raw.split(",");
    const known = options.filter((rule) => asked.includes(rule));
    const unknown = asked.filter((rule) => rule && !options.includes(rule));
    if (known.length) this.state.rules = known.join();
    if (unknown.length) return `There is no rule “${unknown[0].slice(0, 40)}”.`;
    return known.length ? "" : "One rule races at least.";
  }

  // A URL that names a function and no start means that function's own; one that names rates and no
  // rules, the rules of those rates.
  take(parameters) {
    const name = parameters.get("f");
    const own = this.fields.f.options.includes(name) && !parameters.has("x0") && !parameters.has("y0");
    if (own) [this.state.x0, this.state.y0] = functions[name].start;
    const rated = this.fields.rules.options.filter((rule) => parameters.has(`lr_${rule}`));
    if (rated.length && !parameters.has("rules")) this.state.rules = rated.join();
    super.take(parameters);
  }

  // A new function begins at its own start, with rates that suit it; so does a rule that joins in.
  change(name, raw) {
    const before = this.racing;
    if (name === "f" && this.fields.f.options.includes(raw)) {
      this.state.f = raw;
      [this.state.x0, this.state.y0] = functions[raw].start;
      this.best();
    }
    super.change(name, raw);
    const joined = name === "rules" ? this.racing.filter((lane) => !before.includes(lane)) : [];
    if (joined.length) {
      this.best(joined);
      this.refresh();
    }
  }

  get f() {
    const { f, kappa } = this.state;
    return f === "quadratic" ? { ...functions.quadratic, kappa } : functions[f];
  }

  // The hyperparameters of a rule: its own rate, the fields, the rule's defaults, in the rule's order.
  hyper(name, lr = this.state[`lr_${name}`]) {
    const given = { ...this.state, lr };
    return Object.fromEntries(Object.entries(hyperparameters[name]).map(([key, value]) => [key, given[key] ?? value]));
  }

  run(f, name, hyper) {
    const [rule, values] = [rules[name], Object.values(hyper)];
    const step = (w, g, state) => rule(w, g, state, ...values);
    const start = [this.state.x0, this.state.y0];
    const [points, losses] = iterate(f, start, step, [undefined, undefined], STEPS);
    const last = points.length - 1;
    const diverged = last < STEPS;
    const [step0, which] = diverged ? [-1, -1] : arrival(points, f.minima, NEAR);
    return { points, losses, last, diverged, arrived: step0, which };
  }

  compute() {
    const { f } = this;
    this.surface(f);
    for (const lane of this.racing) {
      const hyper = this.hyper(lane.name);
      const key = JSON.stringify([this.drawn, this.state.x0, this.state.y0, hyper]);
      if (lane.key === key) continue;
      Object.assign(lane, { key, hyper, ...this.run(f, lane.name, hyper) });
      this.bend(lane);
    }
    this.horizon = Math.max(...this.racing.map(({ arrived, last }) => (arrived < 0 ? last : Math.min(last, arrived + 8))));
  }

  lay() {
    this.drawn = undefined;
    this.surface(this.f);
    for (const lane of this.lanes) if (lane.points) this.bend(lane);
  }

  bend(lane) {
    lane.bends = this.bends(lane.points);
    put(lane.whole, { d: path(lane.bends.map(({ at }) => at)) });
  }

  // The points of a run that a reader can tell apart, in pixels; far outside, no further than 9 pictures.
  bends(points) {
    const kept = [];
    const far = (position) => Math.min(9 * this.width, Math.max(-9 * this.width, position));
    let before = [Infinity, Infinity];
    points.forEach(([x, y], t) => {
      const at = [far(this.x(x)), far(this.y(y))];
      if (Math.abs(at[0] - before[0]) + Math.abs(at[1] - before[1]) < BEND) return;
      kept.push({ t, at });
      before = at;
    });
    return kept;
  }

  // Axes, contour lines and minima, once for each function.
  surface(f) {
    const drawn = `${this.state.f} ${f.kappa ?? ""}`;
    if (this.drawn === drawn) return;
    this.drawn = drawn;
    const [[left, right], [bottom, top]] = f.domain;
    const [east, south] = [this.width - BOX.right, this.height - BOX.bottom];
    this.x = scale(left, right, BOX.left, east);
    this.y = scale(bottom, top, south, BOX.top);
    put(this.picture, { viewBox: `0 0 ${this.width} ${this.height}` });
    put(this.inner, { x: BOX.left, y: BOX.top, width: east - BOX.left, height: south - BOX.top });
    this.axes.replaceChildren(
      ...ticks(left, right, 6).map((x) =>
        svg("text", { x: this.x(x), y: this.height - 6, "text-anchor": "middle" }, plain(x)),
      ),
      ...ticks(bottom, top, 4).map((y) => svg("text", { x: BOX.left - 6, y: this.y(y) + 4, "text-anchor": "end" }, plain(y))),
    );
    this.contours.replaceChildren(
      ...contours(f, this.x, this.y).map((d, i) => svg("path", { d, opacity: (0.85 - (0.55 * i) / LEVELS).toFixed(2) })),
    );
    this.minima.replaceChildren(...f.minima.map(([x, y]) => svg("circle", { cx: this.x(x), cy: this.y(y), r: 5 })));
  }

  draw() {
    const { t } = this;
    const { x0, y0 } = this.state;
    for (const lane of this.lanes) {
      const shows = this.ran && this.racing.includes(lane);
      for (const mark of [lane.whole, lane.line, lane.dots, lane.ball]) mark.style.display = shows ? "" : "none";
      for (const cell of lane.row.querySelectorAll("td")) cell.textContent = "";
    }
    this.hint.textContent = this.ran ? "" : "drag the ring, then press Play";
    put(this.hint, this.beside(this.x(x0), this.y(y0)));
    for (const lane of this.racing) {
      const point = lane.points[Math.min(t, lane.last)];
      const [cx, cy] = [
        Math.min(this.width - BOX.right, Math.max(BOX.left, this.x(point[0]))),
        Math.min(this.height - BOX.bottom, Math.max(BOX.top, this.y(point[1]))),
      ];
      const done = lane.bends.filter((bend) => bend.t <= t).map(({ at }) => at);
      put(lane.line, { d: path(done) });
      put(lane.dots, { d: done.map((at) => `${path([at])}h0`).join("") });
      put(lane.ball, { cx, cy });
      if (this.ran) this.numbers(lane, t);
    }
    put(this.handle, {
      transform: `translate(${this.x(x0).toFixed(1)} ${this.y(y0).toFixed(1)})`,
      "aria-valuemin": this.limits("x0").low,
      "aria-valuemax": this.limits("x0").high,
      "aria-valuenow": x0,
      "aria-valuetext": `x ${plain(x0)}, y ${plain(y0)}`,
    });
  }

  // Where words beside the ring have room.
  beside(x, y) {
    const right = x < this.width / 2;
    return { x: x + (right ? 20 : -20), y: y - 18 < BOX.top + 14 ? y + 28 : y - 18, "text-anchor": right ? "start" : "end" };
  }

  numbers(lane, t) {
    const show = (name, text) => (lane.row.querySelector(`[data-show="${name}"]`).textContent = text);
    const late = lane.diverged ? `overflow at ${lane.last + 1}` : "not in 2,000";
    show("steps", lane.arrived < 0 ? late : `step ${thousands(lane.arrived)}`);
    show("loss", number(lane.losses[Math.min(t, lane.last)]));
  }

  // The fastest of RATES for each rule; if none arrives, the one that ends lowest.
  best(lanes = this.racing) {
    for (const { name } of lanes) {
      const tried = RATES.map((lr) => ({ lr, ...this.run(this.f, name, this.hyper(name, lr)) }));
      const cost = ({ arrived, diverged, losses }) => (diverged ? Infinity : arrived < 0 ? STEPS + losses[STEPS] : arrived);
      const least = tried.reduce((a, b) => (cost(b) < cost(a) ? b : a)).lr;
      this.assign(`lr_${name}`, least);
      this.tuned[name] = this.setting(name);
    }
  }

  tune() {
    this.best();
    this.share();
    this.refresh();
    this.note(`Each rule now has the fastest of ${RATES.length} rates from this start.`);
  }

  // What the best rate of a rule hangs on, and that rate.
  setting(name) {
    const { f, x0, y0 } = this.state;
    return JSON.stringify([f, this.f.kappa, x0, y0, this.hyper(name)]);
  }

  start() {
    this.ran = true;
    super.start();
  }

  step() {
    this.ran = true;
    super.step();
  }

  tell() {
    const sorted = this.racing.filter(({ arrived }) => arrived >= 0).sort((a, b) => a.arrived - b.arrived);
    const [first, second] = sorted;
    const lost = this.racing.find(({ arrived }) => arrived < 0);
    const untuned = this.racing.filter(({ name }) => this.tuned[name] !== this.setting(name));
    const fair = untuned.length
      ? `Not tuned for this start: ${listed(untuned)}. Tune before you judge.`
      : "A fair race: each has its best rate, from theory or from Tune.";
    if (!this.ran) return `Who is first at the minimum? Press Play. ${fair}`;
    const words = [];
    if (!first) words.push(`None is within 0.001 of a minimum after ${thousands(STEPS)} steps.`);
    else if (second?.arrived === first.arrived) {
      const tied = sorted.filter(({ arrived }) => arrived === first.arrived);
      words.push(`A tie: ${tied.length > 2 ? `${tied.length} rules` : listed(tied)}, there at step ${thousands(first.arrived)}.`);
    }
    else words.push(`First is ${first.words}, at ${pair(this.f.minima[first.which])} from step ${thousands(first.arrived)} on.`);
    if (this.state.f === "saddle") words.push(this.leaves());
    const elsewhere = sorted.find(({ which }) => which !== first.which);
    if (elsewhere) words.push(`From the same start ${elsewhere.words} ends in another minimum.`);
    if (lost) words.push(this.why(lost));
    words.push(fair);
    return words.filter(Boolean).join(" ");
  }

  // Who is the first half way from the saddle point to a minimum.
  leaves() {
    const out = this.racing.map(({ words, points }) => ({ words, t: points.findIndex(([, y]) => Math.abs(y) > 0.5) }));
    const [first] = out.filter(({ t }) => t >= 0).sort((a, b) => a.t - b.t);
    return first ? `The first to leave the saddle is ${first.words}: |y| > ½ at step ${thousands(first.t)}.` : "";
  }

  // Why a rule is not there.
  why({ name, words, diverged, last, losses, points, hyper }) {
    const who = words[0].toUpperCase() + words.slice(1);
    const limitAt = (point) => LIMITS[name]?.of(largest_curvature(this.f.hess(point)), hyper);
    const manner = diverged ? `overflows at step ${thousands(last + 1)}` : "grows and grows";
    const ends = points.slice(-2);
    const away = Math.hypot(ends[1][0] - ends[0][0], ends[1][1] - ends[0][1]);
    if (!LIMITS[name]) return `${who} ${this.pace(hyper, points, losses)}`;
    const seen = this.f.domain.every(([low, high], i) => ends.every((end) => low <= end[i] && end[i] <= high));
    if (seen && away > 10 * NEAR) return `${who} never settles: it jumps between ${pair(ends[0])} and ${pair(ends[1])}.`;
    if (diverged || losses[last] > losses[0]) {
      const limit = limitAt(points[0]);
      const [given, most] = apart(hyper.lr, limit, 3);
      return hyper.lr >= limit
        ? `${who} ${manner}: at the start, η must stay below ${LIMITS[name].formula} = ${most}, and it is ${given}.`
        : `${who} ${manner}: it came to where the function is too steep for its η.`;
    }
    const limit = limitAt(ends[1]);
    const just = Math.abs(hyper.lr - limit) < 0.01 * limit;
    return `${who} is still at ${pair(ends[1])}${just ? `, where η is at its limit ${LIMITS[name].formula}` : ""}.`;
  }

  // Why a rule that divides by the size of its gradients, or takes their sign, is not there: its steps.
  pace(hyper, points, losses) {
    const last = points.length - 1;
    const step = (t, by = 1) => Math.hypot(points[t + by][0] - points[t][0], points[t + by][1] - points[t][1]);
    const end = pair(points[last]);
    const lengths = `first step ${plain(step(0), 2)} long, last ${plain(step(last - 1), 2)}`;
    const settled = last >= SOME && step(last - SOME, SOME) < (SOME / 4) * step(last - 1);
    if (settled) return `never settles, and jumps about ${end}: ${lengths}. η sets that, not the slope.`;
    if (losses[last] > losses[0]) return `is thrown out to ${end}: ${lengths}. Its η is too large.`;
    return `is still at ${end}: ${lengths}.`;
  }

  snippet() {
    const { f, kappa, x0, y0 } = this.state;
    const settings = this.racing.map(({ name, hyper }) => {
      const own = Object.entries(hyper).filter(([key, value]) => key === "lr" || value !== hyperparameters[name][key]);
      const values = own.map(([key, value]) => `"${key}": ${value}`);
      return `    "${name}": {${values.join(", ")}},`;
    });
    return [
      "from gdbook.descent import descend",
      `from gdbook.functions import ${f}`,
      "from gdbook.browser.iterate import arrival",
      "from gdbook.rules import RULES",
      "",
      `f = ${f === "quadratic" ? `quadratic(${kappa})` : f}`,
      "rates = {",
      ...settings,
      "}",
      "for name, hyper in rates.items():",
      `    trace = descend(f.grad, [${x0}, ${y0}], RULES[name], steps=${STEPS}, loss=f, **hyper)`,
      `    step, minimum = arrival(trace.w, f.minima, ${NEAR})  # -1: not there`,
      `    print(name, step, trace.diverged_at, trace.loss[min(${this.t}, trace.last)])`,
      "",
    ].join("\n");
  }
}

const listed = (lanes) => lanes.map(({ words }) => words).join(", ").replace(/, (?=[^,]*$)/, " and ");
// Next to 0 a coordinate is 0: the powers of ten of its rounding say nothing.
const pair = (point) => `(${point.map((x) => plain(Math.abs(x) < 1e-9 ? 0 : x)).join(", ")})`;

customElements.define("gd-race", Race);
