// What the labs share: the state and its way in and out of the URL, the controls, the run, words.
// A lab is one file beside this one. Its HTML comes from gdbook/site/pages/lab.py, its arithmetic from
// ../gdbook.js, which is translated from the book's Python.
import { write } from "../symbols.js";

export { write };

const NAMESPACE = "http://www.w3.org/2000/svg";

// An SVG element with attributes and children.
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(NAMESPACE, tag);
  put(element, attributes);
  if (tag === "text") write(element, children.join(""));
  else element.append(...children);
  return element;
}

export function put(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "style") element.style.cssText = value; // as an attribute the page's policy forbids it
    else element.setAttribute(name, value);
  }
}

// A linear scale from [a, b] to [c, d].
export function scale(a, b, c, d) {
  const slope = (d - c) / (b - a);
  const map = (value) => c + (value - a) * slope;
  map.invert = (position) => a + (position - c) / slope;
  return map;
}

// About `count` round numbers between low and high.
export function ticks(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const unit = [1, 2, 5, 10].find((factor) => factor * power >= rough) * power;
  const first = Math.ceil(low / unit);
  return Array.from({ length: Math.floor(high / unit) - first + 1 }, (_, i) => +((first + i) * unit).toPrecision(12));
}

// A number as the page writes it: a real minus sign, no more digits than asked.
export function plain(value, digits = 4) {
  return String(+value.toPrecision(digits)).replaceAll("-", "−");
}

// A whole number as an exponent.
export function raised(n) {
  return [...String(n)].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit] ?? "⁻").join("");
}

// A power of ten, for an axis.
export function tenTo(power) {
  return "10" + raised(power);
}

// The path through points, to a tenth of a pixel.
export function path(points) {
  return points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
}

// Two numbers with as many digits as it takes to tell them apart, four at least.
export function apart(low, high, least = 4) {
  for (let digits = least; digits < 17; digits++) {
    const [a, b] = [plain(low, digits), plain(high, digits)];
    if (a !== b) return [a, b];
  }
  return [plain(low, 17), plain(high, 17)];
}

// A factor, which is never printed as the 1 or −1 that it is not: it is what decides.
export const factor = (value) => apart(value, Math.sign(value))[0];

export const thousands = (count) => String(count).replace(/\B(?=(\d{3})+$)/g, ",");

const ROOMY = 520; // pixels from which on a picture has room for its longer words

const later = () => new Promise((go) => setTimeout(go));

const calm = matchMedia("(prefers-reduced-motion: reduce)");
// What a key does to a handle, right and up, in hundredths of its range.
const KEYS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowDown: [0, -1],
  ArrowUp: [0, 1],
  PageDown: [0, -10],
  PageUp: [0, 10],
  Home: [-100, 0],
  End: [100, 0],
};
const QUIET = 600; // ms without change before the state is announced and put into the URL

export class Lab extends HTMLElement {
  // A lab defines: build() once; compute() after a change of the state; lay() when the picture has another size;
  // draw() for this.t; tell(), whose first sentence is the verdict.
  // It may define: limits(name), frozen(name), absent(name), python(), horizon.

  async connectedCallback() {
    if (this.fields) return;
    this.fields = JSON.parse(this.dataset.fields);
    this.state = Object.fromEntries(Object.entries(this.fields).map(([name, field]) => [name, field.value]));
    this.t = 0;
    this.stage = this.querySelector(".gd-stage");
    this.still = this.stage.firstElementChild;
    for (const { dataset, style } of this.querySelectorAll("[data-at]")) {
      style.setProperty("--at", dataset.at);
      style.setProperty("--row", dataset.row);
    }
    this.measure();
    this.build();
    await later(); // two short tasks block a slow phone less than one long one
    this.bind();
    this.take(new URLSearchParams(location.search));
    this.dataset.ready = "";
    new ResizeObserver(() => this.resize()).observe(this.stage);
  }

  // Pictures are drawn in the pixels of the page: their words are as large as the style sheet says.
  measure() {
    [this.width, this.height] = [this.stage.clientWidth || 640, this.stage.clientHeight || 340];
    this.roomy = this.width >= ROOMY;
  }

  resize() {
    const { clientWidth, clientHeight } = this.stage;
    if (!clientWidth || (clientWidth === this.width && clientHeight === this.height)) return;
    this.measure();
    this.lay();
    this.draw();
  }

  lay() {}

  // Take over a state from a URL: whatever is not valid is brought to the nearest that is.
  take(parameters) {
    const notes = Object.keys(this.fields)
      .filter((name) => parameters.has(name))
      .map((name) => this.assign(name, parameters.get(name)));
    for (const name of Object.keys(this.fields)) notes.push(this.assign(name, this.state[name]));
    this.note(notes.filter(Boolean).join(" "));
    this.refresh();
  }

  // Set one field; returns what was changed about the value, in words, or "".
  assign(name, raw) {
    const field = this.fields[name];
    const label = this.label(name);
    if (field.kind === "choice") {
      const known = field.options.includes(raw);
      if (known) this.state[name] = raw;
      return known ? "" : `There is no ${label} “${String(raw).slice(0, 40)}”: it stays ${this.state[name]}.`;
    }
    const { low, high } = this.limits(name);
    const value = typeof raw === "number" ? raw : raw.trim() === "" ? NaN : Number(raw.replaceAll("−", "-"));
    if (Number.isNaN(value)) {
      return `“${String(raw).slice(0, 40)}” is no number: ${label} stays ${plain(this.state[name])}.`;
    }
    const whole = field.whole ? Math.round(value) : value;
    this.state[name] = Math.min(high, Math.max(low, whole));
    if (this.state[name] === whole) return "";
    return `${label} goes from ${plain(low)} to ${plain(high)} here: ${plain(value)} became ${plain(this.state[name])}.`;
  }

  limits(name) {
    return this.fields[name];
  }

  frozen() {
    return false;
  }

  // Whether a control has nothing to say for the choices made, and is not shown.
  absent() {
    return false;
  }

  label(name) {
    return this.querySelector(`label[for="${this.id}-${name}"]`).textContent;
  }

  note(text) {
    write(this.querySelector(".gd-note"), text);
  }

  bind() {
    for (const control of this.querySelectorAll("[data-field]")) {
      const name = control.dataset.field;
      const slides = control.type === "range";
      control.addEventListener("input", () => this.change(name, slides ? this.at(name, +control.value) : control.value));
      if (!slides) continue;
      control.addEventListener("keydown", (event) => {
        const way = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
        if (!way) return;
        event.preventDefault();
        this.nudge(name, way, +control.value);
      });
    }
    for (const typed of this.querySelectorAll("[data-typed]")) {
      typed.addEventListener("change", () => this.change(typed.dataset.typed, typed.value));
    }
    for (const button of this.querySelectorAll("[data-do]")) {
      button.addEventListener("click", () => this[button.dataset.do]());
    }
    // Links that set this lab, in it or anywhere on its page.
    document.addEventListener("click", (event) => {
      const link = event.target.closest?.("a[data-try]");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.state = Object.fromEntries(Object.entries(this.fields).map(([name, field]) => [name, field.value]));
      this.take(new URL(link.href).searchParams);
      this.share();
      const { top, bottom } = this.stage.getBoundingClientRect();
      if (top < 0 || bottom > innerHeight) this.scrollIntoView({ behavior: calm.matches ? "auto" : "smooth" });
      if (this.querySelector('[data-do="play"]')) this.start();
    });
    document.addEventListener("visibilitychange", () => document.hidden && this.pause());
  }

  // A handle in the picture: `to(x, y)` where it is dragged or the picture is pressed, in the picture's
  // units; `by(right, up)` for a key, in hundredths of the range.
  grip(picture, handle, to, by) {
    const follow = ({ clientX, clientY }) => {
      const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(picture.getScreenCTM().inverse());
      to(x, y);
    };
    const begin = (event) => {
      handle.setPointerCapture(event.pointerId);
      event.preventDefault();
      handle.focus({ preventScroll: true });
      handle.onpointermove = follow;
    };
    handle.addEventListener("pointerdown", begin);
    // A finger that goes down on the picture may be about to scroll: it moves the handle when it taps.
    picture.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "touch" || handle.contains(event.target)) return;
      follow(event);
      begin(event);
    });
    for (const end of ["pointerup", "pointercancel"]) {
      handle.addEventListener(end, () => (handle.onpointermove = null));
    }
    picture.addEventListener("click", (event) => handle.contains(event.target) || follow(event));
    handle.addEventListener("keydown", (event) => {
      const way = KEYS[event.key];
      if (!way) return;
      event.preventDefault();
      by(...way);
    });
  }

  // The slider's 0 to 1000, on a linear or logarithmic scale, or on one that has logarithmic parts between its knots.
  position(name) {
    const { low, high } = this.limits(name);
    const { log, knots } = this.fields[name];
    if (!log) return scale(low, high, 0, 1000);
    const ends = knots ?? [[low, 0], [high, 1]];
    const part = (i, sought) => Math.max(1, ends.filter((end) => end[i] < sought).length);
    const inner = (k) => scale(Math.log(ends[k - 1][0]), Math.log(ends[k][0]), 1000 * ends[k - 1][1], 1000 * ends[k][1]);
    const map = (value) => inner(Math.min(part(0, value), ends.length - 1))(Math.log(value));
    map.invert = (at) => Math.exp(inner(part(1, at / 1000)).invert(at));
    return map;
  }

  // The value at a place of the slider: as few digits as tell it from its neighbours there, three at least.
  at(name, place) {
    const { invert } = this.position(name);
    const value = invert(place);
    const stride = Math.abs(invert(place < 1000 ? place + 1 : place - 1) - value);
    const digits = this.fields[name].knots ? Math.ceil(Math.log10(Math.abs(value) / stride)) + 1 : 3;
    return +value.toPrecision(Math.max(3, digits));
  }

  // A key goes to the next value, however little the slider moves for it.
  nudge(name, way, from) {
    for (let place = from + way; place >= 0 && place <= 1000; place += way) {
      const value = this.fields[name].whole ? Math.round(this.at(name, place)) : this.at(name, place);
      if ((value - this.state[name]) * way > 0) return this.change(name, value);
    }
    this.change(name, this.limits(name)[way > 0 ? "high" : "low"]);
  }

  change(name, raw) {
    this.note(this.assign(name, raw));
    this.share();
    this.refresh();
  }

  // After any change: show the controls, compute, begin again at step 0.
  refresh() {
    this.pause();
    for (const [name, field] of Object.entries(this.fields)) {
      const control = this.querySelector(`[data-field="${name}"]`);
      control.disabled = this.frozen(name);
      control.parentElement.hidden = this.absent(name);
      if (field.kind !== "number") {
        control.value = this.state[name];
        continue;
      }
      const typed = this.querySelector(`[data-typed="${name}"]`);
      control.value = Math.round(this.position(name)(this.state[name]));
      const shown = plain(this.state[name], field.knots ? 6 : 4);
      control.setAttribute("aria-valuetext", shown);
      typed.value = shown;
      typed.disabled = control.disabled;
    }
    this.t = 0;
    this.compute();
    this.show();
  }

  show() {
    this.draw();
    const story = this.tell();
    const [verdict] = story.match(/^.*?[.?](?=\s|$)/s);
    write(this.querySelector(".gd-verdict"), verdict);
    write(this.querySelector(".gd-why"), story.slice(verdict.length).trim());
    write(this.querySelector(".gd-state"), this.settings());
    clearTimeout(this.announcing);
    this.announcing = setTimeout(() => {
      if (!this.playing) this.querySelector(".gd-announce").textContent = story;
    }, QUIET);
  }

  // What the controls are set to, in words, for paper.
  settings() {
    const words = Object.entries(this.fields).map(([name, { kind }]) => {
      if (this.absent(name)) return "";
      if (kind === "number") return `${this.label(name)} = ${plain(this.state[name])}`;
      if (kind === "choice") return this.querySelector(`[data-field="${name}"]`).selectedOptions[0].textContent;
      return kind === "text" || kind === "inputs" ? this.state[name].replaceAll(":", " = ").replaceAll(",", ", ") : "";
    });
    return words.filter(Boolean).join(" · ");
  }

  // The run

  play() {
    if (this.playing) this.pause();
    else this.start();
  }

  start() {
    if (this.t >= this.horizon) this.t = 0;
    if (calm.matches) {
      this.t = this.horizon;
      this.show();
      return;
    }
    this.playing = true;
    this.querySelector('[data-do="play"]').textContent = "Pause";
    let before = performance.now();
    const frame = (now) => {
      if (!this.playing) return;
      const due = Math.floor(((now - before) / 1000) * this.speed);
      if (due > 0) {
        before = now;
        this.t = Math.min(this.horizon, this.t + due);
        if (this.t >= this.horizon) this.pause();
        this.show();
      }
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  pause() {
    this.playing = false;
    const button = this.querySelector('[data-do="play"]');
    if (button) button.textContent = "Play";
  }

  get speed() {
    return +this.querySelector("[data-speed]").value;
  }

  step() {
    this.pause();
    this.t = Math.min(this.horizon, this.t + 1);
    this.show();
  }

  reset() {
    this.pause();
    this.t = 0;
    this.show();
  }

  // Out of the page

  address() {
    const query = new URLSearchParams(Object.entries(this.state).map(([name, value]) => [name, String(value)]));
    return `${location.pathname}?${query}${location.hash}`;
  }

  share() {
    clearTimeout(this.sharing);
    this.sharing = setTimeout(() => history.replaceState(null, "", this.address()), QUIET);
  }

  async copy(text, what) {
    try {
      await navigator.clipboard.writeText(text);
      this.note(`${what} copied.`);
    } catch {
      this.note(`The browser did not allow copying. Here it is: ${text}`);
    }
  }

  python() {
    return this.copy(this.snippet(), "Python");
  }

  link() {
    return this.copy(location.origin + this.address(), "Link");
  }
}
