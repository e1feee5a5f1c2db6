/** Predictions of one variant that were labelled at this age, or are not labelled at this age yet. */
export interface LabelAge {
  readonly variant: string | null;
  readonly labelled: boolean;
  readonly ageMs: number;
  readonly n: number;
}

export interface MaturityCurve {
  readonly variant: string | null;
  readonly predictions: number;
  readonly labelled: number;
  /** Share that is labelled within an age, with its interval; ages that no prediction has reached are left out. */
  readonly points: readonly {
    readonly ageMs: number;
    readonly share: number;
    readonly interval: readonly [number, number];
  }[];
  /** Age at which half of all predictions are labelled; null while that is not in sight. */
  readonly medianMs: number | null;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const AGES = [1, 5, 15, 30]
  .map((minutes) => minutes * MINUTE)
  .concat(
    [1, 2, 4, 8, 12].map((hours) => hours * HOUR),
    [1, 2, 4, 7, 14, 30, 60, 90].map((days) => days * DAY)
  );

/**
 * How fast labels come, by variant (Kaplan & Meier 1958): predictions too young to have a label count for the ages that they have reached,
 * so that a curve is not pulled down by yesterday. `z`: deviations on either side of the share, by Greenwood's formula.
 */
export function maturityCurves(ages: readonly LabelAge[], z: number): readonly MaturityCurve[] {
  const variants = [...new Set(ages.map(({ variant }) => variant))];
  return variants.map((variant) =>
    curve(
      variant,
      ages.filter((one) => one.variant === variant),
      z
    )
  );
}

function curve(variant: string | null, ages: readonly LabelAge[], z: number): MaturityCurve {
  const sorted = [...ages].sort((a, b) => a.ageMs - b.ageMs || Number(b.labelled) - Number(a.labelled));
  const predictions = sorted.reduce((sum, { n }) => sum + n, 0);
  const labelled = sorted.reduce((sum, one) => sum + (one.labelled ? one.n : 0), 0);
  const oldest = sorted.at(-1)?.ageMs ?? 0;
  let [atRisk, waiting, greenwood, next] = [predictions, 1, 0, 0];
  let medianMs: number | null = null;
  const points: { ageMs: number; share: number; interval: readonly [number, number] }[] = [];
  const record = (untilMs: number) => {
    for (let age = AGES[next]; age !== undefined && age < untilMs && age <= oldest; age = AGES[next]) {
      const reach = z * waiting * Math.sqrt(greenwood);
      const share = 1 - waiting;
      points.push({ ageMs: age, share, interval: [Math.max(0, share - reach), Math.min(1, share + reach)] });
      next += 1;
    }
  };
  sorted.forEach(({ labelled: isLabel, ageMs, n }, i) => {
    record(ageMs);
    if (isLabel) {
      const stay = atRisk - n;
      if (stay > 0) greenwood += n / (atRisk * stay);
      waiting *= stay / atRisk;
      // A product of many shares may miss one half by its last digit.
      if (waiting <= 0.5 + 1e-12) medianMs ??= ageMs;
    }
    atRisk -= n;
    if (i === sorted.length - 1) record(Infinity);
  });
  return { variant, predictions, labelled, points, medianMs };
}
