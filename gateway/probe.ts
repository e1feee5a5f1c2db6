/** Value of `CustomAttributes` on calls that are no evidence; SageMaker keeps it in the captured record. */
export const probeAttribute = 'sluice.probe=true';

/** Value of `CustomAttributes` on calls whose variant an assignment drew: `sluice.epoch=7,sluice.propensity=0.1`. */
export function drawnAttribute(drawn: { readonly epoch: number; readonly propensity: number }): string {
  return `sluice.epoch=${drawn.epoch},sluice.propensity=${drawn.propensity}`;
}
