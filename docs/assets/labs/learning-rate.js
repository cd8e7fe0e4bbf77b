// The learning rate: gradient descent on the loss of the toy line, in the plane of w and b.
import { arrival, gd_factor, gd_limit, gd_rate, half_axis, iterate, losses, number, rules } from "../gdbook.js";
import { Lab, apart, factor, path, plain, put, scale, svg, tenTo, thousands, ticks, write } from "./lab.js";

const f = losses.toy_line;
const [GOAL] = f.minima;
const [FLAT, STEEP] = f.curvatures;
const LIMIT = gd_limit(STEEP);
const LEAST = f.value(GOAL);
const NEAR = 1e-3; // of the start's distance: arrived
const AT_LIMIT = 1e-9; // a factor this near to −1 is −1
const ALIKE = 1e-3; // factors that differ by less

const BOX = { left: 26, right: 22, top: 10, bottom: 26 };
const RISES = Array.from({ length: 8 }, (_, i) => 2 ** (i - 4)); // each contour line twice the one inside
const FAR = 1e5; // pixels: what lies beyond is not drawn

const CHART = { left: 38, right: 44, top: 26, bottom: 20 };
const OTHERS = [0.01, 0.1, 0.5];
const FLOOR = -10; // powers of ten between which the loss is drawn: below, rounding shows
const CEILING = 8;

// A number in the table, which has little room.
const short = (value) => (Math.abs(value) < 1e5 ? number(value) : value.toExponential(1).replace("e+", "e").replace("-", "−"));

class LearningRate extends Lab {
  build() {
    this.picture = svg("svg", { class: "gd-svg gd-surface" });
    // A picture in the picture, which cuts off what leaves it.
    this.inside = svg("svg");
    this.axes = svg("g");
    this.ground = svg("g");
    this.line = svg("path", { class: "gd-path-line" });
    this.dots = svg("path", { class: "gd-path-dots" });
    this.now = svg("circle", { r: 6, class: "gd-path-now" });
    this.handle = svg(
      "g",
      { class: "gd-start", tabindex: 0, role: "slider", "aria-label": "start of the run" },
      svg("circle", { r: 26, class: "gd-reach" }),
      svg("circle", { r: 11, class: "gd-ring" }),
    );
    this.away = svg("text", { "text-anchor": "end", class: "gd-halo" });
    this.inside.append(this.ground, this.line, this.dots, this.now);
    this.picture.append(this.axes, this.inside, this.away, this.handle);
    this.stage.replaceChildren(this.picture, this.still);
    this.chart = this.querySelector(".gd-chart");
    this.plane();
    this.grip(
      this.picture,
      this.handle,
      (px, py) => this.place(this.w.invert(px), this.b.invert(py)),
      (right, up) => this.place(this.state.w0 + right * 0.05, this.state.b0 + up * 0.05),
    );
  }

  // The plane: all starts that can be chosen, and what is beside them where the picture has another shape. One unit is as
  // long along w as along b, so that steps cross contour lines at right angles.
  plane() {
    const [x, y] = [BOX.left, BOX.top];
    const [width, height] = [this.width - BOX.left - BOX.right, this.height - BOX.top - BOX.bottom];
    const sizes = f.domain.map(([low, high]) => high - low);
    const unit = (this.unit = Math.min(width / sizes[0], height / sizes[1]));
    const [w, b] = f.domain.map(([low, high], i) => {
      const beyond = ([width, height][i] / unit - sizes[i]) / 2;
      return [low - beyond, high + beyond];
    });
    [this.shown, this.inner] = [[w, b], { x, y, width, height }];
    this.w = scale(...w, x, x + width);
    this.b = scale(...b, y + height, y);
    put(this.picture, { viewBox: `0 0 ${this.width} ${this.height}` });
    put(this.inside, { ...this.inner, viewBox: `${x} ${y} ${width} ${height}` });
    put(this.away, { x: x + width - 8, y: y + height - 10 });
    this.axes.replaceChildren(...this.scales());
    this.ground.replaceChildren(...this.surface());
  }

  lay() {
    this.plane();
    this.pixels = this.drawable();
    this.graph();
  }

  // Axes with their ticks and names.
  scales() {
    const { x, y, width, height } = this.inner;
    const [[W_LOW, W_HIGH], [B_LOW, B_HIGH]] = this.shown;
    const across = ticks(W_LOW, W_HIGH, 6).map((w) =>
      svg("text", { x: this.w(w), y: y + height + 18, "text-anchor": "middle" }, plain(w)),
    );
    const up = ticks(B_LOW, B_HIGH, 4).map((b) => svg("text", { x: x - 6, y: this.b(b) + 5, "text-anchor": "end" }, plain(b)));
    const frame = svg("path", { class: "gd-grid", fill: "none", d: `M${x} ${y}V${y + height}H${x + width}` });
    const names = [svg("text", { x: x + width + 8, y: y + height + 5 }, "w"), svg("text", { x: 2, y: y + 10 }, "b")];
    return [frame, ...across, ...up, ...names];
  }

  // Contour lines, which are ellipses, and their two directions, each with its name and curvature.
  surface() {
    const [cx, cy] = [this.w(GOAL[0]), this.b(GOAL[1])];
    const angles = f.directions.map(([w, b]) => (Math.atan2(-b, w) * 180) / Math.PI);
    const turn = (angle) => `translate(${cx} ${cy}) rotate(${angle})`;
    const rings = RISES.map((rise) => {
      const [rx, ry] = f.curvatures.map((curvature) => this.unit * half_axis(rise, curvature));
      return svg("ellipse", { rx, ry, transform: turn(angles[0]), class: "gd-contour" });
    });
    const axes = angles.map((angle) => svg("path", { class: "gd-axis", d: "M-2000 0H2000", transform: turn(angle) }));
    const names = [
      svg("text", { x: 1.65 * this.unit, y: -8, "text-anchor": "middle", transform: turn(angles[0] + 180) }, `flat, λ = ${plain(FLAT, 3)}`),
      svg("text", { x: 0.9 * this.unit, y: 18, "text-anchor": "middle", transform: turn(angles[1]) }, `steep, λ = ${plain(STEEP, 3)}`),
    ];
    for (const name of names) name.classList.add("gd-halo");
    return [...rings, ...axes, svg("circle", { cx, cy, r: 5, class: "gd-minima" }), ...names];
  }

  // Put the start at (w, b), or as near as the picture goes.
  place(w, b) {
    const [w0, b0] = Object.entries({ w0: w, b0: b }).map(([name, value]) => {
      const { low, high } = this.limits(name);
      return +Math.min(high, Math.max(low, value)).toFixed(2);
    });
    this.assign("b0", b0);
    this.change("w0", w0);
  }

  // What gradient descent does at a rate: as far as any number of epochs that can be shown.
  descend(lr) {
    const start = [this.state.w0, this.state.b0];
    const step = (w, g, state) => rules.sgd(w, g, state, lr);
    const [points, values] = iterate(f, start, step, [undefined, undefined], this.fields.epochs.high);
    return { points, losses: values };
  }

  compute() {
    const { lr, epochs, w0, b0 } = this.state;
    if (this.from !== `${w0} ${b0}`) {
      this.from = `${w0} ${b0}`;
      this.others = OTHERS.map((other) => ({ lr: other, run: this.descend(other) }));
    }
    this.run = this.descend(lr);
    this.factors = { flat: gd_factor(lr, FLAT), steep: gd_factor(lr, STEEP) };
    this.distances = this.run.points.map(([w, b]) => Math.hypot(w - GOAL[0], b - GOAL[1]));
    this.rate = gd_rate(lr, FLAT, STEEP);
    this.diverges = this.rate > 1 + AT_LIMIT;
    this.atLimit = !this.diverges && this.rate > 1 - AT_LIMIT;
    [this.arrived] = this.diverges || this.atLimit ? [-1] : arrival(this.run.points, f.minima, this.distances[0] * NEAR);
    this.horizon = Math.min(epochs, this.run.points.length - 1);
    this.t = this.horizon; // the whole run shows; Play begins at the start
    this.pixels = this.drawable();
    this.colour = `color:var(--gd-${this.diverges ? "red" : "blue"})`;
    for (const mark of [this.line, this.dots, this.now]) put(mark, { style: this.colour });
    this.graph();
  }

  // The shown points in pixels, up to the first that is far out.
  drawable() {
    const pixels = this.run.points.slice(0, this.horizon + 1).map(([w, b]) => [this.w(w), this.b(b)]);
    const gone = pixels.findIndex(([x, y]) => !(Math.abs(x) < FAR && Math.abs(y) < FAR));
    return gone < 0 ? pixels : pixels.slice(0, gone);
  }

  // How far each run's loss is above the least, epoch by epoch, on a log scale.
  graph() {
    const { epochs, lr } = this.state;
    const power = (loss) => (loss > LEAST ? Math.log10(loss - LEAST) : -Infinity);
    const lines = [...this.others, { lr, run: this.run }].map((line) => ({
      ...line,
      powers: line.run.losses.slice(0, epochs + 1).map(power),
    }));
    const all = lines.flatMap(({ powers }) => powers);
    const low = Math.max(FLOOR, Math.floor(Math.min(...all, -1)));
    const high = Math.min(CEILING, Math.ceil(Math.max(...all, 1)));
    const { clientWidth: width, clientHeight: height } = this.chart;
    const x = scale(0, epochs, CHART.left, width - CHART.right);
    const y = scale(low, high, height - CHART.bottom, CHART.top);
    const inside = (value) => Math.min(high, Math.max(low, value));
    // A line ends where it leaves the chart for good.
    for (const line of lines) {
      let last = line.powers.length - 1;
      while (last > 1 && inside(line.powers[last - 1]) !== line.powers[last - 1]) last--;
      line.at = line.powers.slice(0, last + 1).map((value, t) => [x(t), y(inside(value))]);
    }
    const own = lines.at(-1);
    // Each line has its rate at its end; where two would lie on one another, the current one's stays.
    const names = [];
    for (const line of [...lines].reverse()) {
      const [px, py] = line.at.at(-1);
      if (names.some(({ x: nx, y: ny }) => Math.abs(nx - px) < 50 && Math.abs(ny - py) < 14)) continue;
      names.push({ x: px, y: py, text: plain(line.lr), style: line === own ? `${this.colour};fill:currentColor;font-weight:600` : "" });
    }
    const words = "loss above the least, against epoch";
    const picture = svg(
      "svg",
      { viewBox: `0 0 ${width} ${height}`, class: "gd-svg", role: "img", "aria-label": `${words}: η = ${plain(lr)} and ${OTHERS.join(", ")}` },
      svg("text", { x: 0, y: 13 }, words),
      ...ticks(low, high, 5).filter(Number.isInteger).flatMap((value) => [
        svg("path", { class: "gd-grid", d: `M${CHART.left} ${y(value)}H${width - CHART.right}` }),
        svg("text", { x: CHART.left - 6, y: y(value) + 5, "text-anchor": "end" }, tenTo(value)),
      ]),
      ...ticks(0, epochs, 4).map((t) => svg("text", { x: x(t), y: height - 4, "text-anchor": "middle" }, plain(t))),
      ...lines.map((line) => svg("path", { class: line === own ? "gd-path-run" : "gd-other", style: this.colour, d: path(line.at) })),
      ...names.map(({ x: nx, y: ny, text, style }) => svg("text", { x: nx + 7, y: ny + 4, style, class: "gd-halo" }, text)),
    );
    this.cursor = svg("circle", { r: 5, class: "gd-path-now", style: this.colour });
    picture.append(this.cursor);
    this.mark = (t) => {
      const [cx, cy] = own.at[Math.min(t, own.at.length - 1)];
      put(this.cursor, { cx, cy });
    };
    this.chart.replaceChildren(picture);
  }

  draw() {
    const { w0, b0 } = this.state;
    const t = Math.min(this.t, this.horizon);
    const shown = this.pixels.slice(0, t + 1);
    put(this.line, { d: path(shown) });
    // A line of no length with round ends is a dot: all dots in one element.
    put(this.dots, { d: shown.map(([x, y]) => `M${x.toFixed(1)} ${y.toFixed(1)}h0`).join("") });
    const [cx, cy] = this.pixels[t] ?? [-FAR, -FAR];
    put(this.now, { cx, cy });
    const [w, b] = this.run.points[t];
    const out = [w, b].some((value, i) => value < this.shown[i][0] || value > this.shown[i][1]);
    write(this.away, out ? `now at w = ${plain(w, 3)}, b = ${plain(b, 3)}` : "");
    put(this.handle, {
      transform: `translate(${this.w(w0)} ${this.b(b0)})`,
      "aria-valuemin": this.limits("w0").low,
      "aria-valuemax": this.limits("w0").high,
      "aria-valuenow": w0,
      "aria-valuetext": `w = ${plain(w0)}, b = ${plain(b0)}`,
    });
    this.mark(t);
    const { flat, steep } = this.factors;
    const loss = this.run.losses[t];
    const values = { epoch: plain(t), w: short(w), b: short(b), loss: loss < 1 ? plain(loss) : short(loss) };
    for (const [name, value] of Object.entries({ ...values, flat: factor(flat), steep: factor(steep) })) {
      this.querySelector(`[data-show="${name}"]`).textContent = value;
    }
  }

  tell() {
    if (this.distances[0] < 1e-9) return "The start is the minimum: the gradient is 0 there, and nothing moves.";
    const [flat, steep] = [this.factors.flat, this.factors.steep].map(factor);
    if (this.atLimit) return "Swings for ever: η = 2/λ is the limit. The steep direction’s factor is −1: it changes sides and keeps its distance.";
    if (this.diverges) return this.explosion(flat, steep);
    const swings = this.factors.steep < 0;
    const [inFlat, inSteep] = [Math.abs(this.factors.flat), Math.abs(this.factors.steep)];
    const decides =
      Math.abs(inFlat - inSteep) < ALIKE
        ? "Both shrink alike: no rate is faster."
        : `The ${inFlat > inSteep ? "flat" : "steep"} one sets the pace.`;
    const manner = swings ? "Converges, swinging from side to side." : "Converges without a swing.";
    return `${manner} An epoch multiplies the steep error by ${steep}, the flat one by ${flat}. ${decides} ${this.pace()}`;
  }

  // When the run comes within a thousandth of its first distance.
  pace() {
    const { epochs } = this.state;
    if (this.arrived >= 0 && this.arrived <= epochs) return `From epoch ${this.arrived} on, less than 1/1000 of the distance is left.`;
    const share = plain((100 * this.distances[epochs]) / this.distances[0], 2);
    const goal = this.arrived >= 0 ? `${this.arrived}` : `about ${thousands(+this.needed().toPrecision(3))}`;
    return `After ${epochs} epochs ${share}% of the distance is left; 1/1000 takes ${goal}.`;
  }

  // The epochs to 1/1000, more than were run: by the factors, for on a quadratic they are all there is.
  needed() {
    const errors = f.directions.map(([w, b]) => (this.state.w0 - GOAL[0]) * w + (this.state.b0 - GOAL[1]) * b);
    const factors = [this.factors.flat, this.factors.steep];
    const left = (t) => Math.hypot(...errors.map((error, i) => error * Math.abs(factors[i]) ** t)) / this.distances[0];
    let [low, high] = [0, 1];
    while (left(high) > NEAR) [low, high] = [high, 2 * high];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (left(middle) > NEAR) low = middle;
      else high = middle;
    }
    return high;
  }

  explosion(flat, steep) {
    const { points, losses: values } = this.run;
    const { epochs } = this.state;
    const [lr, limit] = apart(this.state.lr, LIMIT);
    const why = `Diverges: η = ${lr} is above the limit 2/λ = ${limit}. An epoch multiplies the steep error by ${steep}: it lands on the other side, further out. The flat one (${flat}) still shrinks.`;
    const lowest = values.indexOf(Math.min(...values));
    const late = lowest > 0 ? ` The loss falls until epoch ${lowest}, while the steep error is small.` : "";
    const end =
      points.length <= epochs
        ? `The numbers overflow at epoch ${points.length}.`
        : `After ${epochs} epochs the loss is ${plain(values[epochs], 3)}.`;
    return `${why}${late} ${end}`;
  }

  snippet() {
    const { lr, w0, b0, epochs } = this.state;
    return [
      "from gdbook.data import toy_line",
      "from gdbook.descent import descend",
      "from gdbook.browser.line_loss import LineLoss",
      "",
      "loss = LineLoss(*toy_line())",
      "trace = descend(",
      `    loss.grad, [${w0}, ${b0}], lr=${lr},`,
      `    steps=${epochs}, loss=loss,`,
      ")",
      "for t in range(trace.last + 1):",
      "    print(t, *trace.w[t], trace.loss[t])",
      "",
    ].join("\n");
  }
}

customElements.define("gd-learning-rate", LearningRate);
