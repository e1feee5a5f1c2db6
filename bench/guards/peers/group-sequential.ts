import { normalCdf, normalQuantile } from '../numbers/normal';
import { pooledDifference, stopOnTotals } from './rule';
import type { Rule } from './rule';

/** Alpha spent up to the share `t` of the information (Lan and DeMets 1983). */
export type Spending = (t: number, alpha: number) => number;

/** Like O'Brien and Fleming: next to nothing early. */
export const obrienFleming: Spending = (t, alpha) => 2 * (1 - normalCdf(normalQuantile(1 - alpha / 2) / Math.sqrt(t)));

/** Like Pocock: about evenly. */
export const pocock: Spending = (t, alpha) => alpha * Math.log(1 + (Math.E - 1) * t);

const POINTS = 801;

/** Steps longer than this many deviations are left out: they have a chance under 1e-25. */
const NEAR = 10.5;

/**
 * One-sided boundaries on the z scale for equally spaced looks, by recursive integration of Brownian motion over
 * [0, 1] (Armitage, McPherson and Rowe 1969), trapezoid rule on 801 points.
 */
export function boundaries(looks: number, alpha: number, spending: Spending): Float64Array {
  const dt = 1 / looks;
  const bounds = new Float64Array(looks);
  let [grid, density]: readonly [Float64Array, Float64Array] = [new Float64Array(), new Float64Array()];
  let spent = 0;
  for (let i = 0; i < looks; i++) {
    const t = (i + 1) / looks;
    const [points, values] = i === 0 ? firstStep(dt) : nextStep({ grid, density, dt, t });
    const due = spending(t, alpha) - spent;
    spent = spending(t, alpha);
    const bound = due < 1e-14 ? last(points) : pointOfTail(points, values, due);
    bounds[i] = bound / Math.sqrt(t);
    grid = linspace(points[0] ?? 0, bound);
    density = grid.map((g) => interpolate(g, points, values));
  }
  return bounds;
}

function firstStep(dt: number): readonly [Float64Array, Float64Array] {
  const points = linspace(-8 * Math.sqrt(dt), 8 * Math.sqrt(dt));
  return [points, points.map((g) => Math.exp((-g * g) / (2 * dt)) / Math.sqrt(2 * Math.PI * dt))];
}

function nextStep(p: {
  readonly grid: Float64Array;
  readonly density: Float64Array;
  readonly dt: number;
  readonly t: number;
}): readonly [Float64Array, Float64Array] {
  const { grid, density, dt } = p;
  const width = (grid[1] ?? 0) - (grid[0] ?? 0);
  const points = linspace((grid[0] ?? 0) - 6 * Math.sqrt(dt), last(grid) + 8 * Math.sqrt(dt)).filter(
    (g) => g > -8 * Math.sqrt(p.t)
  );
  const scale = 1 / Math.sqrt(2 * Math.PI * dt);
  const reach = NEAR * Math.sqrt(dt);
  const values = points.map((g) => {
    let sum = 0;
    const first = Math.max(0, Math.ceil((g - reach - (grid[0] ?? 0)) / width));
    for (let j = first; j < grid.length && (grid[j] ?? 0) <= g + reach; j++) {
      const distance = g - (grid[j] ?? 0);
      const weight = j === 0 || j === grid.length - 1 ? 0.5 * width : width;
      sum += Math.exp((-distance * distance) / (2 * dt)) * scale * (density[j] ?? 0) * weight;
    }
    return sum;
  });
  return [points, values];
}

/** The point above which the density holds `mass`; linear in the logarithm of the tail. */
function pointOfTail(points: Float64Array, values: Float64Array, mass: number): number {
  const step = (points[1] ?? 0) - (points[0] ?? 0);
  let tail = 0;
  for (let i = points.length - 2; i >= 0; i--) {
    const next = tail + ((values[i + 1] ?? 0) + (values[i] ?? 0)) * 0.5 * step;
    if (next >= mass) {
      const [high, low] = [Math.log(Math.max(tail, 1e-300)), Math.log(Math.max(next, 1e-300))];
      return (points[i + 1] ?? 0) - (step * (Math.log(mass) - high)) / (low - high);
    }
    tail = next;
  }
  return points[0] ?? 0;
}

const linspace = (from: number, to: number): Float64Array =>
  Float64Array.from({ length: POINTS }, (_, i) => from + ((to - from) * i) / (POINTS - 1));

const last = (values: Float64Array): number => values[values.length - 1] ?? 0;

function interpolate(g: number, points: Float64Array, values: Float64Array): number {
  const step = (points[1] ?? 0) - (points[0] ?? 0);
  const at = Math.min(Math.max((g - (points[0] ?? 0)) / step, 0), points.length - 1);
  const i = Math.min(Math.floor(at), points.length - 2);
  const [a, b] = [values[i] ?? 0, values[i + 1] ?? 0];
  return a + (b - a) * (at - i);
}

/** Pooled two-proportion z test against a boundary for every tick. */
export function zTest(name: string, bounds: Float64Array): Rule {
  return {
    name,
    stop: (trace) =>
      stopOnTotals(trace, (sums, t) => {
        const { difference, variance } = pooledDifference(sums);
        return variance > 0 && difference > (bounds[t] ?? Infinity) * Math.sqrt(variance);
      }),
  };
}

const built = new Map<string, readonly Rule[]>();

/** Both boundaries for a horizon that is known in advance; built once, since integration takes a second. */
export function groupSequentialRules(looks: number, alpha: number): readonly Rule[] {
  const key = `${looks} ${alpha}`;
  const rules = built.get(key) ?? [
    zTest("group sequential, O'Brien–Fleming", boundaries(looks, alpha, obrienFleming)),
    zTest('group sequential, Pocock', boundaries(looks, alpha, pocock)),
  ];
  built.set(key, rules);
  return rules;
}
