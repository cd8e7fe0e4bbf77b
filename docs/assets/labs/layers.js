// Where to draw a graph: in rows from what is given to the result, few crossings, no edge through a node
// (Sugiyama, Tagawa, Toda 1981).

const SWEEPS = 24;

// `count` nodes, the result last; edges as pairs [child, user]; sizes in pixels. Gives the middles of the
// nodes, the points that each edge passes, and the size of it all.
export function layers(count, ends, { width, height, gap, lane, between, margin }) {
  const depth = Array(count).fill(0);
  for (const [child, user] of [...ends].sort((a, b) => b[1] - a[1])) depth[child] = Math.max(depth[child], depth[user] + 1);
  const rows = Array.from({ length: Math.max(...depth) + 1 }, (_, d) => [...depth.keys()].filter((i) => depth[i] === d));
  // An edge that passes a row has a place of its own there: one more thing in that row.
  const up = depth.map(() => []);
  const down = depth.map(() => []);
  const paths = ends.map(([child, user]) => {
    const path = [child];
    for (let d = depth[child] - 1; d > depth[user]; d--) {
      rows[d].push(up.length);
      path.push(up.length);
      up.push([]);
      down.push([]);
    }
    path.push(user);
    path.slice(1).forEach((lower, i) => {
      up[lower].push(path[i]);
      down[path[i]].push(lower);
    });
    return path;
  });
  const wide = (thing) => (thing < count ? width : lane);
  const x = across(untangled(rows, up, down), up, down, (a, b) => (wide(a) + wide(b)) / 2 + between);
  const left = Math.min(...x.map((at, thing) => at - wide(thing) / 2)) - margin;
  x.forEach((at, thing) => (x[thing] = at - left));
  const y = [];
  rows.forEach((row, d) => row.forEach((thing) => (y[thing] = margin + height / 2 + (rows.length - 1 - d) * (height + gap))));

  // An edge leaves and enters a box at a place of its own, in the order of the other ends.
  const port = (path, end, next) => {
    const all = paths.filter((other) => other.at(end) === path.at(end)).sort((a, b) => x[a.at(next)] - x[b.at(next)]);
    return x[path.at(end)] + width * ((all.indexOf(path) + 0.5) / all.length - 0.5);
  };
  return {
    nodes: depth.map((_, i) => [x[i], y[i]]),
    routes: paths.map((path) => [
      [port(path, 0, 1), y[path[0]] + height / 2],
      ...path.slice(1, -1).flatMap((thing) => [-1, 1].map((side) => [x[thing], y[thing] + (side * height) / 2])),
      [port(path, -1, -2), y[path.at(-1)] - height / 2],
    ]),
    width: Math.max(...x.map((at, thing) => at + wide(thing) / 2)) + margin,
    height: rows.length * (height + gap) - gap + 2 * margin,
  };
}

const mean = (numbers, otherwise) => (numbers.length ? numbers.reduce((a, b) => a + b) / numbers.length : otherwise);

// The rows in an order with few crossings: each thing near the mean place of its neighbours.
function untangled(rows, up, down) {
  let best;
  let fewest = Infinity;
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const upwards = sweep % 2 === 0;
    for (let k = 1; k < rows.length; k++) {
      const d = upwards ? k : rows.length - 1 - k;
      const beside = rows[upwards ? d - 1 : d + 1];
      const place = (thing) => mean((upwards ? down : up)[thing].map((other) => beside.indexOf(other)), rows[d].indexOf(thing));
      rows[d] = [...rows[d]].sort((a, b) => place(a) - place(b));
    }
    let crossings = 0;
    for (let d = 1; d < rows.length; d++) {
      const lines = rows[d].flatMap((thing, i) => down[thing].map((user) => [i, rows[d - 1].indexOf(user)]));
      for (const a of lines) for (const b of lines) crossings += (a[0] - b[0]) * (a[1] - b[1]) < 0;
    }
    if (crossings < fewest) [fewest, best] = [crossings, [...rows]];
  }
  return best;
}

// Each thing near the mean of its neighbours, in the order of its row, without overlap.
function across(rows, up, down, distance) {
  const x = up.map(() => 0);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const row of sweep % 2 ? rows : [...rows].reverse()) {
      let offset = 0;
      const offsets = row.map((thing, i) => (offset += i && distance(row[i - 1], thing)));
      const blocks = []; // of things that touch: their mean and how many
      row.forEach((thing, i) => {
        let [at, many] = [mean([...up[thing], ...down[thing]].map((other) => x[other]), 0) - offsets[i], 1];
        while (blocks.length && blocks.at(-1)[0] > at) {
          const [other, more] = blocks.pop();
          [at, many] = [(at * many + other * more) / (many + more), many + more];
        }
        blocks.push([at, many]);
      });
      const means = blocks.flatMap(([at, many]) => Array(many).fill(at));
      row.forEach((thing, i) => (x[thing] = means[i] + offsets[i]));
    }
  }
  return x;
}
