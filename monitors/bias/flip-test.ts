/** A row for the flip test: its features as numbers, its side of the facet, and what the model said. */
export interface FlipRow {
  readonly features: readonly number[];
  readonly isDisadvantaged: boolean;
  readonly isPredicted: boolean;
}

export interface FlipTest {
  /** (F+ − F−)/nd as the guide has it: above 0 when nearest advantaged neighbours are accepted where the disadvantaged are rejected. */
  readonly value: number;
  /** smclarify 0.5 has the sign the other way round. */
  readonly compatible: number;
  /** Disadvantaged rows whose neighbours are accepted while they are not, and the reverse. */
  readonly toAccepted: number;
  readonly toRejected: number;
  /** Disadvantaged rows. */
  readonly n: number;
}

/** Neighbours that vote; one alone where there are hardly any advantaged rows (as smclarify has it). */
const NEIGHBOURS = 5;
const HARDLY_ANY = 9;

/**
 * Counterfactual flip test: for each disadvantaged row, what the model said of its nearest advantaged neighbours, by majority. Null where a
 * side is empty. Features are compared as they are, as Clarify does: whoever wants them on one scale puts them there first.
 * https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-post-training-bias-metric-ft.html
 */
export function flipTest(rows: readonly FlipRow[]): FlipTest | null {
  const advantaged = rows.filter(({ isDisadvantaged }) => !isDisadvantaged);
  const disadvantaged = rows.filter(({ isDisadvantaged }) => isDisadvantaged);
  if (advantaged.length === 0 || disadvantaged.length === 0) return null;
  const k = advantaged.length <= HARDLY_ANY ? 1 : NEIGHBOURS;
  const width = advantaged[0]?.features.length ?? 0;
  const known = Float64Array.from(advantaged.flatMap(({ features }) => features));
  let [toAccepted, toRejected] = [0, 0];
  for (const { features, isPredicted } of disadvantaged) {
    const nearest = nearestTo(features, { known, width, k });
    const votes = nearest.filter((i) => advantaged[i]?.isPredicted === true).length;
    const neighboursSay = 2 * votes > nearest.length;
    if (neighboursSay && !isPredicted) toAccepted += 1;
    if (!neighboursSay && isPredicted) toRejected += 1;
  }
  const value = (toAccepted - toRejected) / disadvantaged.length;
  return { value, compatible: value === 0 ? 0 : -value, toAccepted, toRejected, n: disadvantaged.length };
}

/** Indices of the k nearest rows by Euclidean distance; of equally near ones the first. */
function nearestTo(
  features: readonly number[],
  { known, width, k }: { readonly known: Float64Array; readonly width: number; readonly k: number }
): readonly number[] {
  const best: { at: number; far: number }[] = [];
  for (let row = 0; row * width < known.length || (width === 0 && row < k); row++) {
    const limit = best.length < k ? Infinity : (best[k - 1]?.far ?? Infinity);
    let far = 0;
    for (let f = 0; f < width && far < limit; f++) far += ((features[f] ?? 0) - (known[row * width + f] ?? 0)) ** 2;
    if (far >= limit) continue;
    const at = best.findIndex((one) => one.far > far);
    best.splice(at === -1 ? best.length : at, 0, { at: row, far });
    if (best.length > k) best.pop();
  }
  return best.map(({ at }) => at);
}
