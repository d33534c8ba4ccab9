// A text that grows piece by piece and keeps its newest part: when it exceeds its bound of UTF-8
// bytes, half of the bound remains. Cuts where the server cuts.

import { numberOf, textOf } from "./values.js";

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

function utf8Size(text) {
  let size = text.length;
  for (let i = 0; i < text.length; ++i) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) {
      size += 1;
    } else if (unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      size += 2; // four bytes for two units
      ++i;
    } else {
      size += 2;
    }
  }
  return size;
}

export class TextSoFar {
  #bytes = 0;

  constructor() {
    this.text = "";
    this.dropped_bytes = 0; // cut off in front
    this.complete = true; // false when events were missed that may have held a part
  }

  static from(json) {
    const text = new TextSoFar();
    text.text = textOf(json?.text);
    text.#bytes = utf8Size(text.text);
    text.dropped_bytes = numberOf(json?.dropped_bytes);
    text.complete = json?.complete !== false;
    return text;
  }

  append(piece, bound) {
    this.text += piece;
    this.#bytes += utf8Size(piece);
    if (this.#bytes > bound) this.#cut(this.#bytes - bound / 2);
  }

  assign(whole, bound) {
    this.text = "";
    this.#bytes = 0;
    this.dropped_bytes = 0;
    this.complete = true;
    this.append(whole, bound);
  }

  #cut(at) {
    const bytes = ENCODER.encode(this.text);
    let cut = at;
    while (cut < bytes.length && (bytes[cut] & 0xc0) === 0x80) ++cut;
    this.text = DECODER.decode(bytes.subarray(cut));
    this.#bytes = bytes.length - cut;
    this.dropped_bytes += cut;
  }
}
