// Ticks and numbers of an axis: pure functions, so that the chart only draws.

/** Round tick values inside [low, high], about `count` of them. */
export function ticks(low, high, count) {
  const span = high - low;
  if (!(span > 0)) return [low];
  const raw = span / Math.max(count, 1);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= raw * 0.999);
  const found = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n += 1) found.push(n * step);
  return found;
}

/** A tick's text: as many decimals as its neighbours need to differ. */
export function tickText(value, all) {
  const step = all.length > 1 ? Math.abs(all[1] - all[0]) : Math.abs(value) || 1;
  const largest = Math.max(...all.map(Math.abs));
  if (largest >= 1e5 || (largest > 0 && largest < 1e-3)) return readout(value);
  let decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  if (Math.abs(step * 10 ** decimals - Math.round(step * 10 ** decimals)) > 1e-6) decimals += 1;
  const text = value.toFixed(decimals);
  return (Number(text) === 0 ? (0).toFixed(decimals) : text).replace("-", "−");
}

/** Ticks of a logarithmic axis, as powers: decades, and 2 and 5 times them where it spans less than two. */
export function decades(low, high, candidates) {
  if (high - low >= 2) return candidates.filter((value) => Number.isInteger(value));
  const found = [];
  for (let power = Math.floor(low); power <= high; power += 1) {
    for (const factor of [1, 2, 5]) found.push(power + (factor === 1 ? 0 : Math.log10(factor)));
  }
  return found.filter((value) => value >= low && value <= high);
}

/** A tick of a logarithmic axis: 0.01, 1, 100 are plain where they are short, all others are powers of ten. */
export function decadeText(power) {
  if (!Number.isInteger(power)) return readout(Number((10 ** power).toPrecision(6)));
  return Math.abs(power) <= 2 ? String(10 ** power) : `10${raised(power)}`;
}

/** A whole number as an exponent. */
function raised(power) {
  return String(power).replace(/./g, (c) => "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"["0123456789-".indexOf(c)]);
}

/** A value to be read: five significant digits, powers of ten as people write them. */
export function readout(value) {
  if (value === null || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e5 || size < 1e-3) {
    const [digits, power] = value.toExponential(3).split("e");
    return `${Number(digits)}×10${raised(Number(power))}`.replace("-", "−");
  }
  return String(Number(value.toPrecision(5))).replace("-", "−");
}

/** Smallest and largest finite value, with a little air; never of no width. */
export function extent(lists, air) {
  let low = Infinity;
  let high = -Infinity;
  for (const list of lists) {
    for (const value of list) {
      if (value === null) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  if (low > high) return [0, 1];
  // What differs by rounding only is drawn as the same number, not magnified until it looks like a finding.
  const size = Math.max(Math.abs(low), Math.abs(high));
  const margin = high - low > 1e-6 * size ? (high - low) * air : size * 0.05 || 1;
  return [low - margin, high + margin];
}

/** Index of the abscissa nearest to `x`; they need not be in order. */
export function nearest(values, x) {
  let best = -1;
  let distance = Infinity;
  for (let i = 0; i < values.length; i += 1) {
    if (values[i] === null) continue;
    const d = Math.abs(values[i] - x);
    if (d < distance) { distance = d; best = i; }
  }
  return best;
}
