import { FAILURE_TYPES, isRetryable } from '../spec/failures';

/** Types of failures that no repetition of a call cures. */
export const FINAL_TYPES = FAILURE_TYPES.filter((type) => !isRetryable(type));
