/**
 * Clarify's rules: 0/0 is 0, x/0 is infinite with the sign of x.
 * https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-measure-post-training-bias.html
 */
export function divide(above: number, below: number): number {
  if (below !== 0) return above / below;
  return above === 0 ? 0 : above > 0 ? Infinity : -Infinity;
}

/** Two equal infinities differ by 0. */
export function differ(a: number, b: number): number {
  return a === b ? 0 : a - b;
}
