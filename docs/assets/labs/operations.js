// An operation of Value in words.
import { plain, raised } from "./lab.js";

// The slopes of relu and max may be truths.
export function shown(value, digits = 4) {
  const number = Number(value);
  if (Math.abs(number) === Infinity) return number < 0 ? "−∞" : "∞";
  return plain(number, digits);
}

export const operand = (text) => (text.startsWith("−") ? `(${text})` : text);

const powered = (base, n) =>
  n === 1 ? base : Number.isInteger(n) && Math.abs(n) < 100 ? base + raised(n) : `${base}^${operand(shown(n))}`;
// n of "**n", the operation of a power with a number for its exponent.
const exponent = (value) => (value._op.startsWith("**") && value._op.length > 2 ? +value._op.slice(2) : undefined);

// Whether a plain number came first, as in 2 − x. Only the slope shows it.
function turned(value) {
  const [slope] = value._local_grads;
  const number = value._children[1];
  if (value._op === "-") return slope === -1;
  return value._op === "**" || (value._op === "/" && Math.abs(slope * number - 1) > 1e-9);
}

export function symbol(value) {
  const n = exponent(value);
  if (n !== undefined) return formula(value, () => "…");
  return { "*": "·", "-": "−", "**": "^" }[value._op] ?? value._op.toLowerCase();
}

// What computed a value, with `say` for its children: "a · b" or "2 · 3".
export function formula(value, say) {
  const [x, y] = value._children.map((child) => (typeof child === "number" ? shown(child) : say(child)));
  const n = exponent(value);
  if (n === 0.5) return `√${operand(x)}`;
  if (n !== undefined) return powered(operand(x), n);
  if (value._op === "max") return `max(${x}, ${y})`;
  if (value._op === "abs") return `|${x}|`;
  if (y === undefined) return `${value._op.toLowerCase()}(${x})`;
  if (value._op === "*" && value._children[1] === -1) return `−${operand(x)}`;
  const [first, second] = typeof value._children[1] === "number" && turned(value) ? [y, x] : [x, y];
  if (value._op === "**") return `${operand(first)}^${operand(second)}`;
  return `${operand(first)} ${symbol(value)} ${operand(second)}`;
}

// The local derivative by child number `which`: symbols, and a reason if there is one.
export function local(value, which, say) {
  const [x, y] = value._children.map((child) => (typeof child === "number" ? operand(shown(child)) : say(child)));
  const v = say(value);
  const at = value._children[0].data;
  const n = exponent(value);
  if (n === 0.5) return [`1 / (2 · √${x})`];
  if (n === 0) return ["0"];
  if (n !== undefined) return n === 1 ? ["1"] : [`${shown(n)} · ${powered(x, n - 1)}`];
  switch (value._op) {
    case "+":
      return ["1", "a sum passes it on unchanged"];
    case "-":
      return which || (typeof value._children[1] === "number" && turned(value)) ? ["−1"] : ["1"];
    case "*":
      return [which ? x : y];
    case "/":
      if (typeof value._children[1] === "number") return [turned(value) ? `−${v} / ${x}` : `1 / ${y}`];
      return [which ? `−${v} / ${y}` : `1 / ${y}`];
    case "**":
      return [`${v} · log ${y}`];
    case "exp":
      return [v];
    case "log":
      return [`1 / ${x}`];
    case "sin":
      return [`cos(${x})`];
    case "cos":
      return [`−sin(${x})`];
    case "tanh":
      return [`1 − ${v}²`];
    case "sigmoid":
      return [`${v} · (1 − ${v})`];
    case "ReLU":
      return at > 0 ? ["1", `${x} is above 0`] : ["0", `${x} is not above 0`];
    case "abs":
      return [at > 0 ? "1" : at < 0 ? "−1" : "0", `${x} is ${at > 0 ? "above" : at < 0 ? "below" : "at"} 0`];
    default: {
      const share = Number(value._local_grads[which]);
      return [shown(share), share === 0.5 ? "a tie: each gets half" : `${[x, y][which]} is the ${share ? "larger" : "smaller"}`];
    }
  }
}

const WHY = {
  log: "log takes numbers above 0",
  sqrt: "sqrt takes numbers from 0 on",
  sin: "sin has no value at ∞",
  cos: "cos has no value at ∞",
};

// Why an operation stopped, given what it was carried out on.
export function because(what, error, given) {
  if (error.name === "OverflowError") return "the result is larger than any number that a computer can hold";
  const [base, power] = given.map((x) => typeof x === "number");
  let why = WHY[what];
  if (error.name === "ZeroDivisionError") why = `${what === "/" ? "it" : "0 to a negative power"} divides by 0`;
  else if (power) why = "a negative number to a fractional power is no real number";
  else why ??= base ? "its slope needs log of the base, which must be above 0" : "it is exp(exponent · log base), and log takes numbers above 0";
  return `${why} (here: ${given.map((x) => shown(x.data ?? x)).join(" and ")})`;
}
