// The pen of a plate: draws into the axes of the figure that the build drew, in its units, which are points.
// It draws as MatplotlibPen in gdbook/figures/plate.py does.
import { write } from "../symbols.js";

const SPACE = "http://www.w3.org/2000/svg";
const FINE = 80; // corners of an ellipse
const HEAD = [6.4, 2.7]; // points, of an arrow: how long, and how wide on each side
const SHAFT = 1.6; // points, the width of its line
// How far the point of a head reaches beyond the corner of its lines, as in Matplotlib.
const POINT = (SHAFT / 2) * (Math.hypot(...HEAD) / HEAD[1]);
const DROP = 0.35; // of the size of words: how far their line is below their middle
const DASH = [4, 3]; // times the width of a line
let clips = 0;

function element(tag, attributes, ...children) {
  const made = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const colour = (name) => `var(--gd-${name})`;
const short = (place) => place.toFixed(2);

// A minus sign before numbers, where Python and JavaScript write a hyphen, and none before what rounds to 0.
export const written = (words) =>
  /\d/.test(words) ? words.replace(/-(0(?:\.0+)?)(?!\.?\d)/g, "$1").replaceAll("-", "−") : words;

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
  map.back = (place) => back(at(a) + (place - c) / slope);
  return map;
}

export class Pen {
  // `grip(knobs, made, pen)` makes what the reader drags.
  constructor(svg, grip) {
    this.svg = svg;
    this.size = Number(svg.dataset.size);
    this.grip = grip;
    this.grips = new Map();
    this.held = element("g", { class: "gd-held" });
    this.frames = JSON.parse(svg.dataset.frames).map(({ box: [left, top, right, bottom], x, y, log }) => {
      const id = `plate-clip-${clips++}`;
      const box = { x: left, y: top, width: right - left, height: bottom - top };
      const layer = element("g", { class: "gd-live" });
      svg.append(element("clipPath", { id }, element("rect", box)), layer);
      const within = ([px, py]) => left <= px && px <= right && top <= py && py <= bottom;
      const axes = { x: scale(x, [left, right], log.includes("x")), y: scale(y, [bottom, top], log.includes("y")) };
      return { ...axes, within, clip: `url(#${id})`, layer, shapes: [], words: [] };
    });
    svg.append(this.held);
  }

  begin() {
    for (const frame of this.frames) frame.shapes = [], frame.words = [];
    this.on(0);
  }

  // In place of what the build drew.
  end() {
    for (const { layer, shapes, words } of this.frames) layer.replaceChildren(...shapes, ...words);
    this.svg.dataset.drawn = "";
    this.svg.setAttribute("role", "group"); // a picture has nothing in it that can be held
  }

  // What the build drew, again.
  leave() {
    delete this.svg.dataset.drawn;
    this.svg.setAttribute("role", "img");
  }

  on(frame) {
    this.frame = this.frames[frame];
  }

  place(point) {
    return [this.frame.x(point[0]), this.frame.y(point[1])];
  }

  places(points) {
    return finite(points.map((point) => this.place(point)));
  }

  add(attributes) {
    this.frame.shapes.push(element("path", { "clip-path": this.frame.clip, ...attributes }));
  }

  path(points, name, width = 2, dashed = false, alpha = 1) {
    const seen = this.places(points);
    if (seen.length < 2) return;
    const d = `M${seen.map(([x, y]) => `${short(x)} ${short(y)}`).join("L")}`;
    const dashes = dashed ? { "stroke-dasharray": DASH.map((dash) => dash * width).join(" ") } : {};
    this.add({ d, stroke: colour(name), fill: "none", "stroke-width": width, "stroke-opacity": alpha, "stroke-linejoin": "round", ...dashes });
  }

  area(points, name) {
    const seen = this.places(points);
    if (seen.length < 3) return;
    this.add({ d: `M${seen.map(([x, y]) => `${short(x)} ${short(y)}`).join("L")}Z`, fill: colour(name), "fill-opacity": 0.15 });
  }

  dots(points, name, size = 4) {
    const r = size / 2;
    const seen = this.places(points);
    if (!seen.length) return;
    const arcs = `a${r} ${r} 0 1 0 ${size} 0a${r} ${r} 0 1 0 ${-size} 0`;
    this.add({ d: seen.map(([x, y]) => `M${short(x - r)} ${short(y)}${arcs}`).join(""), fill: colour(name) });
  }

  ellipse(x, y, a, b, angle, name) {
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    const corner = (_, k) => {
      const [u, v] = [a * Math.cos((2 * Math.PI * k) / FINE), b * Math.sin((2 * Math.PI * k) / FINE)];
      return [x + c * u - s * v, y + s * u + c * v];
    };
    this.path(Array.from({ length: FINE + 1 }, corner), name, 1, false, 0.5);
  }

  arrow(fromX, fromY, toX, toY, name) {
    const ends = this.places([[fromX, fromY], [toX, toY]]);
    if (ends.length < 2) return;
    const [[x1, y1], [x2, y2]] = ends;
    const far = Math.hypot(x2 - x1, y2 - y1) || 1;
    const [c, s] = [(x2 - x1) / far, (y2 - y1) / far];
    const [x, y] = [x2 - POINT * c, y2 - POINT * s];
    const tip = `${short(x)} ${short(y)}`;
    const wing = (side) => `${short(x - HEAD[0] * c - side * HEAD[1] * s)} ${short(y - HEAD[0] * s + side * HEAD[1] * c)}`;
    const d = `M${short(x1)} ${short(y1)}L${tip}M${wing(1)}L${tip}L${wing(-1)}`;
    this.add({ d, stroke: colour(name), fill: "none", "stroke-width": SHAFT });
  }

  text(x, y, words, name, dx = 0, dy = 0) {
    const [place] = this.places([[x, y]]);
    if (!place || !this.frame.within(place)) return;
    const anchor = dx === 0 ? "middle" : dx > 0 ? "start" : "end";
    const at = { x: short(place[0] + dx), y: short(place[1] - dy + DROP * this.size) };
    const text = element("text", { ...at, "text-anchor": anchor, "font-size": this.size, fill: colour(name) });
    write(text, written(words));
    this.frame.words.push(text);
  }

  // The same element as long as the plate lives, so that it can be held.
  handle(across, up, x, y, name, dx = 0, dy = 0) {
    const knobs = `${across} ${up}`;
    if (!this.grips.has(knobs)) {
      const made = element(
        "g",
        { class: "gd-grip", tabindex: 0, role: "slider" },
        element("circle", { r: 22, fill: "transparent" }),
        element("circle", { r: 9, fill: "none", class: "gd-ring", stroke: colour(name), "stroke-width": 1.5 }),
        element("circle", { r: 5.5, fill: colour(name) }),
      );
      const held = { made, across, up, frame: this.frame };
      this.grips.set(knobs, held);
      this.held.append(made);
      this.grip(held, this);
    }
    const held = this.grips.get(knobs);
    Object.assign(held, { dx, dy });
    const [place] = this.places([[x, y]]);
    if (place) held.made.setAttribute("transform", `translate(${place.map(short).join(" ")})`);
  }
}
