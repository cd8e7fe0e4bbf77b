// What the Python of plates calls beside the arithmetic of rules, as JavaScript. The names with _pyfunc_ and
// _pymeth_ are PScript's own.
const min = Math.min;
const pi = Math.PI;
const _pyfunc_enumerate = (list) => list.map((item, i) => [i, item]);
const _pyfunc_zip = (...lists) => lists[0].map((_, i) => lists.map((list) => list[i])).slice(0, Math.min(...lists.map((list) => list.length)));
const _pyfunc_range = (low, high, step) => Array.from({ length: Math.max(0, Math.ceil((high - low) / step)) }, (_, i) => low + i * step);
const _pyfunc_reversed = (list) => [...list].reverse();
const _pyfunc_sum = (list) => list.reduce((a, b) => a + b, 0);
const _pyfunc_int = Math.trunc;
const _pyfunc_float = Number;
const _pyfunc_str = String;
const _pyfunc_op_contains = (item, all) => all.includes(item);
// Python rounds what lies exactly between two numbers to the even one; JavaScript away from zero.
const even = (x, digits, way = "toFixed") => {
  const [[short, ...power], [long]] = [digits, Math.min(100, digits + 60)].map((n) => Math.abs(x)[way](n).split("e"));
  const last = Number(short.at(-1));
  const down = /^50*$/.test(long.split(".")[1]?.slice(digits)) && last % 2;
  const sign = x < 0 || Object.is(x, -0) ? "-" : "";
  return sign + [down ? short.slice(0, -1) + (last - 1) : short, ...power.map((e) => e.replace(/^([+-])(\d)$/, "$10$2"))].join("e");
};
const _pyfunc_round = (x) => Number(even(x, 0)) + 0; // a whole number has no −0
const _pymeth_format = function (...given) {
  return this.replace(/\{(?::([^}]*))?\}/g, (_, how = "") => {
    const value = given.shift();
    const [, sign, comma, digits, kind] = /^(\+?)(,?)(?:\.(\d+))?([fge%]?)$/.exec(how);
    let text = String(value);
    if (!kind && !digits && !comma) return text;
    if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value < 0 ? "-inf" : sign + "inf";
    if (kind === "f") text = even(value, digits === undefined ? 6 : Number(digits));
    if (kind === "%") text = even(100 * value, digits === undefined ? 6 : Number(digits)) + "%";
    if (kind === "e") text = even(value, digits === undefined ? 6 : Number(digits), "toExponential");
    if (kind === "g") {
      const shown = Number(digits ?? 6) || 1;
      text = even(value, shown - 1, "toExponential");
      const power = value === 0 ? 0 : Number(text.split("e")[1]);
      text = power < -4 || power >= shown
        ? text.replace(/\.?0*e/, "e")
        : even(value, shown - 1 - power).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
    }
    if (comma) text = text.replace(/^(-?\d+)/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ","));
    return (sign && value >= 0 ? "+" : "") + text;
  });
};
