/**
 * Adaptive windowing (Bifet & Gavaldà 2007): keeps the newest values whose mean did not change, and forgets the older ones when two
 * parts of the window differ by more than chance explains. Plain JSON; its size grows with the logarithm of the window.
 */
export interface AdwinState {
  readonly kind: 'adwin';
  readonly version: 1;
  /** Buckets by size: those of `levels[i]` hold 2^i values each, the oldest first. */
  readonly levels: readonly AdwinLevel[];
  readonly width: number;
  readonly total: number;
  /** Σ (x − mean)² over the window. */
  readonly squares: number;
  /** Values seen since the start; cuts are looked for every `clock` of them. */
  readonly seen: number;
}

export interface AdwinLevel {
  readonly sums: readonly number[];
  readonly squares: readonly number[];
}

export interface AdwinSettings {
  /** Probability of a false cut, at one look. */
  readonly delta: number;
  readonly clock: number;
  readonly bucketsPerLevel: number;
  /** Values that either part of a cut has at least. */
  readonly leastPart: number;
  /** Values in the window before the first look. */
  readonly grace: number;
  /**
   * Whether a change empties the window, as river's wrapper does, or only cuts its older part off, as published. Absent: cuts.
   */
  readonly restart?: boolean;
}

export const adwinDefaults: AdwinSettings = { delta: 0.002, clock: 32, bucketsPerLevel: 5, leastPart: 5, grace: 10 };

export const startAdwin: AdwinState = {
  kind: 'adwin',
  version: 1,
  levels: [{ sums: [], squares: [] }],
  width: 0,
  total: 0,
  squares: 0,
  seen: 0,
};

/** The window while values are added: the same as the state, but of mutable parts that nobody else holds. */
interface Window {
  levels: { sums: number[]; squares: number[] }[];
  width: number;
  total: number;
  squares: number;
  seen: number;
}

/** Counts values in order. `changes` are the positions among `values` at which the mean was found to have changed. */
export function stepAdwin(
  state: AdwinState,
  values: readonly number[],
  settings: AdwinSettings = adwinDefaults
): { readonly state: AdwinState; readonly changes: readonly number[] } {
  let window = openWindow(state);
  const changes: number[] = [];
  let restart = false;
  values.forEach((value, position) => {
    if (restart) window = openWindow(startAdwin);
    insert(window, value, settings.bucketsPerLevel);
    const changed = shrink(window, settings);
    if (changed) changes.push(position);
    restart = changed && settings.restart === true;
  });
  if (restart) window = openWindow(startAdwin);
  return { state: { kind: 'adwin', version: 1, ...window }, changes };
}

const openWindow = ({ levels, width, total, squares, seen }: AdwinState): Window => ({
  levels: levels.map((level) => ({ sums: [...level.sums], squares: [...level.squares] })),
  width,
  total,
  squares,
  seen,
});

function insert(window: Window, value: number, bucketsPerLevel: number): void {
  const [newest] = window.levels;
  newest?.sums.push(value);
  newest?.squares.push(0);
  if (window.width > 0) {
    const mean = window.total / window.width;
    window.squares += (window.width * (value - mean) ** 2) / (window.width + 1);
  }
  window.width += 1;
  window.total += value;
  for (let i = 0; i < window.levels.length; i++) {
    const level = window.levels[i];
    if (level === undefined || level.sums.length <= bucketsPerLevel) return;
    const size = 2 ** i;
    const [s1 = 0, s2 = 0] = level.sums.splice(0, 2);
    const [q1 = 0, q2 = 0] = level.squares.splice(0, 2);
    const between = (size * (s1 / size - s2 / size) ** 2) / 2;
    if (window.levels[i + 1] === undefined) window.levels.push({ sums: [], squares: [] });
    window.levels[i + 1]?.sums.push(s1 + s2);
    window.levels[i + 1]?.squares.push(q1 + q2 + between);
  }
}

/** Drops oldest buckets while the window falls into two parts of different means. */
function shrink(window: Window, settings: AdwinSettings): boolean {
  window.seen += 1;
  if (window.seen % settings.clock !== 0 || window.width <= settings.grace) return false;
  let changed = false;
  while (hasCut(window, settings)) {
    dropOldest(window);
    changed = true;
  }
  return changed;
}

function hasCut(window: Window, { delta, leastPart }: AdwinSettings): boolean {
  const confidence = Math.log((2 * Math.log(window.width)) / delta);
  const variance = window.squares / window.width;
  let [n, sum] = [0, 0];
  for (let i = window.levels.length - 1; i >= 0; i--) {
    const { sums = [] } = window.levels[i] ?? {};
    for (const part of sums) {
      n += 2 ** i;
      sum += part;
      const rest = window.width - n;
      if (n < leastPart || rest < leastPart) continue;
      const harmonic = 1 / (n - leastPart + 1) + 1 / (rest - leastPart + 1);
      const reach = Math.sqrt(2 * harmonic * variance * confidence) + (2 / 3) * confidence * harmonic;
      if (Math.abs(sum / n - (window.total - sum) / rest) > reach) return true;
    }
  }
  return false;
}

function dropOldest(window: Window): void {
  const i = window.levels.findLastIndex(({ sums }) => sums.length > 0);
  const level = window.levels[i];
  if (level === undefined) return;
  const size = 2 ** i;
  const [sum = 0] = level.sums.splice(0, 1);
  const [squares = 0] = level.squares.splice(0, 1);
  window.width -= size;
  window.total -= sum;
  const mean = window.width === 0 ? 0 : window.total / window.width;
  window.squares = Math.max(
    0,
    window.squares - squares - (size * window.width * (sum / size - mean) ** 2) / (size + window.width)
  );
  while (window.levels.length > 1 && window.levels.at(-1)?.sums.length === 0) window.levels.pop();
}
