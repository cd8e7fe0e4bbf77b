// A plate: a figure that is drawn anew when one of its knobs is turned. What it draws is Python, translated; its
// HTML, with the figure at its opening knobs, is from gdbook/site/pages/plate.py.
import { copy } from "../reading/clipboard.js";
import { Pen, written } from "./pen.js";

const QUIET = 500; // ms without change before the sentence is announced and the state put into the address
const FINENESS = 1000; // steps of a slider
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1], PageDown: [0, -10], PageUp: [0, 10] };

// How far along its slider a value of a knob is, from 0 to 1, and back.
const share = ({ low, high, log }, value) =>
  log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
const valueAt = ({ low, high, log, whole }, part) => {
  const value = log ? low * (high / low) ** part : low + part * (high - low);
  return whole ? Math.round(value) : Number(value.toPrecision(4));
};

class Plate extends HTMLElement {
  connectedCallback() {
    this.ready ??= this.start().catch((error) => {
      this.dataset.failed = "";
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
    this.pens = [...this.querySelectorAll("svg[data-frames]")].map((svg) => new Pen(svg, (...given) => this.grip(...given)));
    this.bind();
    this.take(new URLSearchParams(location.search));
    this.dataset.ready = "";
    new ResizeObserver(() => this.draw()).observe(this);
  }

  // The state in an address; what is not valid is brought to the nearest that is, and said.
  take(parameters) {
    const notes = Object.keys(this.knobs).map((name) => {
      const raw = parameters.get(`${this.name}.${name}`);
      return raw === null ? "" : this.assign(name, raw);
    });
    this.querySelector(".gd-note").textContent = notes.filter(Boolean).join(" ");
    this.show();
  }

  assign(name, raw) {
    const { low, high, label, whole } = this.knobs[name];
    const value = String(raw).trim() === "" ? NaN : Number(raw);
    if (Number.isNaN(value)) return `“${String(raw).slice(0, 40)}” is no number: ${label} stays ${this.written(name)}.`;
    const near = Math.min(high, Math.max(low, whole ? Math.round(value) : value));
    this.state[name] = near;
    return near === value ? "" : `${label} goes from ${low} to ${high}: it is ${this.written(name)} here.`;
  }

  set(state) {
    for (const [name, value] of Object.entries(state)) if (name in this.knobs) this.assign(name, value);
  }

  written(name) {
    return written(String(Number(this.state[name].toPrecision(3))));
  }

  bind() {
    this.addEventListener("input", ({ target }) => {
      const { knob } = target.dataset;
      if (!knob) return;
      this.state[knob] = valueAt(this.knobs[knob], target.value / FINENESS);
      this.show();
    });
    this.addEventListener("click", ({ target }) => {
      const act = target.closest("[data-do]")?.dataset.do;
      if (act === "reset") {
        this.state = { ...this.opening };
        this.show();
      }
      if (act === "python") copy(this.python());
    });
  }

  // What the reader drags, with mouse, finger and keys.
  grip(made, names, frame, pen) {
    const [across, up] = names;
    made.setAttribute("aria-label", names.map((name) => this.knobs[name].label).join(", "));
    const moved = (name, value) => {
      const { low, high } = this.knobs[name];
      this.state[name] = Number(Math.min(high, Math.max(low, value)).toPrecision(4));
    };
    made.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      made.setPointerCapture(event.pointerId);
      made.focus();
    });
    made.addEventListener("pointermove", ({ pointerId, clientX, clientY }) => {
      if (!made.hasPointerCapture(pointerId)) return;
      const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(pen.svg.getScreenCTM().inverse());
      moved(across, frame.x.invert(x));
      if (up) moved(up, frame.y.invert(y));
      this.show();
    });
    made.addEventListener("keydown", (event) => {
      const [right, above] = KEYS[event.key] ?? [];
      if (right === undefined) return;
      event.preventDefault();
      const by = (name, steps) => moved(name, this.state[name] + (steps * (this.knobs[name].high - this.knobs[name].low)) / 100);
      by(across, up ? right : right || above);
      if (up) by(up, above);
      this.show();
    });
  }

  // Draw, and say what is seen.
  show() {
    this.draw();
    for (const input of this.querySelectorAll("[data-knob]")) {
      const name = input.dataset.knob;
      input.value = Math.round(FINENESS * share(this.knobs[name], this.state[name]));
      input.setAttribute("aria-valuetext", this.written(name));
      this.querySelector(`[data-shown="${name}"]`).textContent = this.written(name);
    }
    for (const pen of this.pens) {
      for (const [names, grip] of pen.grips) {
        const values = names.split(" ");
        grip.setAttribute("aria-valuenow", this.state[values[0]]);
        grip.setAttribute("aria-valuetext", values.map((name) => this.written(name)).join(", "));
      }
    }
    clearTimeout(this.later);
    this.later = setTimeout(() => this.settle(), QUIET);
  }

  draw() {
    for (const pen of this.pens) {
      if (!pen.svg.checkVisibility()) continue;
      pen.begin();
      pen.say = (words) => (this.querySelector(".gd-say").textContent = written(words));
      this.plate(pen, ...Object.values(this.state));
      pen.end();
    }
  }

  settle() {
    this.querySelector("[role=status]").textContent = this.querySelector(".gd-say").textContent;
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
