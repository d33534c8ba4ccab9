// What may be read from data whose shape nobody vouches for. Every function answers with a value of
// its type, whatever it was given, and never throws.

export function textOf(value) {
  return typeof value === "string" ? value : "";
}

export function numberOf(value) {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

/// The number, or null where there is none.
export function numberOrNull(value) {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

export function listOf(value) {
  return Array.isArray(value) ? value : [];
}

const NOTHING = Object.freeze(Object.create(null));

/// The object itself, or an empty one. Read only members whose names are known from it.
export function objectOf(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : NOTHING;
}

/// The value as JSON text; empty for what has none (undefined, or nested too deep).
export function jsonText(value, indent) {
  try {
    return JSON.stringify(value, null, indent) ?? "";
  } catch {
    return "";
  }
}

/// The text as it is, anything else as JSON; empty for nothing.
export function anyText(value) {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "" : jsonText(value);
}

/// The list without what does not fit; the same list where all of it fits.
export function without(list, unwanted) {
  return list.some(unwanted) ? list.filter((entry) => !unwanted(entry)) : list;
}

/// Remembers in a Map, which forgets its oldest entry when it has more than `most`.
export function remember(map, key, value, most = 1024) {
  map.delete(key);
  map.set(key, value);
  if (map.size > most) map.delete(map.keys().next().value);
}

/// The newest entry that fits; undefined if none does.
export function newest(list, fits) {
  for (let i = list.length - 1; i >= 0; --i) {
    if (fits(list[i])) return list[i];
  }
  return undefined;
}
