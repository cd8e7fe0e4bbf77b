// Backprop step by step: an expression, its graph, its values forward, its gradients back.
import { as_python, backward_steps, children, parse, perform, program, Value } from "../value.js";
import { Lab, put, svg } from "./lab.js";
import { layers } from "./layers.js";
import { because, formula, local, operand, shown, symbol } from "./operations.js";

const MOST = 25; // values in a graph
const SIZES = { width: 110, height: 46, gap: 44, lane: 22, between: 12, margin: 2 };
const ROOM = 13; // characters of a box's title
const FIRST = [2, -3, 1, 0.5, -1, 3]; // what a new name begins with
const PACE = 450; // ms a step, when it runs
const SETTLED = 900; // ms without a key before an expression that cannot be read is spoken of
const PYTHON_ERRORS = ["ValueError", "ZeroDivisionError", "OverflowError"];
const calm = matchMedia("(prefers-reduced-motion: reduce)");

class Backprop extends Lab {
  build() {
    this.numbers = new Map(); // of each name that was ever there
    this.assign("inputs", this.fields.inputs.value);
    this.picture = svg("svg", { class: "gd-graph", role: "img" });
    this.stage.replaceChildren(this.picture, this.still);
    put(this.stage, { tabindex: 0, role: "region", "aria-label": "The graph; the arrow keys left and right step" });
    this.typed = this.querySelector(".gd-typed");
    this.box = this.querySelector(".gd-bug input");
    this.rows = [...this.querySelectorAll(".gd-input")];
  }

  bind() {
    super.bind();
    this.typed.addEventListener("input", () => this.type(this.typed.value));
    this.typed.addEventListener("change", () => this.type(this.typed.value, true));
    this.box.addEventListener("change", () => this.change("bug", +this.box.checked));
    this.rows.forEach((row, i) => {
      const [slider, number] = row.querySelectorAll("input");
      slider.addEventListener("input", () => this.change("inputs", `${this.names[i]}:${slider.value}`));
      number.addEventListener("change", () => this.change("inputs", `${this.names[i]}:${number.value}`));
    });
    for (const place of [this.stage, this.querySelector(".gd-transport")]) {
      place.addEventListener("keydown", (event) => {
        const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (!by || event.altKey || event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        this.go(this.t + by);
      });
    }
  }

  // A new expression begins at its first step. While it is typed it is taken as soon as it can be read.
  type(text, done = false) {
    clearTimeout(this.complaining);
    if (text === this.state.expr && !this.complains) return;
    if (done || readable(text)) {
      if (text !== this.state.expr) this.state.step = 0;
      this.change("expr", text);
    } else {
      this.complains = true;
      this.complaining = setTimeout(() => this.type(text, true), SETTLED);
    }
  }

  take(parameters) {
    super.take(parameters);
    const asked = Number(parameters.get("step") ?? 0);
    if (asked > this.horizon && !this.problem) this.note(`There are ${this.horizon} steps: step ${shown(asked)} became ${this.t}.`);
  }

  assign(name, raw) {
    if (name === "expr") this.state.expr = String(raw).slice(0, 1000);
    if (name === "bug") {
      const known = ["0", "1"].includes(String(raw));
      if (known) this.state.bug = Number(raw);
      return known ? "" : `The bug is 0 or 1, not “${String(raw).slice(0, 40)}”.`;
    }
    if (name === "step") {
      const step = raw === "end" ? Infinity : String(raw).trim() === "" ? NaN : Number(raw);
      if (!(step >= 0)) return `There is no step “${String(raw).slice(0, 40)}”.`;
      this.state.step = Math.round(step);
    }
    if (name !== "inputs" || raw === "") return "";
    const notes = String(raw).split(",").map((pair) => this.input(...pair.split(":")));
    this.state.inputs = [...this.numbers].map((pair) => pair.join(":")).join();
    return notes.filter(Boolean).join(" ");
  }

  // One input, as "a:0.8"; returns what is wrong about it, in words, or "".
  input(name, raw = "") {
    const value = raw.trim() === "" ? NaN : Number(raw.replaceAll("−", "-"));
    if (!/^[A-Za-z_]\w{0,7}$/.test(name)) return `“${name.slice(0, 40)}” is no name of an input.`;
    const before = this.numbers.get(name);
    const stays = before === undefined ? "" : `: ${name} stays ${shown(before)}`;
    if (Number.isNaN(value)) return `“${raw.slice(0, 40)}” is no number${stays}.`;
    if (!Number.isFinite(value)) return `“${raw.slice(0, 40)}” is larger than any number that a computer can hold${stays}.`;
    this.numbers.set(name, value);
    return "";
  }

  // After any change: compute, and show the same step.
  refresh() {
    this.pause();
    this.compute();
    this.t = Math.min(this.state.step, this.horizon);
    if (this.typed.value !== this.state.expr) this.typed.value = this.state.expr;
    this.typed.setAttribute("aria-invalid", Boolean(this.problem));
    this.box.checked = this.state.bug;
    const { reach } = this.fields.inputs;
    this.rows.forEach((row, i) => {
      const name = this.names[i];
      row.hidden = name === undefined;
      if (row.hidden) return;
      const [slider, number] = row.querySelectorAll("input");
      const value = this.numbers.get(name);
      row.querySelector("label").textContent = name;
      slider.value = Math.min(reach, Math.max(-reach, value));
      slider.setAttribute("aria-valuetext", shown(value));
      number.value = String(value).replaceAll("-", "−");
      number.setAttribute("aria-label", `${name}, typed`);
    });
    this.show();
  }

  compute() {
    this.problem = "";
    this.complains = false;
    try {
      [this.code, this.names] = parse(this.state.expr);
      this.trace();
    } catch (error) {
      if (error.name !== "ExpressionError") throw error;
      this.problem = error.message;
      this.horizon = this.problem === "" ? 0 : (this.horizon ?? 0);
      this.names ??= [];
    }
    if (!this.problem) this.lay();
  }

  // Run the expression with Value, and walk back twice: right, and as the bug has it.
  trace() {
    this.names.forEach((name, i) => this.numbers.has(name) || this.numbers.set(name, FIRST[i]));
    this.state.inputs = this.names.map((name) => `${name}:${this.numbers.get(name)}`).join();
    const inputs = new Map(this.names.map((name) => [name, new Value(this.numbers.get(name))]));
    const result = run(this.code, Object.fromEntries(inputs), this.state.expr);
    this.values = program(result);
    if (this.values.length > MOST) {
      throw refused(`that makes ${this.values.length} values, and the picture has room for ${MOST}: take a smaller expression`);
    }
    const place = new Map(this.values.map((value, i) => [value, i]));
    const computed = this.values.filter((value) => value._children.length);
    const letter = [..."vutzyxq"].find((first) => this.names.every((name) => !name.startsWith(first)));
    this.called = new Map(computed.map((value, i) => [value, `${letter}${i + 1}`]));
    for (const [name, value] of inputs) this.called.set(value, name);
    if (computed.length) this.called.set(result, "L");
    this.name = (value) => this.called.get(value) ?? shown(value.data);
    this.forward = computed;
    this.ends = this.values.flatMap((user, i) => children(user).map((child) => [place.get(child), i]));
    backward_steps(result, true);
    this.right = this.values.map((value) => value.grad);
    this.uses = backward_steps(result, !this.state.bug).map(([user, child, slope, before, after]) => ({ user, child, slope, before, after }));
    const told = new Map();
    for (const use of this.uses) {
      const same = told.get(use.user) ?? [];
      use.which = same.length; // number of the child
      told.set(use.user, [...same, use]);
      use.edge = this.ends.findIndex(([, user]) => this.values[user] === use.user) + use.which;
    }
    this.horizon = computed.length + 1 + this.uses.length + 1;
  }

  // What of the walk back has been done at step t: how many uses, −1 before it begins.
  get done() {
    return Math.min(this.t - this.forward.length - 1, this.uses.length);
  }

  // The picture: boxes and arrows, whose words and numbers draw() fills in.
  lay() {
    const shape = JSON.stringify([this.ends, this.values.map((value) => [value._op, this.name(value)])]);
    if (shape === this.shape) return;
    this.shape = shape;
    const { width, height } = SIZES;
    const plan = layers(this.values.length, this.ends, SIZES);
    put(this.picture, { viewBox: `0 0 ${plan.width} ${plan.height}`, width: plan.width, height: plan.height });
    this.arrows = plan.routes.map((route) => {
      const [x, y] = route.at(-1);
      const [x0, y0] = route[0];
      const parts = {
        line: svg("path", { d: curve(route) }),
        down: svg("path", { class: "gd-tip", d: `M${x} ${y}l-4 -7h8z` }),
        up: svg("path", { class: "gd-tip gd-back", d: `M${x0} ${y0}l-6 10h12z` }),
        slope: svg("text", { class: "gd-slope gd-halo", x, y: y - 12, "text-anchor": "middle" }),
      };
      return { ...parts, at: [(x + x0) / 2, (y + y0) / 2, y - y0], all: svg("g", { class: "gd-use" }, ...Object.values(parts)) };
    });
    this.boxes = plan.nodes.map(([x, y]) => {
      const parts = {
        box: svg("rect", { x: x - width / 2 + 1.5, y: y - height / 2, width: width - 3, height, rx: 6 }),
        head: svg("text", { x, y: y - 6, class: "gd-head", "text-anchor": "middle" }),
        value: svg("text", { x: x - width / 2 + 7, y: y + 15 }),
        grad: svg("text", { x: x + width / 2 - 7, y: y + 15, class: "gd-grad", "text-anchor": "end" }),
      };
      return { ...parts, at: [x, y, height], all: svg("g", { class: "gd-node" }, ...Object.values(parts)) };
    });
    const lines = svg("g", {}, ...this.arrows.map(({ all }) => all));
    this.picture.replaceChildren(lines, ...this.boxes.map(({ all }) => all), svg("g", {}, ...this.arrows.map(({ slope }) => slope)));
  }

  draw() {
    this.picture.classList.toggle("gd-stale", Boolean(this.problem));
    this.state.step = this.problem ? this.state.step : this.t;
    if (this.problem) {
      put(this.picture, { "aria-label": "No graph: the expression cannot be computed." });
      for (const row of this.rows) row.querySelector("output").textContent = "";
      return;
    }
    const { t, done, forward } = this;
    const gradients = this.gradients();
    const use = done > 0 && t < this.horizon ? this.uses[done - 1] : undefined;
    const now = use ? use.child : done === 0 ? this.values.at(-1) : done < 0 && t > 0 ? forward[t - 1] : undefined;
    this.values.forEach((value, i) => {
      const { all, head, value: number, grad } = this.boxes[i];
      const has = !value._children.length || forward.indexOf(value) < t;
      const known = gradients.get(value);
      head.textContent = this.title(value);
      number.textContent = has ? shown(value.data, 3) : "";
      grad.textContent = known === undefined ? "" : `${this.wrong(value) ? "✗ " : ""}∂ ${shown(known, 3)}`;
      if (number.textContent.length + grad.textContent.length > 15) {
        number.textContent = shown(value.data, 2);
        grad.textContent = grad.textContent.split("∂")[0] + `∂ ${shown(known, 2)}`;
      }
      all.classList.toggle("gd-now", value === now);
      all.classList.toggle("gd-user", value === use?.user);
      all.classList.toggle("gd-leaf", !value._children.length);
      all.classList.toggle("gd-wrong", this.wrong(value));
    });
    this.arrows.forEach(({ all, slope }, edge) => {
      const back = this.uses.findIndex((other) => other.edge === edge);
      const feeds = !use && done < 0 && t > 0 && this.values[this.ends[edge][1]] === now;
      all.classList.toggle("gd-now", use?.edge === edge || feeds);
      all.classList.toggle("gd-backward", use?.edge === edge);
      slope.classList.toggle("gd-now", use?.edge === edge);
      slope.textContent = back < done ? shown(this.uses[back].slope, 3) : "";
    });
    put(this.picture, { "aria-label": this.described(gradients) });
    this.names.forEach((name, i) => {
      const value = this.values.find((other) => this.called.get(other) === name);
      const known = gradients.get(value);
      const right = this.wrong(value) ? ` ✗ right: ${shown(this.right[this.values.indexOf(value)])}` : "";
      this.rows[i].querySelector("output").textContent = known === undefined ? "" : `∂L/∂${name} = ${shown(known)}${right}`;
    });
    if (use || now) this.follow(use ? this.arrows[use.edge].at : this.boxes[this.values.indexOf(now)].at);
    else this.stage.scrollTop = 0; // to the inputs
  }

  // The gradient of each value that has one at this step.
  gradients() {
    const known = new Map();
    if (this.done >= 0) known.set(this.values.at(-1), 1);
    for (const { child, after } of this.uses.slice(0, Math.max(0, this.done))) known.set(child, after);
    return known;
  }

  // Whether a value has all its parts, and the gradient that came out is not the derivative.
  wrong(value) {
    const last = this.uses.findLastIndex(({ child }) => child === value);
    if (last < 0 || last >= this.done) return false;
    const [found, right] = [+this.uses[last].after, +this.right[this.values.indexOf(value)]];
    return found !== right && !(Number.isNaN(found) && Number.isNaN(right));
  }

  // In the box: "v1 = a · b" where that fits, and only the operation where it does not.
  title(value) {
    const name = this.name(value);
    if (!value._children.length) return name;
    const whole = `${name} = ${formula(value, this.name)}`;
    return whole.length > ROOM ? `${name}: ${symbol(value)}` : whole;
  }

  described(gradients) {
    const boxes = this.values.map((value, i) => {
      const title = value._children.length ? `${this.name(value)} = ${formula(value, this.name)}` : this.name(value);
      const number = this.boxes[i].value.textContent && `, value ${shown(value.data)}`;
      return title + number + (gradients.has(value) ? `, gradient ${shown(gradients.get(value))}` : "");
    });
    return `The graph of L = ${this.state.expr}. ${boxes.join("; ")}.`;
  }

  // Bring a part of the picture into view, inside its own box.
  follow([x, y, height]) {
    const { stage, picture } = this;
    const top = picture.offsetTop ?? 0;
    if (y - height / 2 < stage.scrollTop || y + height / 2 > stage.scrollTop + stage.clientHeight) {
      stage.scrollTop = top + y - stage.clientHeight / 2;
    }
    const half = SIZES.width / 2;
    if (x - half < stage.scrollLeft || x + half > stage.scrollLeft + stage.clientWidth) stage.scrollLeft = x - stage.clientWidth / 2;
  }

  tell() {
    if (this.problem) return `${this.problem[0].toUpperCase()}${this.problem.slice(1)}.`;
    const { t, done, forward } = this;
    const result = this.values.at(-1);
    if (t === 0) return `Step 0 of ${this.horizon}. The inputs have their values. ${forward.length ? "Step forward, and each box below gets its own." : ""}`;
    if (done < 0) {
      const value = forward[t - 1];
      const numbers = formula(value, (child) => shown(child.data));
      return `Step ${t} of ${this.horizon}, forward.\n${this.name(value)} = ${formula(value, this.name)} = ${numbers} = ${shown(value.data)}`;
    }
    if (done === 0) return `Step ${t} of ${this.horizon}: the way back begins.\n∂L/∂${this.name(result)} = 1: the result answers to itself one to one.`;
    return t < this.horizon ? this.back_in_words(this.uses[done - 1]) : this.end_in_words();
  }

  back_in_words({ user, child, slope, before, after, which }) {
    const [v, x] = [this.name(user), this.name(child)];
    const [symbols, reason] = local(user, which, this.name);
    const number = shown(slope);
    const twice = children(user).every((other) => other === child) && children(user).length > 1;
    const side = twice ? ` (as the ${which ? "second" : "first"} operand)` : "";
    const rule = symbols === number ? number : `${symbols} = ${number}`;
    // The gradient of the user is final now: it has heard from all its uses.
    const part = slope * user.grad;
    const all = this.uses.filter((use) => use.child === child);
    const place = all.findIndex((use) => use.edge === this.uses[this.done - 1].edge);
    const lines = [
      `Step ${this.t} of ${this.horizon}, backward.`,
      `${v} = ${formula(user, this.name)}: ∂${v}/∂${x}${side} = ${rule}${reason ? `: ${reason}` : ""}.`,
      `∂L/∂${v} · ∂${v}/∂${x} = ${operand(shown(user.grad))} · ${operand(number)} = ${shown(part)}.`,
    ];
    if (all.length === 1) lines.push(`${x} has no other use: ∂L/∂${x} = ${shown(after)}.`);
    else if (place === 0) lines.push(`${x} is used ${all.length} times. This is the first part: ${shown(after)}.`);
    else if (!this.state.bug) lines.push(`Part ${place + 1} of ${all.length} for ${x}: ${operand(shown(before))} + ${operand(shown(part))} = ${shown(after)}.`);
    else lines.push(`The bug: ${x} had ${shown(before)}, and = puts ${shown(after)} in its place. += would give ${shown(before + part)}.`);
    return lines.join("\n");
  }

  end_in_words() {
    const result = this.values.at(-1);
    const gradient = (name) => shown(this.values.find((value) => this.called.get(value) === name).grad);
    const list = this.names.map((name) => `∂L/∂${name} = ${gradient(name)}`).join(", ");
    const lines = [`Step ${this.t} of ${this.horizon}: all is known.`, `L = ${shown(result.data)}, ${list}.`];
    if ([result.data, ...this.right].some((x) => !Number.isFinite(+x))) lines.push("Some of these are ∞ or NaN: a number on the way became too large, or is not defined, and what follows from it means nothing.");
    else if (this.state.bug) lines.push(this.blame());
    else if (this.right.every((x) => +x === 0 || this.values[this.right.indexOf(x)] === result)) lines.push("No gradient gets through: no step of descent would move any input.");
    return lines.join("\n");
  }

  // Which nodes the bug has spoiled, and why.
  blame() {
    const times = (value) => this.uses.filter(({ child }) => child === value).length;
    const wrong = this.values.filter((value) => this.wrong(value));
    if (!wrong.length) {
      const shared = this.values.some((value) => times(value) > 1);
      return `The bug changes nothing here: ${shared ? "the parts that it lost are 0" : "no value is used twice"}.`;
    }
    const lost = wrong.filter((value) => times(value) > 1);
    const after = wrong.filter((value) => times(value) === 1).map(this.name);
    const list = lost.map((value) => `${this.name(value)} (used ${times(value)} times)`).join(", ");
    const spread = after.length ? ` And so ${after.join(", ")}, which a wrong gradient reached.` : "";
    return `Wrong (✗): ${list}: only the last part is left.${spread}`;
  }

  // The steps

  go(t) {
    this.pause();
    if (this.problem) return;
    this.t = Math.min(this.horizon, Math.max(0, t));
    this.show();
    this.share();
  }

  ahead() {
    this.go(this.t + 1);
  }

  back() {
    this.go(this.t - 1);
  }

  reset() {
    this.go(0);
  }

  run() {
    if (this.playing) this.pause();
    else if (calm.matches || this.problem) this.go(this.horizon);
    else {
      this.playing = true;
      this.querySelector("[data-do=run]").textContent = "Pause";
      this.advance();
    }
  }

  advance() {
    if (!this.playing) return;
    this.t = Math.min(this.horizon, this.t + 1);
    if (this.t === this.horizon) this.go(this.t);
    else {
      this.show();
      setTimeout(() => this.advance(), PACE);
    }
  }

  pause() {
    this.playing = false;
    const button = this.querySelector("[data-do=run]");
    if (button) button.textContent = "Run";
  }

  async python() {
    if (this.problem) this.note("There is no program to copy: the expression cannot be computed.");
    else await super.python();
  }

  snippet() {
    const walk = this.state.bug ? "backward_steps(L, add=False)  # the bug" : "L.backward()";
    return [
      "from gdbook.graph import operation, program",
      ...(this.state.bug ? ["from gdbook.steps import backward_steps"] : []),
      "from gdbook.value import Value",
      "",
      ...this.names.map((name) => `${name} = Value(${this.numbers.get(name)})`),
      `L = ${as_python(this.code)}`,
      walk,
      "for value in program(L):",
      '    print(operation(value) or "input", value.data, value.grad, sep="\\t")',
      "",
    ].join("\n");
  }
}

const refused = (words) => Object.assign(new Error(words), { name: "ExpressionError" });

function readable(text) {
  try {
    return Boolean(parse(text));
  } catch (error) {
    if (error.name !== "ExpressionError") throw error;
    return false;
  }
}

// The Value of an expression; what Python would stop at is refused, in words.
function run(code, inputs, text) {
  const stack = [];
  for (const [kind, what, begin, end] of code) {
    const given = stack.slice(kind === "operator" ? -2 : -1);
    try {
      perform(kind, what, stack, inputs);
    } catch (error) {
      if (!PYTHON_ERRORS.includes(error.name)) throw error;
      const where = `(characters ${begin + 1} to ${end})`;
      throw refused(`“${text.slice(begin, end)}” ${where} cannot be computed: ${because(what, error, given)}. Python stops there too, with a ${error.name}`);
    }
  }
  return stack[0];
}

// A line through the points of an edge: it bends between the rows, and is straight beside the boxes.
function curve(points) {
  let d = `M${points[0]}`;
  for (let i = 1; i < points.length; i++) {
    const [[x0, y0], [x, y]] = [points[i - 1], points[i]];
    const bend = y - 18;
    const middle = (y0 + bend) / 2;
    d += x === x0 ? `V${y}` : `C${x0} ${middle} ${x} ${middle} ${x} ${bend}V${y}`;
  }
  return d;
}

customElements.define("gd-backprop", Backprop);
