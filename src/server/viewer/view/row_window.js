// Which rows of a long table are in sight, where all rows have the same height. Beyond MAX_HEIGHT
// browsers place nothing reliably: there the scrollbar's way stands for a longer one.

const MAX_HEIGHT = 8e6;

function heights(count, rowHeight, height) {
  const full = count * rowHeight;
  const shown = Math.min(full, MAX_HEIGHT);
  const factor = shown < full ? (full - height) / (shown - height) : 1;
  return { full, shown, factor };
}

/// The height in pixels of what is scrolled.
export function contentHeight(count, rowHeight) {
  return Math.min(count * rowHeight, MAX_HEIGHT);
}

/// {first, end, top}: rows first … end - 1 are to be drawn, the first one at `top` pixels.
export function rowsInSight({ count, rowHeight, scrollTop, height, overscan = 4 }) {
  if (count <= 0) return { first: 0, end: 0, top: 0 };
  const { full, shown, factor } = heights(count, rowHeight, height);
  const scrolled = Math.min(Math.max(scrollTop, 0), Math.max(shown - height, 0));
  const real = Math.min(scrolled * factor, Math.max(full - height, 0));
  const first = Math.max(Math.floor(real / rowHeight) - overscan, 0);
  const end = Math.min(Math.ceil((real + height) / rowHeight) + overscan, count);
  return { first, end, top: scrolled - real + first * rowHeight };
}

/// Where to scroll to, so that the row is in sight; unchanged where it is so already.
export function scrollToRow({ index, count, rowHeight, scrollTop, height }) {
  const { full, shown, factor } = heights(count, rowHeight, height);
  const real = scrollTop * factor;
  const top = index * rowHeight;
  if (top >= real && top + rowHeight <= real + height) return scrollTop;
  const near = Math.abs(top - real) < height * 1.5;
  let wanted = top - (height - rowHeight) / 2;
  if (near) wanted = top < real ? top : top + rowHeight - height;
  wanted = Math.min(Math.max(wanted, 0), Math.max(full - height, 0));
  return Math.min(wanted / factor, Math.max(shown - height, 0));
}
