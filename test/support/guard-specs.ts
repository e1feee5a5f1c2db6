import { guardsFileSchema, toGuardsFile } from '../../spec/guards-file';
import type { GuardSpec } from '../../spec/types';

/** A guard of a file, every default filled in. */
export function aGuard(written: { readonly kind: GuardSpec['kind'] } & Readonly<Record<string, unknown>>): GuardSpec {
  const [guard] = toGuardsFile(guardsFileSchema().parse({ guards: [written] })).guards;
  if (guard === undefined) throw new Error(`no guard of kind ${written.kind}`);
  return guard;
}
