/** Value of `CustomAttributes` on calls that are no evidence; SageMaker keeps it in the captured record. */
export const probeAttribute = 'sluice.probe=true';
