// Where tiles go: pure geometry in CSS pixels. Knows nothing of people, streams or the DOM.

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Grid {
  readonly columns: number;
  readonly boxes: readonly Box[];
}

const WIDE = 16 / 9; // what cameras send
const NARROW_WIDE = 5 / 4; // a picture may lose something of its sides ...
const NARROW_HIGH = 4 / 5; // ... and more on an upright phone, but never a face
const KEEP = 1.08; // another number of columns must be so much better before tiles move

/** Boxes of equal size for `count` tiles that use the room best; `before` columns stay unless others are clearly better. */
export function arrange(count: number, width: number, height: number, gap: number, before = 0): Grid {
  if (count <= 0 || width <= 0 || height <= 0) return { columns: 0, boxes: [] };
  let best = 1;
  let bestWorth = -1;
  for (let columns = 1; columns <= count; columns++) {
    const worth = worthOf(tileFor(count, columns, width, height, gap)) * (columns === before ? KEEP : 1);
    if (worth > bestWorth) [best, bestWorth] = [columns, worth];
  }
  return { columns: best, boxes: place(count, best, width, height, gap) };
}

/** The part of a tile's area that shows picture rather than cutting it off. */
function worthOf(tile: { width: number; height: number }): number {
  const aspect = tile.width / tile.height;
  const seen = Math.min(aspect / WIDE, WIDE / aspect);
  return tile.width * tile.height * Math.sqrt(seen);
}

function tileFor(count: number, columns: number, width: number, height: number, gap: number): { width: number; height: number } {
  const rows = Math.ceil(count / columns);
  const cellWidth = Math.max(1, (width - gap * (columns - 1)) / columns);
  const cellHeight = Math.max(1, (height - gap * (rows - 1)) / rows);
  const narrowest = width > height ? NARROW_WIDE : NARROW_HIGH;
  return {
    width: Math.floor(Math.min(cellWidth, cellHeight * WIDE)),
    height: Math.floor(Math.min(cellHeight, cellWidth / narrowest)),
  };
}

function place(count: number, columns: number, width: number, height: number, gap: number): Box[] {
  const tile = tileFor(count, columns, width, height, gap);
  const rows = Math.ceil(count / columns);
  const top = (height - rows * tile.height - (rows - 1) * gap) / 2;
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = Math.min(columns, count - row * columns); // the last row stands in the middle
    const left = (width - inRow * tile.width - (inRow - 1) * gap) / 2;
    return {
      x: Math.round(left + (index % columns) * (tile.width + gap)),
      y: Math.round(top + row * (tile.height + gap)),
      width: tile.width,
      height: tile.height,
    };
  });
}

/** How many tiles of a readable size fit at all. */
export function capacity(width: number, height: number, gap: number, most = 25): number {
  const least = width < 600 ? 132 : 168;
  for (let count = most; count > 1; count--) {
    const box = arrange(count, width, height, gap).boxes[0];
    if (box && box.width >= least && box.height >= least * 0.55) return count;
  }
  return 1;
}

export interface Spotlight {
  readonly main: Box;
  readonly strip: readonly Box[];
}

/** One large picture with a strip of small ones: at the right of a wide stage, below on a high one. */
export function spotlight(strip: number, width: number, height: number, gap: number): Spotlight {
  const beside = width >= height * 1.15;
  if (strip <= 0) return { main: { x: 0, y: 0, width, height }, strip: [] };
  if (beside) {
    const small = Math.round(Math.min(240, Math.max(120, width * 0.17)));
    const high = Math.round(small / WIDE);
    const fits = Math.min(strip, Math.max(1, Math.floor((height + gap) / (high + gap))));
    const top = Math.round((height - fits * high - (fits - 1) * gap) / 2);
    const boxes = Array.from({ length: fits }, (_, index) => ({ x: width - small, y: top + index * (high + gap), width: small, height: high }));
    return { main: { x: 0, y: 0, width: width - small - gap, height }, strip: boxes };
  }
  const small = Math.floor(Math.min(200, Math.max(96, (width - 2 * gap) / 3)));
  const high = Math.round(small * 0.75);
  const fits = Math.min(strip, Math.max(1, Math.floor((width + gap) / (small + gap))));
  const left = Math.round((width - fits * small - (fits - 1) * gap) / 2);
  const boxes = Array.from({ length: fits }, (_, index) => ({ x: left + index * (small + gap), y: height - high, width: small, height: high }));
  return { main: { x: 0, y: 0, width, height: height - high - gap }, strip: boxes };
}

/**
 * Who is shown when not all fit: those shown before stay in their places; somebody who speaks and is not shown takes the
 * place of the one who has been silent longest (`spokeAtMs`), never the first (oneself).
 */
export function choose(all: readonly string[], fits: number, before: readonly string[], speaking: ReadonlySet<string>, spokeAtMs: ReadonlyMap<string, number>): string[] {
  if (all.length <= fits) return [...all];
  const known = new Set(all);
  const shown = before.filter((key) => known.has(key)).slice(0, fits);
  for (const key of all) {
    if (shown.length >= fits) break;
    if (!shown.includes(key)) shown.push(key);
  }
  for (const key of all) {
    if (!speaking.has(key) || shown.includes(key)) continue;
    const silent = shown.slice(1).filter((other) => !speaking.has(other));
    const longest = silent.sort((a, b) => (spokeAtMs.get(a) ?? 0) - (spokeAtMs.get(b) ?? 0))[0];
    if (longest !== undefined) shown[shown.indexOf(longest)] = key;
  }
  return shown;
}
