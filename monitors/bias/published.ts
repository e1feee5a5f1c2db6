/** What Clarify publishes for an infinite value, 2.348543e108 when rounded: the largest that CloudWatch takes (https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-model-monitor-bias-drift-cw.html). */
const INFINITY = 2 ** 360;

/** The number that CloudWatch gets: it has no infinity. */
export function publishedValue(value: number): number {
  return Number.isFinite(value) ? value : Math.sign(value) * INFINITY;
}
