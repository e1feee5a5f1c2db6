/** The hash range is cut into a million slots, so a share is exact to a ten-thousandth of a percent. */
export const SLOTS = 1_000_000;

/** Slots `[from, to)` of the hash range that belong to one variant. */
export interface AssignmentRange {
  readonly variant: string;
  readonly from: number;
  readonly to: number;
}

/** A range that lost its variant, or one with it. */
type Piece = Omit<AssignmentRange, 'variant'>;

const sizeOf = (piece: Piece): number => piece.to - piece.from;

/** Slots for shares in percent that add up to 100: whole numbers that add up to `SLOTS`, each less than one slot off (largest remainders). */
export function slotsOf(sharesPct: Readonly<Record<string, number>>): ReadonlyMap<string, number> {
  const exact = Object.entries(sharesPct).map(([variant, pct]) => {
    // A product like 0.29 × 10,000 must not lose a slot to binary fractions.
    const slots = Number(((pct / 100) * SLOTS).toPrecision(15));
    return { variant, slots: Math.floor(slots), remainder: slots - Math.floor(slots) };
  });
  const missing = SLOTS - exact.reduce((sum, { slots }) => sum + slots, 0);
  const rounded = [...exact].sort((a, b) => b.remainder - a.remainder || (a.variant < b.variant ? -1 : 1));
  const more = new Set(rounded.slice(0, Math.max(0, missing)).map(({ variant }) => variant));
  return new Map(exact.map(({ variant, slots }) => [variant, slots + (more.has(variant) ? 1 : 0)]));
}

/** Delivered shares in percent, by variant. */
export function sharesOf(ranges: readonly AssignmentRange[]): Readonly<Record<string, number>> {
  const slots = new Map<string, number>();
  for (const range of ranges) slots.set(range.variant, (slots.get(range.variant) ?? 0) + sizeOf(range));
  return Object.fromEntries([...slots].map(([variant, n]) => [variant, Number(((n / SLOTS) * 100).toPrecision(15))]));
}

/**
 * New ranges with exactly the wanted slots, out of the present ones: variants that shrink give up just their surplus, and variants that
 * grow take just that. So no fewer slots could change hands, and nobody moves between two variants whose shares stay.
 * Which slots change hands depends on the arguments alone; small ranges go first, so that ranges stay few over many changes.
 */
export function reallocate(
  present: readonly AssignmentRange[],
  wanted: ReadonlyMap<string, number>
): readonly AssignmentRange[] {
  const kept: AssignmentRange[] = [];
  const freed: Piece[] = [];
  for (const variant of new Set(present.map((range) => range.variant))) {
    const own = present.filter((range) => range.variant === variant);
    const split = giveUp(own, own.reduce((sum, range) => sum + sizeOf(range), 0) - (wanted.get(variant) ?? 0));
    kept.push(...split.kept);
    freed.push(...split.freed);
  }
  freed.sort((a, b) => a.from - b.from);
  const taken = [...wanted].flatMap(([variant, slots]) => {
    const has = kept.reduce((sum, range) => sum + (range.variant === variant ? sizeOf(range) : 0), 0);
    return take(freed, slots - has).map((piece) => ({ variant, ...piece }));
  });
  return merged([...kept, ...taken]);
}

/** Splits one variant's ranges into those it keeps and `surplus` slots that it gives up. */
function giveUp(
  own: readonly AssignmentRange[],
  surplus: number
): { readonly kept: readonly AssignmentRange[]; readonly freed: readonly Piece[] } {
  const kept: AssignmentRange[] = [];
  const freed: Piece[] = [];
  let left = surplus;
  for (const range of [...own].sort((a, b) => sizeOf(a) - sizeOf(b) || a.from - b.from)) {
    const cut = Math.max(0, Math.min(left, sizeOf(range)));
    left -= cut;
    // From the top where the hash range begins, from the bottom elsewhere: a share that grows and shrinks again gets the same users back.
    const middle = range.from === 0 ? range.to - cut : range.from + cut;
    const [low, high] = [
      { from: range.from, to: middle },
      { from: middle, to: range.to },
    ];
    const [given, stays] = range.from === 0 ? [high, low] : [low, high];
    if (sizeOf(given) > 0) freed.push(given);
    if (sizeOf(stays) > 0) kept.push({ variant: range.variant, ...stays });
  }
  return { kept, freed };
}

/** Takes `count` slots off the front of `free`, which loses them. */
function take(free: Piece[], count: number): readonly Piece[] {
  const taken: Piece[] = [];
  let left = count;
  while (left > 0) {
    const first = free.shift();
    if (first === undefined)
      throw new RangeError(`${left} slots are missing: the wanted ones do not add up to ${SLOTS}.`);
    const cut = Math.min(left, sizeOf(first));
    left -= cut;
    taken.push({ from: first.from, to: first.from + cut });
    if (cut < sizeOf(first)) free.unshift({ from: first.from + cut, to: first.to });
  }
  return taken;
}

function merged(ranges: readonly AssignmentRange[]): readonly AssignmentRange[] {
  const result: AssignmentRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last?.variant === range.variant && last.to === range.from)
      result[result.length - 1] = { ...last, to: range.to };
    else result.push(range);
  }
  return result;
}
