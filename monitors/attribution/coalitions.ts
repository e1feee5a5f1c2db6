/** Which features a coalition keeps, and how much it weighs. */
export interface Coalition {
  /** 1: the feature is the row's own; 0: the baseline's. */
  readonly mask: Uint8Array;
  readonly weight: number;
}

/** What shap takes for its own when nothing is asked for. */
export const defaultSamples = (features: number): number => 2 * features + 2 ** 11;

/**
 * Coalitions of Kernel SHAP (Lundberg & Lee 2017), each with its complement: sizes from the outside in are taken whole as long as the samples
 * last, since they weigh most; the rest is drawn, a coalition that is drawn twice weighing double. Neither the empty nor the full one is
 * among them: those two are exact by the constraint.
 */
export function coalitionsOf(p: {
  readonly features: number;
  readonly samples: number;
  readonly uniform: () => number;
}): readonly Coalition[] {
  const { features, uniform } = p;
  if (features <= 1) return [];
  const sizes = Math.ceil((features - 1) / 2);
  const isPaired = (size: number) => size <= Math.floor((features - 1) / 2);
  const kernel = Array.from({ length: sizes }, (_, i) => {
    const size = i + 1;
    return ((isPaired(size) ? 2 : 1) * (features - 1)) / (size * (features - size));
  });
  const all = kernel.reduce((sum, one) => sum + one, 0);
  const shares = kernel.map((one) => one / all);
  const whole: Coalition[] = [];
  let [left, rest, size] = [p.samples, 1, 1];
  for (; size <= sizes; size++) {
    const share = shares[size - 1] ?? 0;
    const subsets = choose(features, size) * (isPaired(size) ? 2 : 1);
    if (subsets > left || (left * share) / rest < subsets * (1 - 1e-8)) break;
    for (const chosen of subsetsOf(features, size)) {
      whole.push({ mask: maskOf(features, chosen), weight: share / subsets });
      if (isPaired(size)) whole.push({ mask: complementOf(features, chosen), weight: share / subsets });
    }
    left -= subsets;
    rest -= share;
  }
  if (size > sizes || left < 1) return whole;
  const drawn = drawRest({ features, left, first: size, shares, isPaired, uniform });
  const count = drawn.reduce((sum, { times }) => sum + times, 0);
  return [...whole, ...drawn.map(({ mask, times }) => ({ mask, weight: (rest * times) / count }))];
}

function drawRest(p: {
  readonly features: number;
  readonly left: number;
  readonly first: number;
  readonly shares: readonly number[];
  readonly isPaired: (size: number) => boolean;
  readonly uniform: () => number;
}): readonly { readonly mask: Uint8Array; readonly times: number }[] {
  const { features, first, isPaired, uniform } = p;
  const open = p.shares.slice(first - 1);
  const total = open.reduce((sum, one) => sum + one, 0);
  const found = new Map<string, { mask: Uint8Array; times: number }>();
  const add = (mask: Uint8Array): void => {
    const key = mask.join('');
    const known = found.get(key);
    if (known === undefined) found.set(key, { mask, times: 1 });
    else known.times += 1;
  };
  // Four draws for each that is wanted: what is drawn again weighs more instead of costing a call.
  for (let draws = 0; found.size < p.left && draws < 4 * p.left; draws++) {
    let at = uniform() * total;
    let size = first;
    while (size - first < open.length - 1 && at >= (open[size - first] ?? 0)) {
      at -= open[size - first] ?? 0;
      size += 1;
    }
    const chosen = subsetDrawn(features, size, uniform);
    add(maskOf(features, chosen));
    if (isPaired(size) && found.size < p.left) add(complementOf(features, chosen));
  }
  return [...found.values()];
}

function choose(n: number, k: number): number {
  let result = 1;
  for (let i = 1; i <= k; i++) result = (result * (n - k + i)) / i;
  return Math.round(result);
}

function* subsetsOf(n: number, k: number): Generator<readonly number[]> {
  const at = Array.from({ length: k }, (_, i) => i);
  for (;;) {
    yield at;
    let i = k - 1;
    while (i >= 0 && at[i] === n - k + i) i -= 1;
    if (i < 0) return;
    at[i] = (at[i] ?? 0) + 1;
    for (let j = i + 1; j < k; j++) at[j] = (at[j - 1] ?? 0) + 1;
  }
}

/** The first k of a shuffled deck (Fisher–Yates). */
function subsetDrawn(n: number, k: number, uniform: () => number): readonly number[] {
  const deck = Array.from({ length: n }, (_, i) => i);
  for (let i = 0; i < k; i++) {
    const j = i + Math.floor(uniform() * (n - i));
    [deck[i], deck[j]] = [deck[j] ?? 0, deck[i] ?? 0];
  }
  return deck.slice(0, k);
}

function maskOf(n: number, chosen: readonly number[]): Uint8Array {
  const mask = new Uint8Array(n);
  for (const i of chosen) mask[i] = 1;
  return mask;
}

function complementOf(n: number, chosen: readonly number[]): Uint8Array {
  const mask = new Uint8Array(n).fill(1);
  for (const i of chosen) mask[i] = 0;
  return mask;
}
