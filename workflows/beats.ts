/**
 * How long an activity may be silent until its worker is taken for dead: short where the worker computes itself, since its work is lost; long where it
 * waits for SageMaker, since each beat that reaches Temporal Cloud is billed.
 */
export const BEATS = { working: '30 seconds', waiting: '2 minutes' } as const;
