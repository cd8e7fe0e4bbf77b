// Where to draw a graph: in rows from what is given to the result, few crossings, no edge through a node
// (Sugiyama, Tagawa, Toda 1981), as gdbook/figures/graph.py does for the figures.

const SWEEPS = 24;

// Nodes 0 … count − 1 with the result last, edges as pairs [child, user]; sizes in pixels.
// Gives the middles of the nodes, the points of each edge from box to box, and the size of it all.
export function layers(count, ends, { width, height, gap, lane, between, margin }) {
  const depth = Array(count).fill(0);
  for (const [child, user] of [...ends].sort((a, b) => b[1] - a[1])) depth[child] = Math.max(depth[child], depth[user] + 1);
  let rows = Array.from({ length: Math.max(...depth) + 1 }, (_, d) => [...depth.keys()].filter((i) => depth[i] === d));
  let things = count;
  // An edge that passes a row has a place of its own there.
  const paths = ends.map(([child, user]) => {
    const passed = [];
    for (let d = depth[child] - 1; d > depth[user]; d--) {
      rows[d].push(things);
      passed.push(things++);
    }
    return [child, ...passed, user];
  });
  const up = Array.from({ length: things }, () => []);
  const down = Array.from({ length: things }, () => []);
  for (const path of paths) {
    for (let i = 1; i < path.length; i++) {
      up[path[i]].push(path[i - 1]);
      down[path[i - 1]].push(path[i]);
    }
  }
  rows = untangled(rows, up, down);
  const wide = (thing) => (thing < count ? width : lane);
  const x = across(rows, up, down, (a, b) => (wide(a) + wide(b)) / 2 + between);
  const left = Math.min(...x.map((at, thing) => at - wide(thing) / 2)) - margin;
  for (const thing of x.keys()) x[thing] -= left;
  const y = [];
  rows.forEach((row, d) => row.forEach((thing) => (y[thing] = margin + height / 2 + (rows.length - 1 - d) * (height + gap))));
  return {
    nodes: Array.from({ length: count }, (_, i) => [x[i], y[i]]),
    routes: routes(paths, x, y, width, height),
    width: Math.max(...x.map((at, thing) => at + wide(thing) / 2)) + margin,
    height: rows.length * (height + gap) - gap + 2 * margin,
  };
}

const mean = (numbers, otherwise) => (numbers.length ? numbers.reduce((a, b) => a + b) / numbers.length : otherwise);
const places = (row) => new Map(row.map((thing, i) => [thing, i]));

function untangled(rows, up, down) {
  let best = rows;
  let fewest = Infinity;
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const upwards = sweep % 2 === 0;
    for (let k = 1; k < rows.length; k++) {
      const d = upwards ? k : rows.length - 1 - k;
      const beside = places(rows[upwards ? d - 1 : d + 1]);
      const here = places(rows[d]);
      const near = upwards ? down : up;
      const middle = (thing) => mean(near[thing].map((other) => beside.get(other)), here.get(thing));
      rows[d] = [...rows[d]].sort((a, b) => middle(a) - middle(b));
    }
    const found = crossings(rows, down);
    if (found < fewest) [fewest, best] = [found, rows.map((row) => [...row])];
  }
  return best;
}

function crossings(rows, down) {
  let count = 0;
  for (let d = 1; d < rows.length; d++) {
    const place = places(rows[d - 1]);
    const lines = rows[d].flatMap((thing, i) => down[thing].map((user) => [i, place.get(user)]));
    lines.forEach((a, i) => lines.slice(i).forEach((b) => (count += (a[0] - b[0]) * (a[1] - b[1]) < 0)));
  }
  return count;
}

// Each thing near the mean of its neighbours, in the order of its row, without overlap.
function across(rows, up, down, distance) {
  const x = Array(up.length).fill(0);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const row of sweep % 2 ? rows : [...rows].reverse()) {
      const wanted = row.map((thing) => mean([...up[thing], ...down[thing]].map((other) => x[other]), 0));
      const offsets = [0];
      for (let i = 1; i < row.length; i++) offsets.push(offsets[i - 1] + distance(row[i - 1], row[i]));
      const blocks = []; // of things that touch: their mean and how many
      wanted.forEach((want, i) => {
        let block = [want - offsets[i], 1];
        while (blocks.length && blocks.at(-1)[0] > block[0]) {
          const [other, more] = blocks.pop();
          block = [(block[0] * block[1] + other * more) / (block[1] + more), block[1] + more];
        }
        blocks.push(block);
      });
      const means = blocks.flatMap(([at, many]) => Array(many).fill(at));
      row.forEach((thing, i) => (x[thing] = means[i] + offsets[i]));
    }
  }
  return x;
}

// An edge leaves and enters a box at a place of its own, in the order of the other ends.
function routes(paths, x, y, width, height) {
  const ports = (end, next) => {
    const at = [];
    const groups = new Map();
    paths.forEach((path, i) => groups.set(path.at(end), [...(groups.get(path.at(end)) ?? []), i]));
    for (const [thing, edges] of groups) {
      const order = edges.sort((i, j) => x[paths[i].at(next)] - x[paths[j].at(next)]);
      order.forEach((i, k) => (at[i] = x[thing] + width * ((k + 0.5) / order.length - 0.5)));
    }
    return at;
  };
  const out = ports(0, 1);
  const into = ports(-1, -2);
  return paths.map((path, i) => [
    [out[i], y[path[0]] + height / 2],
    ...path.slice(1, -1).flatMap((thing) => [[x[thing], y[thing] - height / 2], [x[thing], y[thing] + height / 2]]),
    [into[i], y[path.at(-1)] - height / 2],
  ]);
}
