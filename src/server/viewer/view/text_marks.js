// Marks what was searched for in a text; text nodes and <mark>, never markup.
import { h } from "./dom.js";

const MOST = 500;

/// [{from, to}] of every place of the search in the text, without regard to upper and lower case.
export function placesOf(text, search) {
  const places = [];
  if (!search) return places;
  const small = text.toLowerCase();
  if (small.length !== text.length) return places;
  const wanted = search.toLowerCase();
  for (let at = small.indexOf(wanted); at >= 0 && places.length < MOST; ) {
    places.push({ from: at, to: at + wanted.length });
    at = small.indexOf(wanted, at + wanted.length);
  }
  return places;
}

/// The text as pieces to be appended: strings and <mark> elements.
export function marked(text, search) {
  const pieces = [];
  let last = 0;
  for (const { from, to } of placesOf(text, search)) {
    if (from > last) pieces.push(text.slice(last, from));
    pieces.push(h("mark", {}, text.slice(from, to)));
    last = to;
  }
  if (last < text.length || pieces.length === 0) pieces.push(text.slice(last));
  return pieces;
}
