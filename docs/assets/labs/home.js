// The ball of the home page: that of its lab, with one slider. It runs when it is let go.
import { gd_factor } from "../gdbook.js";
import { Ball } from "./ball.js";
import { plain, scale, svg } from "./lab.js";

const SPEED = 8; // steps a second
const SEEN = 0.6; // of the picture, before it moves by itself
const WAIT = 700; // ms that a reader has to see where it begins

class Home extends Ball {
  async connectedCallback() {
    await super.connectedCallback();
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const seen = new IntersectionObserver(
      ([{ intersectionRatio }]) => {
        if (intersectionRatio < SEEN) return;
        seen.disconnect();
        setTimeout(() => this.touched || this.start(), WAIT);
      },
      { threshold: SEEN },
    );
    seen.observe(this.stage);
  }

  build() {
    this.edges = JSON.parse(this.dataset.edges);
    Object.assign(this.state, { f: "parabola", rule: "sgd", mu: 0 });
    super.build();
  }

  bind() {
    super.bind();
    const go = () => this.playing || this.start();
    const slider = this.querySelector("[type=range]");
    this.ball.addEventListener("pointerup", go);
    this.picture.addEventListener("click", go);
    slider.addEventListener("change", go);
    for (const moved of [this.ball, slider]) {
      moved.addEventListener("keyup", ({ key }) => /^(Arrow|Page|Home$|End$)/.test(key) && go());
    }
    for (const event of ["pointerdown", "keydown"]) this.addEventListener(event, () => (this.touched = true));
  }

  absent(name) {
    return name === "x0"; // it has no control but the ball
  }

  // Each of what a run may do has as much of the slider.
  position() {
    const at = this.edges.map((_, i) => (i * 1000) / (this.edges.length - 1));
    return through(this.edges, at);
  }

  get speed() {
    return SPEED;
  }

  // The minimum alone, without the strip of starts; no chart, no table of numbers.
  basins() {
    const [x] = this.f.minima;
    this.strip.replaceChildren(svg("circle", { class: "gd-minima", cx: this.x(x), cy: this.y(this.f.value(x)), r: 5 }));
  }
  graph() {
    this.mark = () => {};
  }
  numbers() {}

  show() {
    this.draw();
    const said = this.querySelector(".gd-said");
    const words = this.tell();
    if (said.textContent !== words) said.textContent = words;
  }

  tell() {
    const { lr } = this.state;
    const zone = this.edges.slice(1, -1).filter((edge) => lr >= edge).length;
    const does = this.querySelector(".gd-zones").children[zone].textContent;
    const factor = plain(gd_factor(lr, this.f.hess(0)), 3);
    return `Drag the ball and let go. Each step multiplies its distance to the minimum by ${factor}: it ${does}.`;
  }
}

// A map, and its inverse, that is linear between points.
function through(xs, ys) {
  const piece = (from, to) => (value) => {
    const i = Math.min(from.length - 2, Math.max(0, from.findIndex((edge) => value <= edge) - 1));
    return scale(from[i], from[i + 1], to[i], to[i + 1])(value);
  };
  const map = piece(xs, ys);
  map.invert = piece(ys, xs);
  return map;
}

customElements.define("gd-home", Home);
