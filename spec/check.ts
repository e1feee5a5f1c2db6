import { incompatibilities } from './compat';
import { unindented } from './indentation';
import type { Finding, Repair } from './finding';
import { findingsOf } from './issues';
import { nearestOf } from './nearest';
import type { Complaint, Incompatibility, Path } from './problem';
import { isSame, isWithin } from './problem';
import { repaired } from './repair';
import { rolloutFile } from './schema';
import { toSpec } from './to-spec';
import type { RolloutSpec } from './types';

/** Enough for a mistake inside a mistake inside …, as deep as the file is. */
const MAX_ROUNDS = 16;

export type Checked =
  { readonly ok: true; readonly spec: RolloutSpec } | { readonly ok: false; readonly complaints: readonly Complaint[] };

/**
 * Checks a rollout file that is already plain data, and finds every mistake at once: what was found is repaired in a copy, by the
 * likely meaning or by an example, and the copy is checked again, until the rest can be judged as a whole. Nothing is said about
 * what only a repair brought in. There is a spec only when there was nothing to repair.
 */
export function checkRolloutFile(raw: unknown, options: { readonly defaultRole?: string | undefined } = {}): Checked {
  const schema = schemaFor(options.defaultRole);
  const complaints: Complaint[] = [];
  const repairs: Repair[] = [];
  let value = raw;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const result = schema.safeParse(value);
    if (result.success) {
      const spec = toSpec(result.data);
      complaints.push(...semantic(spec, repairs));
      return complaints.length === 0 ? { ok: true, spec } : { ok: false, complaints };
    }
    const root = value;
    const found = unindented(
      result.error.issues.flatMap((issue) => findingsOf(issue, root)),
      root
    ).filter((finding, _, all) => !isMisspelt(finding, all));
    const news = found.filter((finding) => !isReplaced(finding, found) && !isInvented(finding.complaint.path, repairs));
    complaints.push(...news.map(({ complaint }) => ({ ...complaint, path: asWritten(complaint.path, repairs) })));
    const more = found.flatMap((finding) => finding.repairs);
    value = repaired(root, more);
    repairs.push(...more);
  }
  return { ok: false, complaints };
}

let latest: { readonly role: string | undefined; readonly schema: ReturnType<typeof rolloutFile> } | undefined;

/** Building the schema costs more than using it, and the role seldom changes. */
function schemaFor(role: string | undefined): ReturnType<typeof rolloutFile> {
  if (latest === undefined || latest.role !== role) latest = { role, schema: rolloutFile({ defaultRole: role }) };
  return latest.schema;
}

/** What the parts of the file do to each other, as far as those parts are the writer's own. */
function semantic(spec: RolloutSpec, repairs: readonly Repair[]): readonly Complaint[] {
  return incompatibilities(spec)
    .filter(({ path, restsOn }) => ![path, ...restsOn].some((place) => isInvented(place, repairs)))
    .map((found) => ({
      ...named(found),
      path: asWritten(found.path, repairs),
      restsOn: found.restsOn.map((place) => asWritten(place, repairs)),
    }));
}

/** With the nearest of the names that may have been meant. */
function named({ names = [], ...complaint }: Incompatibility): Complaint {
  const nearest = nearestOf(complaint.found, names);
  if (nearest === undefined) return complaint;
  return { ...complaint, nearest, remedy: `Write \`${String(complaint.path.at(-1))}: ${nearest}\`.` };
}

/** What is missing only because its key is misspelt is no second mistake, and needs no repair of its own. */
function isMisspelt({ wants = [] }: Finding, all: readonly Finding[]): boolean {
  const moves = all.flatMap(({ repairs }) => repairs).filter((repair) => repair.kind === 'move');
  return wants.some((path) => moves.some(({ to }) => isSame(path, to)));
}

/** One of several keys is missing where an unknown one stands in its place: the unknown one says it all. */
function isReplaced({ wants = [] }: Finding, all: readonly Finding[]): boolean {
  const removed = all.flatMap(({ repairs }) => repairs).filter(({ kind }) => kind === 'remove');
  return (
    wants.length > 1 &&
    wants.some((path) => removed.some((repair) => isSame(repair.path.slice(0, -1), path.slice(0, -1))))
  );
}

function isInvented(path: Path, repairs: readonly Repair[]): boolean {
  return repairs.some((repair) => repair.kind !== 'move' && isWithin(path, repair.path));
}

/** The path with the keys that stand in the file, not the ones that were meant: moves undone, the last one first. */
function asWritten(path: Path, repairs: readonly Repair[]): Path {
  return repairs.reduceRight<Path>((written, repair) => {
    if (repair.kind !== 'move' || !isWithin(written, repair.to)) return written;
    return [...repair.path, ...written.slice(repair.to.length)];
  }, path);
}
