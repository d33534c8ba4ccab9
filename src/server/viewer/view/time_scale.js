// Times and places on the timeline's axis. A range is {from, to} in milliseconds since the first
// span, where long pauses may be folded (time_folds.js).
import { NO_FOLDS } from "./time_folds.js";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SHORTEST_MS = 0.05;
const LONG_STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400,
].map((seconds) => seconds * SECOND);

/// The part of the range that lies before the time: 0 at its beginning, 1 at its end, unclipped.
export function fractionOf(range, ms) {
  return (ms - range.from) / (range.to - range.from);
}

/// The time at this part of the range.
export function timeAt(range, fraction) {
  return range.from + fraction * (range.to - range.from);
}

/// {left, width} in parts of the range, clipped a little outside of it; null where out of sight.
export function placeOf(range, from, to) {
  const left = fractionOf(range, from);
  const right = fractionOf(range, to);
  if (right < 0 || left > 1 || !(right >= left)) return null;
  const shown = Math.max(left, -0.01);
  return { left: shown, width: Math.min(right, 1.01) - shown };
}

/// The smallest round step that is at least this long.
export function roundStep(ms) {
  if (ms > SECOND / 2) {
    const step = LONG_STEPS.find((one) => one >= ms);
    return step ?? Math.ceil(ms / DAY) * DAY;
  }
  const power = 10 ** Math.floor(Math.log10(Math.max(ms, 1e-6)));
  const digit = [1, 2, 5, 10].find((one) => one * power >= ms * 0.999999) ?? 10;
  return digit * power;
}

function padded(n) {
  return String(n).padStart(2, "0");
}

function fixed(value, digits) {
  return value.toFixed(Math.min(Math.max(digits, 0), 6));
}

/// What is written at a tick: "0", "200 ms", "1.5 s", "2:05", "1:02:05".
export function tickLabel(ms, step) {
  if (Math.abs(ms) < step / 1000) return "0";
  if (ms < SECOND && step < SECOND) return `${fixed(ms, -Math.floor(Math.log10(step)))} ms`;
  const digits = Math.max(3 - Math.floor(Math.log10(step) + 1e-9), 0);
  if (ms < MINUTE) return `${fixed(ms / SECOND, digits)} s`;
  const rest = fixed((ms % MINUTE) / SECOND, digits);
  const seconds = rest.split(".")[0].length < 2 ? `0${rest}` : rest;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)}:${seconds}`;
  return `${Math.floor(ms / HOUR)}:${padded(Math.floor((ms % HOUR) / MINUTE))}:${seconds}`;
}

/// A time since the start for columns: "+12.345 s", "+2:05.120".
export function sinceStart(ms) {
  if (!Number.isFinite(ms)) return "";
  const sign = ms < 0 ? "-" : "+";
  const size = Math.abs(ms);
  return size < MINUTE ? `${sign}${fixed(size / SECOND, 3)} s` : sign + tickLabel(size, 1);
}

/// [{ms, fraction, label}]: round times, at least `gap` pixels from each other.
export function ticksOf(range, width, gap = 96, folds = NO_FOLDS) {
  const span = range.to - range.from;
  if (!(span > 0) || !(width > 0)) return [];
  const step = roundStep((span * gap) / width);
  const apart = (gap / width) * 0.999;
  const ticks = [];
  for (const { from, to } of folds.stretches(folds.toTime(range.from), folds.toTime(range.to))) {
    for (let i = Math.ceil(from / step - 1e-9); i * step <= to; ++i) {
      const ms = i * step;
      const fraction = fractionOf(range, folds.toAxis(ms));
      const last = ticks.at(-1);
      if (last && fraction - last.fraction < apart) continue;
      ticks.push({ ms, fraction, label: tickLabel(ms, step) });
    }
  }
  return ticks;
}

// Inside of 0 … length, as long as it was where that is possible.
function kept(from, size, length) {
  const begin = Math.min(Math.max(from, 0), Math.max(length - size, 0));
  return { from: begin, to: begin + size };
}

/// The range made shorter (factor < 1) or longer, with the time at `anchor` (0 … 1) in its place;
/// null (all of it) where it reaches the whole length.
export function zoomedRange(range, factor, anchor, length) {
  const size = Math.max((range.to - range.from) * factor, SHORTEST_MS);
  if (size >= length) return null;
  return kept(timeAt(range, anchor) - size * anchor, size, length);
}

/// The range moved by a part of itself.
export function pannedRange(range, part, length) {
  const size = range.to - range.from;
  return kept(range.from + part * size, size, length);
}

/// The range between two places (0 … 1) that the mouse was dragged over; null where too short.
export function draggedRange(range, one, other, length) {
  const from = Math.max(timeAt(range, Math.min(one, other)), 0);
  const to = Math.min(timeAt(range, Math.max(one, other)), length);
  if (to - from < SHORTEST_MS) return null;
  return { from, to };
}

/// The range moved so that a span can be seen, unchanged where it can.
export function revealedRange(range, from, to, length) {
  if (to >= range.from && from <= range.to) return range;
  const size = range.to - range.from;
  return kept(from - size * 0.1, size, length);
}
