// Numbers, times and texts as people read them. Pure functions; what is no number gives "".

function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}

/// "12 ms", "1.2 s", "2 min 5 s", "1 h 3 min".
export function duration(ms) {
  if (!isNumber(ms)) return "";
  const whole = Math.max(Math.floor(ms), 0);
  if (whole < 1000) return `${whole} ms`;
  if (whole < 60000) return `${Math.floor(whole / 1000)}.${Math.floor((whole % 1000) / 100)} s`;
  const seconds = Math.floor(whole / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/// "12,345".
export function count(n) {
  if (!isNumber(n)) return "";
  const whole = Math.trunc(n);
  if (Math.abs(whole) >= 1e21) return String(whole);
  return String(whole).replace(/\B(?=(\d{3})+$)/g, ",");
}

/// "1 line", "2 lines".
export function counted(n, one, many) {
  return isNumber(n) ? `${count(n)} ${Math.trunc(n) === 1 ? one : many}` : "";
}

function short(n, unit) {
  const rounded = n < 9.95 ? n.toFixed(1).replace(/\.0$/, "") : count(Math.round(n));
  return rounded + unit;
}

/// "950", "1.2k", "35k", "1.5M".
export function tokens(n) {
  if (!isNumber(n)) return "";
  if (n < 0) return `-${tokens(-n)}`;
  if (n < 1000) return String(Math.round(n));
  return n < 999500 ? short(n / 1000, "k") : short(n / 1e6, "M");
}

/// "$0.00035", "$1.20": all digits below a cent, else two.
export function cost(usd) {
  if (!isNumber(usd)) return "";
  if (usd < 0) return `-${cost(-usd)}`;
  if (usd === 0) return "$0";
  if (usd >= 0.995)
    return (
      `$${count(Math.floor(Math.round(usd * 100) / 100))}` +
      `.${String(Math.round(usd * 100) % 100).padStart(2, "0")}`
    );
  const decimals = Math.min(Math.max(1 - Math.floor(Math.log10(usd)), 2), 9);
  const text = usd.toFixed(decimals);
  if (Number(text) === 0) return "<$0.000000001";
  const trimmed = text.replace(/0+$/, "");
  return `$${trimmed.length - trimmed.indexOf(".") <= 2 ? trimmed.padEnd(4, "0") : trimmed}`;
}

function pad(n, width) {
  return String(n).padStart(width, "0");
}

function dateOf(ms) {
  if (!isNumber(ms)) return null;
  const date = new Date(Math.floor(ms));
  return Number.isNaN(date.getTime()) ? null : date;
}

/// The local time of day: "14:03:21.123".
export function clock(ms) {
  const date = dateOf(ms);
  if (!date) return "";
  return (
    `${pad(date.getHours(), 2)}:${pad(date.getMinutes(), 2)}:${pad(date.getSeconds(), 2)}` +
    `.${pad(date.getMilliseconds(), 3)}`
  );
}

/// The local day: "2026-11-22".
export function day(ms) {
  const date = dateOf(ms);
  if (!date) return "";
  return `${pad(date.getFullYear(), 4)}-${pad(date.getMonth() + 1, 2)}-${pad(date.getDate(), 2)}`;
}

/// "512 B", "1.2 KiB", "35 MiB".
export function bytes(n) {
  if (!isNumber(n)) return "";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = Math.max(n, 0);
  let unit = 0;
  while (value >= 1023.5 && unit < units.length - 1) {
    value /= 1024;
    ++unit;
  }
  return short(value, ` ${units[unit]}`);
}

// Characters that are not seen or that change how others are seen: controls but line feed and tab,
// soft hyphen, directions, zero width, blank letters, tags, variation selectors that are not for
// pictures, halves of characters. As escapes, so that this file holds none of them.
const HIDDEN = new RegExp(
  "[\\u0000-\\u0008\\u000B-\\u001F\\u007F-\\u009F\\u00AD\\u034F\\u061C\\u115F\\u1160" +
    "\\u17B4\\u17B5" +
    "\\u180B-\\u180F\\u200B-\\u200F\\u2028-\\u202E\\u2060-\\u206F\\u2800\\u3164" +
    "\\uFE00-\\uFE0D\\uFEFF\\uFFA0\\uFFF0-\\uFFFB\\u{1BCA0}-\\u{1BCA3}\\u{1D173}-\\u{1D17A}\\u{E0000}-\\u{E0FFF}" +
    "\\p{Surrogate}]",
  "gu",
);

function named(character) {
  return `⟦U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟧`;
}

/// The text with every hidden character made visible: ⟦U+202E⟧. Line feeds and tabs stay.
export function visible(text) {
  return String(text ?? "").replace(HIDDEN, named);
}

/// The text in one line of at most `max` characters, hidden ones made visible; "…" where it is
/// cut.
export function oneLine(text, max = 200) {
  const whole = String(text ?? "");
  // What is cut off in the end need not be looked at.
  const line = visible(whole.slice(0, max * 4).replace(/\s*[\r\n\t]\s*/g, " ")).trim();
  if (line.length <= max && whole.length <= max * 4) return line;
  const cut = line.slice(0, Math.max(max - 1, 0));
  return `${/[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}
