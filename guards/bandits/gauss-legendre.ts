/** Points of one panel; polynomials of degree below this are integrated exactly. */
export const POINTS = 16;

/** Gauss–Legendre rule on [−1, 1], and the integrals up to each of its nodes. */
export interface PanelRule {
  readonly nodes: readonly number[];
  readonly weights: readonly number[];
  /** `upTo[i][j]`: what a value of 1 at node j adds to the integral from −1 to node i. */
  readonly upTo: readonly (readonly number[])[];
}

/** Legendre polynomials P₀ … P_n at x, by their three-term recurrence. */
function legendre(n: number, x: number): readonly number[] {
  const values = [1, x];
  for (let k = 2; k <= n; k++)
    values.push(((2 * k - 1) * x * (values[k - 1] ?? 0) - (k - 1) * (values[k - 2] ?? 0)) / k);
  return values;
}

/** Zero of P_n near Tricomi's approximation, by Newton; four steps reach the last bit. */
function zeroOf(n: number, index: number): { readonly x: number; readonly slope: number } {
  let x = -Math.cos((Math.PI * (index + 0.75)) / (n + 0.5));
  let slope = 1;
  for (let step = 0; step < 6; step++) {
    const values = legendre(n, x);
    slope = (n * (x * (values[n] ?? 0) - (values[n - 1] ?? 0))) / (x * x - 1);
    x -= (values[n] ?? 0) / slope;
  }
  return { x, slope };
}

function ruleOf(n: number): PanelRule {
  const zeros = Array.from({ length: n }, (_, i) => zeroOf(n, i));
  const nodes = zeros.map(({ x }) => x);
  const weights = zeros.map(({ x, slope }) => 2 / ((1 - x * x) * slope * slope));
  const values = nodes.map((x) => legendre(n, x));
  // ∫P_k = (P_{k+1} − P_{k−1})/(2k + 1), and the interpolant's k-th coefficient is (k + ½) Σ w_j P_k(x_j) f(x_j).
  const upTo = nodes.map((x, i) =>
    nodes.map((_, j) => {
      let sum = x + 1;
      for (let k = 1; k < n; k++)
        sum += (values[j]?.[k] ?? 0) * ((values[i]?.[k + 1] ?? 0) - (values[i]?.[k - 1] ?? 0));
      return ((weights[j] ?? 0) / 2) * sum;
    })
  );
  return { nodes, weights, upTo };
}

export const panelRule: PanelRule = ruleOf(POINTS);
