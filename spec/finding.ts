import type { Complaint, Path } from './problem';

/** How to make the file readable again after a complaint, so that what stands behind it can be checked too. */
export type Repair =
  | { readonly kind: 'move'; readonly path: Path; readonly to: Path }
  | { readonly kind: 'remove'; readonly path: Path }
  /** `yaml` is a valid value in the file's own spelling. */
  | { readonly kind: 'set'; readonly path: Path; readonly yaml: string };

/** A complaint, and what lets the check go on behind it. */
export interface Finding {
  readonly complaint: Complaint;
  readonly repairs: readonly Repair[];
  /** For what is missing: the places any of which would settle it. */
  readonly wants?: readonly Path[];
}
