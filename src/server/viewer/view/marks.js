// Marks what was searched for, by <mark> elements around pieces of text nodes.
import { h } from "./dom.js";

const MAX_MARKS = 500; // in one block

// What finds the text, whatever its case; null for no text.
export function searchPattern(text) {
  const wanted = String(text ?? "");
  if (wanted === "") return null;
  return new RegExp(wanted.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "giu");
}

export function unmark(root) {
  for (const mark of root.querySelectorAll("mark")) {
    const parent = mark.parentNode;
    mark.replaceWith(...mark.childNodes);
    parent.normalize();
  }
}

export function markAll(root, pattern) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const nodes = [];
  while (walker.nextNode()) nodes.push(walker.currentNode);
  let left = MAX_MARKS;
  for (const node of nodes) {
    if (left <= 0) return;
    left -= markIn(node, pattern, left);
  }
}

function markIn(node, pattern, max) {
  const text = node.data;
  const pieces = [];
  let from = 0;
  let found = 0;
  for (const match of text.matchAll(pattern)) {
    if (match[0] === "" || found === max) break;
    pieces.push(text.slice(from, match.index), h("mark", {}, match[0]));
    from = match.index + match[0].length;
    ++found;
  }
  if (found > 0) node.replaceWith(...pieces.filter((piece) => piece !== ""), text.slice(from));
  return found;
}
