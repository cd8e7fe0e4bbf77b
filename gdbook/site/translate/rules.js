// What the Python of rules, losses and theory calls, as JavaScript. The names with _pyfunc_ are PScript's own,
// for operators that JavaScript has for numbers.
const sin = Math.sin;
const cos = Math.cos;
const cosh = Math.cosh;
const tanh = Math.tanh;
const exp = Math.exp;
const log = Math.log;
const abs = Math.abs;
const ceil = Math.ceil;
const max = Math.max;
const sqrt = Math.sqrt;
const sign = Math.sign;
const maximum = Math.max;
const isfinite = Number.isFinite;
const vector = (...components) => components;
// The checks of what theory is given: a lab's sliders stop at what is valid.
const positive = (name, value) => value;
const ordered = () => {};
const between = () => {};
const stable = () => {};
const heavy_ball = (...given) => rules.momentum(...given); // as gdbook.browser.noise calls the rule
const _pyfunc_op_add = (a, b) => a + b;
const _pyfunc_op_mult = (a, b) => a * b;
const _pyfunc_op_equals = (a, b) => a === b;
const _pyfunc_truthy = (value) => Array.isArray(value) && !value.length ? false : value;
const _pyfunc_modulo = (a, b) => {
  const rest = a % b;
  return rest && rest < 0 !== b < 0 ? rest + b : rest;
};
const _pyfunc_abs = Math.abs;
const _pymeth_append = function (item) { this.push(item); };
