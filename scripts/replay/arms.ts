import type { GuardsFile } from '../../spec/guards-file';
import type { TraceRow } from '../../spec/trace';
import { Mistake } from '../mistakes';

/** Which variant of a trace is under test, and which it is compared with. */
export interface Arms {
  readonly candidate: string;
  readonly incumbent: string;
}

/**
 * As asked for, or as the guards file says; else a variant called `candidate`, and for the incumbent the only other one. Throws
 * `Mistake` when that leaves a doubt.
 */
export function armsOf(p: {
  readonly rows: readonly TraceRow[];
  readonly file: GuardsFile;
  readonly asked: { readonly candidate?: string | undefined; readonly incumbent?: string | undefined };
}): Arms {
  const variants = [...new Set(p.rows.flatMap(({ variant }) => variant ?? []))];
  const listed = variants.length === 0 ? 'none' : variants.join(', ');
  const known = (name: string, role: string): string => {
    if (variants.includes(name) || variants.length === 0) return name;
    throw new Mistake(`The ${role} ${name} is not in the trace; its variants: ${listed}.`);
  };
  const named = p.asked.candidate ?? p.file.candidate;
  if (named === null && variants.length > 0 && !variants.includes('candidate')) {
    throw new Mistake(`Which variant is the candidate? Say --candidate; the trace has ${listed}.`);
  }
  const candidate = known(named ?? 'candidate', 'candidate');
  const others = variants.filter((variant) => variant !== candidate);
  const other = p.asked.incumbent ?? p.file.incumbent;
  if (other !== null) return { candidate, incumbent: known(other, 'incumbent') };
  if (others.length > 1)
    throw new Mistake(
      `Which variant is the incumbent? Say --incumbent; besides ${candidate} the trace has ${others.join(', ')}.`
    );
  return { candidate, incumbent: others[0] ?? 'incumbent' };
}
