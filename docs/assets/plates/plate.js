// A plate: a figure that is drawn anew when one of its knobs is turned. What it draws is Python, translated; its
// HTML, with the figure at its opening knobs, is from gdbook/site/pages/plate.py.
import { copy } from "../reading/clipboard.js";
import { write } from "../symbols.js";
import { Pen, written } from "./pen.js";

const QUIET = 500; // ms without change before the sentence is announced and the state put into the address
const FINENESS = 1000; // steps of a slider
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1], PageDown: [0, -10], PageUp: [0, 10] };

// A number in three digits, with a power of ten where JavaScript writes an e; and as ARIA has it, without.
const short = (value) =>
  written(String(Number(value.toPrecision(3)))).replace(/e−(\d+)/, (_, power) => `·10⁻${[...power].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join("")}`);
const decimal = (value) => (value && Math.abs(value) < 1e-6 ? value.toFixed(24).replace(/0+$/, "") : String(value));

// How far along its slider a value of a knob is, from 0 to 1, and back.
const share = ({ low, high, log }, value) =>
  log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
const valueAt = (knob, part) =>
  valid(knob, knob.log ? knob.low * (knob.high / knob.low) ** part : knob.low + part * (knob.high - knob.low));
// The nearest value that a knob may have, in digits that a reader can copy.
const valid = ({ low, high, whole }, value) =>
  Math.min(high, Math.max(low, whole ? Math.round(value) : Number(value.toPrecision(4))));

class Plate extends HTMLElement {
  connectedCallback() {
    this.ready ??= this.start().catch((error) => {
      this.fail();
      throw error;
    });
  }

  async start() {
    this.knobs = JSON.parse(this.dataset.knobs);
    this.name = this.dataset.plate;
    this.opening = Object.fromEntries(Object.entries(this.knobs).map(([name, knob]) => [name, knob.value]));
    this.state = { ...this.opening };
    const { plates } = await import(`./${this.dataset.of}.js`);
    this.plate = plates[this.name];
    this.pens = [...this.querySelectorAll("svg[data-frames]")].map((svg) => new Pen(svg, (...held) => this.grip(...held)));
    this.bind();
    this.look();
    this.take(new URLSearchParams(location.search));
    this.dataset.ready = "";
    new ResizeObserver(() => this.look() && this.draw()).observe(this);
  }

  // Which of the pictures shows, that for a desk or that for a phone; whether it is another one than before.
  look() {
    const before = this.shown;
    this.shown = this.pens.find((pen) => pen.svg.getClientRects().length);
    return this.shown !== before;
  }

  // The figure of the build remains.
  fail() {
    this.dataset.failed = "";
    for (const pen of this.pens ?? []) pen.leave();
  }

  // The state in an address; what is not valid is brought to the nearest that is, and said.
  take(parameters) {
    const notes = Object.keys(this.knobs).map((name) => {
      const raw = parameters.get(`${this.name}.${name}`);
      return raw === null ? "" : this.assign(name, raw);
    });
    write(this.querySelector(".gd-note"), notes.filter(Boolean).join(" "));
    this.show();
  }

  assign(name, raw) {
    const { low, high, label } = this.knobs[name];
    const value = raw.trim() === "" ? NaN : Number(raw);
    if (Number.isNaN(value)) return `“${raw.slice(0, 40)}” is no number: ${label} stays ${this.written(name)}.`;
    this.state[name] = valid(this.knobs[name], value);
    const off = Math.abs(this.state[name] - value) > 1e-3 * Math.abs(this.state[name]);
    return off ? `${label} goes from ${short(low)} to ${short(high)}: it is ${this.written(name)} here.` : "";
  }

  // All knobs as at the beginning, but for these.
  set(given) {
    this.state = { ...this.opening };
    for (const [name, value] of given) this.assign(name, value);
    this.show();
  }

  written(name) {
    return short(this.state[name]);
  }

  bind() {
    for (const input of this.querySelectorAll("[data-knob]")) {
      const { low, high, log, whole } = this.knobs[input.dataset.knob];
      input.max = whole && !log ? high - low : FINENESS; // a key goes to the next whole number
    }
    this.addEventListener("input", ({ target }) => {
      const { knob } = target.dataset;
      if (!knob) return;
      this.turning = target;
      this.turn({ [knob]: valueAt(this.knobs[knob], target.value / target.max) });
      this.turning = null;
    });
    this.addEventListener("click", ({ target }) => {
      const { do: act, next } = target.closest("button")?.dataset ?? {};
      if (next) this.turn({ [next]: this.state[next] < this.knobs[next].high ? this.state[next] + 1 : this.knobs[next].low });
      if (act === "reset") this.turn(this.opening);
      if (act === "python") copy(this.python());
    });
  }

  turn(knobs) {
    Object.assign(this.state, knobs);
    this.show();
  }

  // What the reader drags, with mouse, finger and keys.
  grip(held, pen) {
    const { made, across, up, frame } = held;
    const names = [across, up].filter(Boolean);
    const { low, high } = this.knobs[names[0]];
    const said = { label: names.map((name) => this.knobs[name].label).join(", "), valuemin: decimal(low), valuemax: decimal(high) };
    if (names.length === 1) said.orientation = across ? "horizontal" : "vertical";
    for (const [name, value] of Object.entries(said)) made.setAttribute(`aria-${name}`, value);
    held.names = names;
    const move = (toX, toY) =>
      this.turn({
        ...(across && { [across]: valid(this.knobs[across], toX) }),
        ...(up && { [up]: valid(this.knobs[up], toY) }),
      });
    made.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      made.setPointerCapture(event.pointerId);
      made.focus();
    });
    made.addEventListener("pointermove", ({ pointerId, clientX, clientY }) => {
      if (!made.hasPointerCapture(pointerId)) return;
      const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(pen.svg.getScreenCTM().inverse());
      move(frame.x.back(x) - held.dx, frame.y.back(y) - held.dy);
    });
    made.addEventListener("keydown", (event) => {
      const [right, above] = KEYS[event.key] ?? [];
      if (right === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      const by = (name, steps) => {
        const knob = this.knobs[name];
        const small = knob.whole ? Math.max(1, Math.round((knob.high - knob.low) / 100)) : (knob.high - knob.low) / 100;
        return knob.log ? valueAt(knob, share(knob, this.state[name]) + steps / 100) : this.state[name] + steps * small;
      };
      move(across && by(across, up ? right : right || above), up && by(up, across ? above : above || right));
    });
  }

  // Draw, and say what is seen.
  show() {
    this.draw();
    for (const input of this.querySelectorAll("[data-knob]")) {
      const name = input.dataset.knob;
      // The slider in hand may stand between two whole numbers.
      if (input !== this.turning) input.value = Math.round(input.max * share(this.knobs[name], this.state[name]));
      input.setAttribute("aria-valuetext", this.written(name));
      this.querySelector(`[data-shown="${name}"]`).textContent = this.written(name);
    }
    for (const { made, names } of this.pens.flatMap((pen) => [...pen.grips.values()])) {
      made.setAttribute("aria-valuenow", decimal(this.state[names[0]]));
      made.setAttribute("aria-valuetext", names.map((name) => this.written(name)).join(", "));
    }
    clearTimeout(this.later);
    this.later = setTimeout(() => this.settle(), QUIET);
  }

  draw() {
    const pen = this.shown;
    if (!pen) return;
    try {
      pen.say = (words) => write(this.querySelector(".gd-say"), written(words));
      pen.begin();
      this.plate(pen, ...Object.values(this.state));
      pen.end();
    } catch (error) {
      this.fail();
      throw error;
    }
  }

  settle() {
    const said = this.querySelector(".gd-say").textContent;
    const announce = this.querySelector(".gd-announce");
    if (this.told !== undefined && said !== this.told) announce.textContent = said;
    this.told = said;
    const address = new URL(location.href);
    for (const [name, value] of Object.entries(this.state)) {
      const key = `${this.name}.${name}`;
      if (value === this.opening[name]) address.searchParams.delete(key);
      else address.searchParams.set(key, value);
    }
    if (address.href !== location.href) history.replaceState(history.state, "", address);
  }

  // The lines that draw this very picture.
  python() {
    const turned = Object.entries(this.state).filter(([name, value]) => value !== this.opening[name]);
    const call = `${this.name}(${turned.map(([name, value]) => `${name}=${value}`).join(", ")})`;
    return `from ${this.dataset.module} import ${this.name}\n\n${call}.savefig("${this.name}.svg")\n`;
  }
}
customElements.define("gd-plate", Plate);
