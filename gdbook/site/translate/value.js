// What the Python of Value and of expressions calls, as JavaScript. Where Python raises and JavaScript has
// Infinity or NaN, it raises here too. The names with _pyfunc_ and _pymeth_ are PScript's own.
const error = (name, words) => Object.assign(new Error(words), { name });
const fail = (name, words = "") => { throw error(name, words); };
class complex {}
const set = () => new Set();
const finite = (y, ...given) => (y === Infinity || y === -Infinity) && given.every(Number.isFinite) ? fail("OverflowError") : y;
const whole_turns = (f) => (x) => Math.abs(x) === Infinity ? fail("ValueError") : f(x);
const math = {
  inf: Infinity, tanh: Math.tanh, isfinite: Number.isFinite, sin: whole_turns(Math.sin), cos: whole_turns(Math.cos),
  exp: (x) => finite(Math.exp(x), x), log: (x) => x <= 0 ? fail("ValueError") : Math.log(x),
};
const power = (x, n) =>
  x === 0 && n < 0 ? fail("ZeroDivisionError")
  : x === 1 || (x === -1 && Math.abs(n) === Infinity) ? 1
  : x < 0 && Number.isFinite(x) && Number.isFinite(n) && !Number.isInteger(n) ? new complex()
  : finite(x ** n, x, n);
// JavaScript has no operators for objects.
const asks = (name, plain) => (a, b) =>
  a instanceof Value ? a[`__${name}__`](b) : b instanceof Value ? b[`__r${name}__`](a) : plain(a, b);
const op_add = asks("add", (a, b) => Array.isArray(a) ? [...a, ...b] : a + b);
const op_sub = asks("sub", (a, b) => a - b);
const op_mult = asks("mul", (a, b) => a * b);
const op_div = asks("truediv", (a, b) => b === 0 ? fail("ZeroDivisionError") : a / b);
const op_pow = asks("pow", power);
const op_neg = (a) => a instanceof Value ? a.__neg__() : -a;
const _pyfunc_op_add = op_add;
const _pyfunc_op_mult = op_mult;
const _pyfunc_op_equals = (a, b) => a === b;
const _pyfunc_op_contains = (x, all) =>
  all instanceof Set ? all.has(x) : all.includes ? all.includes(x) : Object.hasOwn(all, x);
const _pyfunc_op_error = error;
const _pyfunc_truthy = (x) => Array.isArray(x) ? x.length > 0 : x !== x || Boolean(x);
const _pyfunc_bool = _pyfunc_truthy;
const _pyfunc_abs = Math.abs;
const _pyfunc_getattr = (object, name) => object[name].bind(object);
const _pyfunc_reversed = (list) => [...list].reverse();
const _pyfunc_zip = (a, b) => a.slice(0, b.length).map((x, i) => [x, b[i]]);
const _pyfunc_str = String;
const _pyfunc_float = Number;
const _pymeth_append = function (item) { this.push(item); };
const _pymeth_join = function (all) { return Object.keys(all).join(this); };
