// What a program wrote to its terminal, as plain text. Pure.

// Escape sequences of terminals (ECMA-48): control sequences, strings such as titles, others.
const ESCAPES = new RegExp(
  "\\u001b\\[[0-?]*[ -/]*[@-~]" +
    "|\\u001b[\\]PX^_][^\\u0007\\u001b]*(?:\\u0007|\\u001b\\\\)" +
    "|\\u001b[ -/]*[0-Z\\\\^-~]",
  "g",
);
const OPEN_ESCAPE = new RegExp(
  "(?:\\u001b(?:\\[[0-?]*[ -/]*|[\\]PX^_][^\\u0007\\u001b]*\\u001b?|[ -/]*)|\\r+)$",
);
const LONGEST_ESCAPE = 1024;

// Without colours; a carriage return begins a line.
export function plainOutput(text) {
  if (!/[\u001b\r]/.test(text)) return text;
  return text.replace(ESCAPES, "").replace(/\r+\n/g, "\n").replaceAll("\r", "\n");
}

// How much of the text can be shown when more may follow: not the begin of an escape sequence.
export function wholeLength(text) {
  const tail = text.slice(-LONGEST_ESCAPE);
  const open = OPEN_ESCAPE.exec(tail);
  return open ? text.length - tail.length + open.index : text.length;
}

export function countLines(text) {
  let lines = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) ++lines;
  return text === "" || text.endsWith("\n") ? lines : lines + 1;
}

// The first lines of a text, without the line end of the last one.
export function firstLines(text, lines) {
  let at = -1;
  for (let i = 0; i < lines; ++i) {
    at = text.indexOf("\n", at + 1);
    if (at < 0) return text;
  }
  return text.slice(0, at);
}

export function lastLines(text, lines) {
  let at = text.endsWith("\n") ? text.length - 1 : text.length;
  for (let i = 0; i < lines; ++i) {
    at = at <= 0 ? -1 : text.lastIndexOf("\n", at - 1);
    if (at < 0) return text;
  }
  return text.slice(at + 1);
}
