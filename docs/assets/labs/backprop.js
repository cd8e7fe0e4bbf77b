// Backprop step by step: an expression, its graph, its values forward, its gradients back.
import { as_python, backward_steps, children, parse, perform, program, Value } from "../value.js";
import { Lab, put, svg, write } from "./lab.js";
import { layers } from "./layers.js";
import { because, formula, local, operand, shown, symbol } from "./operations.js";

const MOST = 25; // values in a graph
const SIZES = { width: 110, height: 46, gap: 44, lane: 22, between: 12, margin: 2 };
const ROOM = 13; // characters of a box's title
const FIRST = [2, -3, 1, 0.5, -1, 3]; // what a new name begins with
const PACE = 450; // ms a step, when it runs
const SETTLED = 900; // ms without a key before an expression that cannot be read is spoken of
const calm = matchMedia("(prefers-reduced-motion: reduce)");

class Backprop extends Lab {
  build() {
    this.names = [];
    this.horizon = 0;
    this.numbers = new Map(); // of each name that was ever there
    this.assign("inputs", this.fields.inputs.value);
    this.picture = svg("svg", { class: "gd-graph", role: "img" });
    put(this.stage, { tabindex: 0, role: "region", "aria-label": "The graph; the arrow keys left and right step" });
    this.typed = this.querySelector(".gd-typed");
    this.told = this.querySelector(".gd-verdict");
    this.told.id = "gd-told";
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
      for (const [control, event] of [[slider, "input"], [number, "change"]]) {
        control.addEventListener(event, () => {
          this.note(this.input(this.names[i], control.value) ?? "");
          this.share();
          this.refresh();
        });
      }
    });
    for (const place of [this.stage, this.querySelector(".gd-transport")]) {
      place.addEventListener("keydown", (event) => {
        const to = { ArrowLeft: this.t - 1, ArrowRight: this.t + 1, Home: 0, End: this.horizon }[event.key];
        if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        this.go(to);
      });
    }
  }

  // A new expression begins at its first step, and is taken as soon as it can be read.
  type(text, done = false) {
    clearTimeout(this.complaining);
    if (text === this.state.expr && !this.complains) return;
    if (done || readable(text)) {
      if (text !== this.state.expr) this.state.step = 0;
      this.change("expr", text);
    } else {
      this.complains = true;
      if (this.problem) [this.told.textContent, this.told.nextSibling.textContent] = ["…", ""];
      this.complaining = setTimeout(() => this.type(text, true), SETTLED);
    }
  }

  take(parameters) {
    super.take(parameters);
    const asked = Number(parameters.get("step") ?? 0);
    if (asked > this.horizon && !this.problem) this.note(`There are ${this.horizon} steps: step ${shown(asked)} became ${this.t}.`);
  }

  assign(name, raw) {
    if (name === "expr") this.state.expr = String(raw);
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

  // Returns what is wrong about it.
  input(name, raw = "") {
    const value = raw.trim() === "" ? NaN : Number(raw.replaceAll("−", "-"));
    if (Number.isFinite(value)) this.numbers.set(name, value);
    else return `“${raw.slice(0, 40)}” is no number that a computer can hold: ${name.slice(0, 40)} stays as it was.`;
  }

  // Shows the same step.
  refresh() {
    this.pause();
    this.compute();
    this.t = Math.min(this.state.step, this.horizon);
    if (!this.picture.isConnected) this.stage.replaceChildren(this.picture, this.still);
    if (this.typed.value !== this.state.expr) this.typed.value = this.state.expr;
    put(this.typed, { "aria-invalid": Boolean(this.problem), "aria-describedby": `${this.problem && "gd-told"} lab-backprop-grammar` });
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
      put(slider, { "aria-valuetext": shown(value) });
      number.value = String(value).replaceAll("-", "−");
      put(number, { "aria-label": `${name}, typed` });
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
    }
    if (!this.problem) this.lay();
  }

  // Runs the expression, and walks back twice: right, and with the bug.
  trace() {
    this.names.forEach((name, i) => this.numbers.has(name) || this.numbers.set(name, FIRST[i]));
    this.state.inputs = this.names.map((name) => `${name}:${this.numbers.get(name)}`).join();
    this.inputs = Object.fromEntries(this.names.map((name) => [name, new Value(this.numbers.get(name))]));
    const named = { ...this.inputs }; // and parts
    const result = (this.result = run(this.code, named, this.state.expr));
    this.values = program(result);
    if (this.values.length > MOST) {
      throw refused(`that makes ${this.values.length} values, and the picture has room for ${MOST}: take a smaller expression`);
    }
    const place = new Map(this.values.map((value, i) => [value, i]));
    const computed = (this.forward = this.values.filter((value) => value._children.length));
    const letter = [..."vutzyxq"].find((first) => Object.keys(named).every((name) => !name.startsWith(first)));
    this.called = new Map(computed.map((value, i) => [value, `${letter}${i + 1}`]));
    for (const [name, value] of Object.entries(named)) if (this.called.has(value)) this.called.set(value, name);
    for (const name of this.names) this.called.set(this.inputs[name], name);
    if (computed.length) this.called.set(result, "L");
    this.name = (value) => this.called.get(value) ?? shown(value.data);
    this.ends = this.values.flatMap((user, i) => children(user).map((child) => [place.get(child), i]));
    backward_steps(result, true);
    this.right = this.values.map((value) => value.grad);
    this.uses = [];
    for (const [user, child, slope, part, before, after] of backward_steps(result, !this.state.bug)) {
      const which = this.uses.filter((use) => use.user === user).length; // number of the child
      const edge = this.ends.findIndex((end) => end[1] === place.get(user)) + which;
      this.uses.push({ user, child, slope, part, before, after, which, edge });
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
    this.seen = undefined; // the step that is in view
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
        slope: svg("text", { x, y: y - 12, "text-anchor": "middle" }),
      };
      return { ...parts, all: svg("g", {}, ...Object.values(parts)) };
    });
    this.boxes = plan.nodes.map(([x, y]) => {
      const parts = {
        box: svg("rect", { x: x - width / 2 + 1.5, y: y - height / 2, width: width - 3, height, rx: 6 }),
        head: svg("text", { x, y: y - 6, class: "gd-head", "text-anchor": "middle" }),
        value: svg("text", { x: x - width / 2 + 7, y: y + 15 }),
        grad: svg("text", { x: x + width / 2 - 7, y: y + 15, class: "gd-grad", "text-anchor": "end" }),
      };
      return { ...parts, at: [x, y], all: svg("g", {}, ...Object.values(parts)) };
    });
    const lines = svg("g", {}, ...this.arrows.map(({ all }) => all));
    this.picture.replaceChildren(lines, ...this.boxes.map(({ all }) => all), svg("g", {}, ...this.arrows.map(({ slope }) => slope)));
  }

  draw() {
    this.picture.classList.toggle("gd-stale", Boolean(this.problem));
    if (this.problem) {
      put(this.picture, { "aria-label": "No graph: the expression cannot be computed." });
      for (const row of this.rows) row.querySelector("output").textContent = "";
      return;
    }
    const { t, done, forward } = this;
    this.state.step = t;
    const gradients = this.gradients();
    const last = t === this.horizon;
    const use = last ? undefined : this.uses[done - 1];
    const now = last ? undefined : (use?.child ?? (done === 0 ? this.result : forward[t - 1]));
    this.values.forEach((value, i) => {
      const { all, head, value: number, grad } = this.boxes[i];
      const has = !value._children.length || forward.indexOf(value) < t;
      const known = gradients.get(value);
      const wrong = this.wrong(value) ? "✗ " : "";
      write(head, this.title(value));
      number.textContent = has ? shown(value.data, 3) : "";
      grad.textContent = known === undefined ? "" : `${wrong}∂ ${shown(known, 3)}`;
      if (number.textContent.length + grad.textContent.length > 15) {
        number.textContent = shown(value.data, 2);
        grad.textContent = `${wrong}∂ ${shown(known, 2)}`;
      }
      mark(all, "gd-node", value === now && "gd-now", value === use?.user && "gd-user", !value._children.length && "gd-leaf", wrong && "gd-wrong");
    });
    this.arrows.forEach(({ all, slope }, edge) => {
      const back = this.uses.findIndex((other) => other.edge === edge);
      const feeds = done < 0 && this.values[this.ends[edge][1]] === now;
      const here = use?.edge === edge;
      mark(all, "gd-use", (here || feeds) && "gd-now", here && "gd-backward");
      mark(slope, "gd-slope gd-halo", here && "gd-now");
      slope.textContent = back < done ? shown(this.uses[back].slope, 3) : "";
    });
    put(this.picture, { "aria-label": this.described(gradients) });
    this.names.forEach((name, i) => {
      const value = this.inputs[name];
      const known = gradients.get(value);
      const right = this.wrong(value) ? ` ✗ right: ${shown(this.right[this.values.indexOf(value)])}` : "";
      write(this.rows[i].querySelector("output"), known === undefined ? "" : `∂L/∂${name} = ${shown(known)}${right}`);
    });
    if (t === this.seen) return;
    this.seen = t;
    for (const value of [use?.user, now]) if (value) this.follow(this.boxes[this.values.indexOf(value)].at);
    if (!now) this.stage.scrollTop = 0; // to the inputs
  }

  // The gradients that are known.
  gradients() {
    const known = new Map();
    if (this.done >= 0) known.set(this.result, 1);
    for (const { child, after } of this.uses.slice(0, Math.max(0, this.done))) known.set(child, after);
    return known;
  }

  // Whether a value has all its parts, and the gradient that came out is not the derivative.
  wrong(value) {
    const last = this.uses.findLastIndex(({ child }) => child === value);
    return last >= 0 && last < this.done && String(+this.uses[last].after) !== String(+this.right[this.values.indexOf(value)]);
  }

  // "v1 = a · b" where that fits, else only the operation.
  title(value) {
    const whole = this.whole(value);
    return whole.length > ROOM ? `${this.name(value)}: ${symbol(value)}` : whole;
  }

  whole(value) {
    return this.name(value) + (value._children.length ? ` = ${formula(value, this.name)}` : "");
  }

  described(gradients) {
    const boxes = this.values.map((value, i) => {
      const number = this.boxes[i].value.textContent && `, value ${shown(value.data)}`;
      return this.whole(value) + number + (gradients.has(value) ? `, gradient ${shown(gradients.get(value))}` : "");
    });
    return `The graph of L = ${this.state.expr}. ${boxes.join("; ")}.`;
  }

  // Bring a part of the picture into view, inside its own box.
  follow([x, y]) {
    const { stage } = this;
    const near = (at, size, from, room) => (at - size < from || at + size > from + room ? at - room / 2 : from);
    stage.scrollTop = near(y, SIZES.height, stage.scrollTop, stage.clientHeight);
    stage.scrollLeft = near(x, SIZES.width / 2, stage.scrollLeft, stage.clientWidth);
  }

  tell() {
    if (this.problem) return `${this.problem[0].toUpperCase()}${this.problem.slice(1)}.`;
    const { t, done, forward, result } = this;
    if (t === this.horizon) return this.end_in_words();
    if (t === 0) return `Step 0 of ${this.horizon}. The inputs have their values. ${forward.length ? "Step forward, and each box below gets its own." : ""}`;
    if (done < 0) {
      const value = forward[t - 1];
      const numbers = formula(value, (child) => shown(child.data));
      return `Step ${t} of ${this.horizon}, forward.\n${this.name(value)} = ${formula(value, this.name)} = ${numbers} = ${shown(value.data)}`;
    }
    if (done === 0) return `Step ${t} of ${this.horizon}: the way back begins.\n∂L/∂${this.name(result)} = 1: the result answers to itself one to one.`;
    return this.back_in_words(this.uses[done - 1]);
  }

  back_in_words(use) {
    const { user, child, which } = use;
    const [v, x] = [this.name(user), this.name(child)];
    const [symbols, reason] = local(user, which, this.name);
    const [number, part, before, after] = [use.slope, use.part, use.before, use.after].map((value) => shown(value));
    const all = this.uses.filter((other) => other.child === child);
    const side = all.filter((other) => other.user === user).length > 1 ? ` (as the ${which ? "second" : "first"} operand)` : "";
    const rule = (symbols === number ? number : `${symbols} = ${number}`) + (reason ? `: ${reason}` : "");
    let sum = `${x} has no other use: ∂L/∂${x} = ${after}.`;
    if (all[0] !== use && this.state.bug) sum = `The bug: ${x} had ${before}, and = puts ${after} in its place, where += would add it.`;
    else if (all[0] !== use) sum = `Part ${all.indexOf(use) + 1} of ${all.length} for ${x}: ${operand(before)} + ${operand(part)} = ${after}.`;
    else if (all.length > 1) sum = `${x} is used ${times(all)}. This is the first part: ${part}.`;
    return `Step ${this.t} of ${this.horizon}, backward.
${v} = ${formula(user, this.name)}: ∂${v}/∂${x}${side} = ${rule}.
∂L/∂${v} · ∂${v}/∂${x} = ${operand(shown(user.grad))} · ${operand(number)} = ${part}.
${sum}`;
  }

  end_in_words() {
    const { inputs, names, result } = this;
    const list = names.map((name) => `∂L/∂${name} = ${shown(inputs[name].grad)}`).join(", ");
    let words = "";
    if (![result.data, ...this.right].every((x) => Number.isFinite(+x))) {
      words = "Some of these are ∞ or NaN: a number on the way became too large, or has no value.";
    } else if (this.state.bug) words = this.blame();
    else if (names.every((name) => +inputs[name].grad === 0)) words = "No gradient gets through: no step of descent would move any input.";
    return `Step ${this.t} of ${this.horizon}: all is known.\nL = ${shown(result.data)}, ${list}.\n${words}`;
  }

  // What the bug has spoiled.
  blame() {
    const uses = (value) => this.uses.filter(({ child }) => child === value);
    const wrong = this.values.filter((value) => this.wrong(value));
    if (!wrong.length) {
      const shared = this.values.some((value) => uses(value).length > 1);
      return `The bug changes nothing here: ${shared ? "the parts that it lost are 0" : "no value is used twice"}.`;
    }
    const lost = wrong.filter((value) => uses(value).length > 1);
    const list = lost.map((value) => `${this.name(value)} (used ${times(uses(value))})`).join(", ");
    return `Wrong (✗): ${list}: only the last part is left.${wrong.length > lost.length ? " It spoils what is behind." : ""}`;
  }

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
    if (this.playing) return this.pause();
    if (calm.matches || this.problem) return this.go(this.horizon);
    this.playing = true;
    this.querySelector("[data-do=run]").textContent = "Pause";
    this.advance();
  }

  advance() {
    this.t += 1;
    if (this.t >= this.horizon) return this.go(this.t);
    this.show();
    this.coming = setTimeout(() => this.advance(), PACE);
  }

  pause() {
    this.playing = false;
    clearTimeout(this.coming);
    this.querySelector("[data-do=run]").textContent = "Run";
  }

  python() {
    if (!this.problem) return super.python();
    this.note("There is no program to copy: the expression cannot be computed.");
  }

  snippet() {
    const inputs = this.names.map((name) => `${name} = Value(${this.numbers.get(name)})\n`).join("");
    const { bug } = this.state;
    const program = as_python(this.code).replace(/.*$/, "L = $&");
    return `from gdbook.backprop.graph import operation, program
${bug ? "from gdbook.backprop.steps import backward_steps\n" : ""}from gdbook.value import Value

${inputs}${program}
${bug ? "backward_steps(L, add=False)  # the bug" : "L.backward()"}
for value in program(L):
    print(operation(value) or "input", value.data, value.grad, sep="\\t")
`;
  }
}

const times = ({ length }) => (length === 2 ? "twice" : `${length} times`);

const mark = (element, ...classes) => put(element, { class: classes.filter(Boolean).join(" ") });

const refused = (words) => Object.assign(new Error(words), { name: "ExpressionError" });

function readable(text) {
  try {
    return Boolean(parse(text));
  } catch (error) {
    if (error.name !== "ExpressionError") throw error;
    return false;
  }
}

// The Value of an expression; where Python would stop, in words.
function run(code, inputs, text) {
  const stack = [];
  for (const [kind, what, begin, end] of code) {
    const given = stack.slice(kind === "operator" ? -2 : -1);
    try {
      perform(kind, what, stack, inputs);
    } catch (error) {
      if (!/^(Value|ZeroDivision|Overflow)Error$/.test(error.name)) throw error;
      const where = `(characters ${begin + 1} to ${end})`;
      throw refused(`“${text.slice(begin, end)}” ${where} cannot be computed: ${because(what, error, given)}. A program with Value stops there too: ${error.name}`);
    }
  }
  return stack[0];
}

// Bends between the rows, and is straight above a box.
function curve([first, ...points]) {
  let [x0, y0] = first;
  return points.reduce((d, [x, y]) => {
    const middle = (y0 + y - 18) / 2;
    const bend = `C${x0} ${middle} ${x} ${middle} ${x} ${y - 18}`;
    [x0, y0] = [x, y];
    return `${d}${bend}V${y}`;
  }, `M${first}`);
}

customElements.define("gd-backprop", Backprop);
