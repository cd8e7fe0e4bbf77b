// The curves that a program plots, as a picture: axes, ticks, lines, and the names of the curves at their ends.
const SPACE = "http://www.w3.org/2000/svg";
const HEIGHT = 300;
const [LEFT, RIGHT, TOP, BOTTOM] = [62, 12, 30, 30];
const NARROW = 280; // pixels: a smaller picture has no room for its ticks
const RAISED = { "-": "⁻", ...Object.fromEntries([..."⁰¹²³⁴⁵⁶⁷⁸⁹"].entries()) };
const COLOURS = ["blue", "red", "green", "orange", "brown", "ink"];

function element(tag, attributes, ...children) {
  const made = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// Round numbers from low to high, about six of them.
function ticks(low, high) {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((times) => times * power >= rough);
  const found = [];
  for (let k = Math.ceil(low / step); k * step <= high + step * 1e-9; k += 1) found.push(k * step);
  return found;
}

// Powers of ten from low to high, at most seven of them; round numbers where there are fewer than two.
function powers(low, high) {
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  const every = Math.ceil((last - first + 1) / 7);
  const found = [];
  for (let k = first; k <= last; k += every) found.push(10 ** k);
  return found.length > 1 ? found : ticks(low, high).filter((value) => value > 0);
}

function written(value) {
  const size = Math.abs(value);
  if (!size || (size >= 1e-3 && size < 1e6)) return String(Number(value.toPrecision(6))).replace("-", "−");
  const [digits, power] = Number(value.toPrecision(3)).toExponential().replace("+", "").split("e");
  const ten = `10${[...power].map((one) => RAISED[one]).join("")}`;
  return `${digits}·`.replace(/^(-?)1·$/, "$1").replace("-", "−") + ten;
}

function span(values, log) {
  let [low, high] = [Math.min(...values), Math.max(...values)];
  if (low === high) [low, high] = log ? [low / 2, high * 2] : [low - (Math.abs(low) || 1) / 2, high + (Math.abs(low) || 1) / 2];
  return [low, high];
}

function scale([low, high], [from, to], log) {
  const at = log ? Math.log10 : (value) => value;
  return (value) => from + ((at(value) - at(low)) / (at(high) - at(low))) * (to - from);
}

// The words that say the picture to who does not see it.
function said(curves, names) {
  const parts = curves.map((points, i) => {
    const [first, last] = [points[0][1], points.at(-1)[1]].map((value) => written(Number(value.toPrecision(3))));
    return `${names[i] || `curve ${i + 1}`} from ${first} to ${last}`;
  });
  return `Plot: ${parts.join("; ")}.`;
}

// The picture, in pixels: `wide` is how much room there is.
export function drawn({ curves, names, log }, wide) {
  const WIDTH = Math.max(NARROW, Math.round(wide));
  const all = curves.flat();
  const [across, up] = [span(all.map(([x]) => x), false), span(all.map(([, y]) => y), log)];
  const x = scale(across, [LEFT, WIDTH - RIGHT], false);
  const y = scale(up, [HEIGHT - BOTTOM, TOP], log);
  const size = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT };
  const svg = element("svg", { ...size, role: "img", "aria-label": said(curves, names), class: "gd-plot" });
  for (const value of ticks(...across)) {
    svg.append(element("text", { x: x(value), y: HEIGHT - 8, "text-anchor": "middle" }, written(value)));
  }
  for (const value of log ? powers(...up) : ticks(...up)) {
    svg.append(
      element("path", { d: `M${LEFT} ${y(value)}H${WIDTH - RIGHT}`, class: "gd-plot-line" }),
      element("text", { x: LEFT - 8, y: y(value) + 4, "text-anchor": "end" }, written(value)),
    );
  }
  curves.forEach((points, i) => {
    const colour = `var(--gd-${COLOURS[i % COLOURS.length]})`;
    const d = points.map(([px, py]) => `${x(px).toFixed(1)} ${y(py).toFixed(1)}`).join("L");
    svg.append(
      points.length > 1
        ? element("path", { d: `M${d}`, fill: "none", stroke: colour, "stroke-width": 2, "stroke-linejoin": "round" })
        : element("circle", { cx: x(points[0][0]), cy: y(points[0][1]), r: 4, fill: colour }),
    );
  });
  const key = names.map((name, i) => {
    const fill = `var(--gd-${COLOURS[i % COLOURS.length]})`;
    return name ? element("tspan", { fill, dx: i ? 16 : 0 }, name) : "";
  });
  svg.append(element("text", { x: LEFT, y: 16, class: "gd-plot-name" }, ...key));
  return svg;
}
