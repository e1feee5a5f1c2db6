/** How one model behaves in a made-up world; rates and shares are fractions. */
export interface Truth {
  readonly failed: number;
  readonly wrong: number;
  /** Units that an event follows. */
  readonly converted: number;
  /** Of log-normal latency. */
  readonly medianMs: number;
  readonly sigma: number;
  /** Part of the requests that take `slowTimes` as long. */
  readonly slowShare: number;
  readonly slowTimes: number;
  /** Of a value between the ends of a guard's points, as a fraction of the way; without points, around 10. */
  readonly value: number;
  readonly positive: number;
  readonly captured: number;
  /** Predictions whose label comes before their cohort is closed. */
  readonly labelled: number;
  /** Deviation of the log odds of failing, from tick to tick. */
  readonly wobble: number;
  /** What alarms, checks and metrics say of it. */
  readonly isWell: boolean;
}

const INCUMBENT: Truth = {
  failed: 0.01,
  wrong: 0.2,
  converted: 0.1,
  medianMs: 80,
  sigma: 0.5,
  slowShare: 0,
  slowTimes: 1,
  value: 0.5,
  positive: 0.5,
  captured: 1,
  labelled: 0.9,
  wobble: 0,
  isWell: true,
};

/** A made-up world: what the incumbent is, and what the candidate is so long after its first request. */
export interface Scenario {
  readonly says: string;
  readonly incumbent: Truth;
  readonly candidate: (sinceMs: number) => Truth;
}

const always =
  (changes: Partial<Truth>): Scenario['candidate'] =>
  () => ({ ...INCUMBENT, ...changes });

const BREAKS_AFTER_MS = 90 * 60_000;

export const SCENARIOS = {
  equal: { says: 'the candidate is as good as the incumbent', incumbent: INCUMBENT, candidate: always({}) },
  better: {
    says: 'the candidate has half of the bad events',
    incumbent: INCUMBENT,
    candidate: always({ failed: 0.005, wrong: 0.1, converted: 0.12, value: 0.55 }),
  },
  worse: {
    says: 'the candidate has twice the failures and half again as many wrong answers',
    incumbent: INCUMBENT,
    candidate: always({ failed: 0.02, wrong: 0.3, converted: 0.08, value: 0.45 }),
  },
  lessRight: {
    says: 'the candidate fails no more often, but has half again as many wrong answers and fewer conversions',
    incumbent: INCUMBENT,
    candidate: always({ wrong: 0.3, converted: 0.08 }),
  },
  broken: {
    says: 'the candidate fails half of its requests',
    incumbent: INCUMBENT,
    candidate: always({ failed: 0.5, isWell: false }),
  },
  breaksLater: {
    says: 'the candidate is fine for 90 minutes, then fails a tenth of its requests',
    incumbent: INCUMBENT,
    candidate: (sinceMs) => ({ ...INCUMBENT, ...(sinceMs < BREAKS_AFTER_MS ? {} : { failed: 0.1, isWell: false }) }),
  },
  slow: { says: 'the candidate is half again as slow', incumbent: INCUMBENT, candidate: always({ medianMs: 120 }) },
  slowTail: {
    says: 'one request in fifty of the candidate is four times slower',
    incumbent: INCUMBENT,
    candidate: always({ slowShare: 0.02, slowTimes: 4 }),
  },
  noisy: {
    says: 'the arms are equal, and the failures of each wobble from tick to tick',
    incumbent: { ...INCUMBENT, wobble: 0.8 },
    candidate: always({ wobble: 0.8 }),
  },
  lateLabels: {
    says: 'the arms are equal, but most labels of the candidate come too late',
    incumbent: INCUMBENT,
    candidate: always({ labelled: 0.3 }),
  },
  lostCapture: {
    says: 'the arms are equal, but a tenth of the candidate’s records is lost',
    incumbent: INCUMBENT,
    candidate: always({ captured: 0.9 }),
  },
  drift: { says: 'the candidate answers differently', incumbent: INCUMBENT, candidate: always({ positive: 0.8 }) },
} as const satisfies Readonly<Record<string, Scenario>>;

export type ScenarioName = keyof typeof SCENARIOS;

/** The incumbent of several scenarios: it wobbles if it does so in one of them. */
export function incumbentOf(scenarios: readonly Scenario[]): Truth {
  return scenarios.find(({ incumbent }) => incumbent.wobble > 0)?.incumbent ?? INCUMBENT;
}

/** Part of the requests that take longer than `ms`. */
export function slowerThan({ medianMs, sigma, slowShare, slowTimes }: Truth, ms: number): number {
  const above = (median: number): number => 1 - normalCdf(Math.log(ms / median) / sigma);
  return (1 - slowShare) * above(medianMs) + slowShare * above(medianMs * slowTimes);
}

/** The latency that a part `quantile` of the requests does not exceed, in milliseconds. */
export function quantileMs(truth: Truth, quantile: number): number {
  let [low, high] = [1e-3, 1e7];
  for (let i = 0; i < 100; i++) {
    const middle = Math.sqrt(low * high);
    if (slowerThan(truth, middle) > 1 - quantile) low = middle;
    else high = middle;
  }
  return Number(Math.sqrt(low * high).toPrecision(4));
}

/** Hastings' approximation (Abramowitz and Stegun 26.2.17), off by at most 7.5e-8. */
function normalCdf(x: number): number {
  if (x < 0) return 1 - normalCdf(-x);
  const t = 1 / (1 + 0.2316419 * x);
  const tail = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return 1 - (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * tail;
}
