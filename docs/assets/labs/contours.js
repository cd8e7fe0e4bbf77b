// Contour lines of a function of two numbers.
import { path } from "./lab.js";

const CELLS = [100, 120]; // of the grid, finer along y: the valleys of a quadratic are low
export const LEVELS = 11;

// Contour lines by marching squares: a path for each level, from low to high. Levels keep a ratio;
// the lowest encloses a twentieth of the picture. Between the points of the grid the root of the
// height is taken as straight, which around a minimum it is.
export function contours(f, x, y) {
  const [[left, right], [bottom, top]] = f.domain;
  const lowest = f.value(f.minima[0]);
  const [columns, rows] = CELLS;
  const xs = Array.from({ length: columns + 1 }, (_, i) => left + ((right - left) * i) / columns);
  const ys = Array.from({ length: rows + 1 }, (_, j) => bottom + ((top - bottom) * j) / rows);
  const roots = ys.map((b) => xs.map((a) => Math.sqrt(Math.max(0, f.value([a, b]) - lowest))));
  const some = roots.flat().filter((_, i) => i % 11 === 0).sort((a, b) => a - b);
  const [low, high] = [some[Math.floor(some.length / 20)], some[some.length - 1]];
  const levels = Array.from({ length: LEVELS }, (_, i) => low * (high / low) ** (i / LEVELS));
  const lines = levels.map(() => []);
  for (let j = 0; j < rows; j++) {
    for (let i = 0; i < columns; i++) {
      const values = [roots[j][i], roots[j][i + 1], roots[j + 1][i + 1], roots[j + 1][i]];
      const most = Math.max(values[0], values[1], values[2], values[3]);
      const least = Math.min(values[0], values[1], values[2], values[3]);
      for (let k = 0; k < LEVELS && levels[k] <= most; k++) {
        if (levels[k] > least) lines[k].push(segments(levels[k], values, [xs[i], xs[i + 1]], [ys[j], ys[j + 1]], x, y));
      }
    }
  }
  return lines.map((line) => line.join(""));
}

// Where a level crosses one cell of the grid; values are those of its corners, from one to the next.
function segments(level, values, [left, right], [bottom, top], x, y) {
  const corners = [[left, bottom], [right, bottom], [right, top], [left, top]];
  const crossings = [];
  for (let edge = 0; edge < 4; edge++) {
    const next = (edge + 1) % 4;
    if (values[edge] < level === values[next] < level) continue;
    const part = (level - values[edge]) / (values[next] - values[edge]);
    const [[ax, ay], [bx, by]] = [corners[edge], corners[next]];
    crossings.push([x(ax + part * (bx - ax)), y(ay + part * (by - ay))]);
  }
  return crossings.length === 4 ? path(crossings.slice(0, 2)) + path(crossings.slice(2)) : path(crossings);
}
