// The pen of a plate: draws into the axes of the figure that the build drew, in its units, which are points.
const SPACE = "http://www.w3.org/2000/svg";
const FINE = 80; // corners of an ellipse, as in gdbook/figures/plate.py
const HEAD = 7; // points, of an arrow
let clips = 0;

function element(tag, attributes, ...children) {
  const made = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// A minus sign before numbers, where Python and JavaScript write a hyphen.
export const written = (words) => (/\d/.test(words) ? words.replaceAll("-", "−") : words);

// The points up to the first that is not finite: a run that overflows is drawn so far.
function finite(points) {
  const end = points.findIndex((point) => !point.every(Number.isFinite));
  return end < 0 ? points : points.slice(0, end);
}

function scale([a, b], [c, d], log) {
  const at = log ? Math.log10 : (x) => x;
  const back = log ? (x) => 10 ** x : (x) => x;
  const slope = (d - c) / (at(b) - at(a));
  const map = (value) => c + (at(value) - at(a)) * slope;
  map.invert = (place) => back(at(a) + (place - c) / slope);
  return map;
}

export class Pen {
  // `grips(names, pen, x, y)` makes what the reader drags.
  constructor(svg, grip) {
    this.svg = svg;
    this.frames = JSON.parse(svg.dataset.frames).map(({ box: [left, top, right, bottom], x, y, log }) => {
      const id = `plate-clip-${clips++}`;
      const box = { x: left, y: top, width: right - left, height: bottom - top };
      svg.append(element("clipPath", { id }, element("rect", box)));
      return { x: scale(x, [left, right]), y: scale(y, [bottom, top], log), clip: `url(#${id})` };
    });
    this.layer = element("g", { class: "gd-live" });
    this.held = element("g", {});
    this.grip = grip;
    this.grips = new Map();
  }

  // Everything anew: the first time in place of what the build drew.
  begin() {
    if (!this.layer.parentNode) {
      for (const old of this.svg.querySelectorAll(".gd-live")) old.remove();
      this.svg.append(this.layer, this.held);
    }
    this.parts = [];
    this.on(0);
  }

  end() {
    this.layer.replaceChildren(...this.parts);
  }

  on(frame) {
    this.frame = this.frames[frame];
  }

  place([x, y]) {
    return [this.frame.x(x), this.frame.y(y)];
  }

  add(tag, attributes) {
    this.parts.push(element(tag, attributes));
  }

  path(points, colour, width = 2) {
    const seen = finite(points.map((point) => this.place(point)));
    if (seen.length < 2) return;
    const d = seen.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(2)} ${y.toFixed(2)}`).join("");
    this.add("path", { d, style: `stroke:var(--gd-${colour})`, fill: "none", "stroke-width": width, "clip-path": this.frame.clip });
  }

  dots(points, colour, size = 4) {
    for (const [cx, cy] of finite(points.map((point) => this.place(point)))) {
      this.add("circle", { cx, cy, r: size / 2, style: `fill:var(--gd-${colour})`, "clip-path": this.frame.clip });
    }
  }

  ellipse(x, y, a, b, angle, colour) {
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    const corner = (_, k) => {
      const [u, v] = [a * Math.cos((2 * Math.PI * k) / FINE), b * Math.sin((2 * Math.PI * k) / FINE)];
      return [x + c * u - s * v, y + s * u + c * v];
    };
    this.path(Array.from({ length: FINE + 1 }, corner), colour, 1);
  }

  arrow(x, y, toX, toY, colour) {
    const [[x1, y1], [x2, y2]] = [this.place([x, y]), this.place([toX, toY])];
    if (![x1, y1, x2, y2].every(Number.isFinite)) return;
    const turn = Math.atan2(y2 - y1, x2 - x1);
    const wing = (side) => `M${x2 - HEAD * Math.cos(turn + side)} ${y2 - HEAD * Math.sin(turn + side)}L${x2} ${y2}`;
    const d = `M${x1} ${y1}L${x2} ${y2}${wing(0.4)}${wing(-0.4)}`;
    this.add("path", { d, style: `stroke:var(--gd-${colour})`, fill: "none", "stroke-width": 1.6, "clip-path": this.frame.clip });
  }

  text(x, y, words, colour, dx = 0, dy = 0) {
    const [px, py] = this.place([x, y]);
    if (!Number.isFinite(px) || !Number.isFinite(py)) return;
    const anchor = dx === 0 ? "middle" : dx > 0 ? "start" : "end";
    const attributes = { x: px + dx, y: py - dy, "text-anchor": anchor, "dominant-baseline": "central" };
    const text = element("text", { ...attributes, style: `fill:var(--gd-${colour})`, "font-size": this.svg.dataset.size });
    text.textContent = written(words);
    this.parts.push(text);
  }

  // The same element as long as the plate lives, so that it can be held.
  handle(knobs, x, y, colour) {
    const names = knobs.split(" ");
    if (!this.grips.has(knobs)) {
      const made = element(
        "g",
        { class: "gd-grip", tabindex: 0, role: "slider" },
        element("circle", { r: 22, fill: "transparent" }),
        element("circle", { r: 9, fill: "none", class: "gd-grip-ring", style: `stroke:var(--gd-${colour})`, "stroke-width": 1.5 }),
        element("circle", { r: 5.5, style: `fill:var(--gd-${colour})` }),
      );
      this.grips.set(knobs, made);
      this.held.append(made);
      this.grip(made, names, this.frame, this);
    }
    const made = this.grips.get(knobs);
    const [px, py] = this.place([x, y]);
    if (Number.isFinite(px) && Number.isFinite(py)) made.setAttribute("transform", `translate(${px.toFixed(2)} ${py.toFixed(2)})`);
  }

  say() {} // the plate does
}
