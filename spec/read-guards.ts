import { z } from 'zod';
import type { RolloutDocument } from './document';
import { openDocument } from './document';
import type { GuardsFile } from './guards-file';
import { guardsFileSchema, toGuardsFile } from './guards-file';
import { findingsOf } from './issues';
import type { JsonSchema } from './json-schema';
import { nearestOf } from './nearest';
import type { Complaint, Path, Problem } from './problem';
import { formatPath } from './problem';
import type { ReadInput } from './read';
import { readRolloutFile } from './read';
import { withNearest } from './scalar';
import { isRecord } from './is-record';
import { isLive, longestOf } from './stage-time';
import { syntaxReport } from './syntax';
import { describe, nameOf, valueAt } from './words';

export type ReadGuards =
  | { readonly ok: true; readonly file: GuardsFile }
  | { readonly ok: false; readonly problems: readonly [Problem, ...Problem[]] };

/**
 * Reads a guards file: the checked, defaulted guards, or its mistakes, in the order of the file, each with its place. A mistake of
 * form hides what stands inside the same guard. Never throws, whatever the text.
 */
export function readGuardsFile(text: string): ReadGuards {
  const document = openDocument(text);
  const syntax = [...syntaxReport(text, document).problems];
  const [first, ...rest] = syntax;
  if (first !== undefined) return { ok: false, problems: [first, ...rest] };
  const raw = plain(document);
  const result = guardsFileSchema().safeParse(raw);
  if (result.success) return { ok: true, file: toGuardsFile(result.data) };
  const problems = result.error.issues
    .flatMap((issue) => complaintsOf(issue, raw))
    .map((complaint) => located(complaint, document))
    .sort((a, b) => a.line - b.line || a.column - b.column);
  const [one, ...more] = problems;
  if (one === undefined) throw new Error('a refused guards file has a problem');
  return { ok: false, problems: [one, ...more] };
}

/** Aliases that cannot be followed leave nothing to check, which is a problem of its own. */
function plain(document: RolloutDocument): unknown {
  try {
    const value: unknown = document.yaml.toJS();
    JSON.stringify(value);
    return value;
  } catch {
    return null;
  }
}

function complaintsOf(issue: z.core.$ZodIssue, raw: unknown): readonly Complaint[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol');
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(path, key, raw));
  if (issue.code === 'invalid_union') return [unknownKind(path, raw)];
  return findingsOf(issue, raw).map(({ complaint }) => complaint);
}

function unknownKey(parent: Path, key: string, raw: unknown): Complaint {
  const allowed = keysAt(parent, raw);
  const nearest = nearestOf(key, allowed);
  const where = parent.length === 0 ? 'the guards file' : nameOf(parent);
  return {
    path: [...parent, key],
    about: 'key',
    found: key,
    allowed: allowed.join(', '),
    ...withNearest(nearest),
    message: `\`${key}\` is not a key of ${where}.`,
    remedy: nearest === undefined ? 'Remove it, or use an allowed key.' : `Write \`${nearest}\`.`,
  };
}

function unknownKind(path: Path, raw: unknown): Complaint {
  const found = valueAt(raw, path);
  const kinds = guardBranches().flatMap((branch) => kindOf(branch) ?? []);
  const nearest = typeof found === 'string' ? nearestOf(found, kinds) : undefined;
  const isMissing = found === undefined || found === null;
  return {
    path,
    about: isMissing ? 'missing' : 'value',
    found: describe(found),
    allowed: kinds.join(' | '),
    ...withNearest(nearest),
    message: isMissing ? `${nameOf(path)} is missing.` : `${nameOf(path)} is not a kind of guard.`,
    remedy: `Write \`kind: ${nearest ?? 'errors'}\`.`,
  };
}

/** The keys that may stand at this place, told apart by the guard's kind. */
function keysAt(path: Path, raw: unknown): readonly string[] {
  const [top, index, ...inside] = path;
  if (top !== 'guards' || typeof index !== 'number') return keysOf(path.reduce(step, published()));
  const guard = valueAt(raw, ['guards', index]);
  const branch = guardBranches().find((one) => isRecord(guard) && kindOf(one) === guard['kind']);
  return branch === undefined ? [] : keysOf(inside.reduce(step, branch));
}

function step(schema: JsonSchema, part: string | number): JsonSchema {
  const inner = isRecord(schema['properties']) ? schema['properties'][part] : undefined;
  return isRecord(inner) ? inner : {};
}

const keysOf = (schema: JsonSchema): readonly string[] =>
  isRecord(schema['properties']) ? Object.keys(schema['properties']) : [];

function guardBranches(): readonly JsonSchema[] {
  const items = step(published(), 'guards')['items'];
  const options = isRecord(items) ? (items['oneOf'] ?? items['anyOf']) : undefined;
  return Array.isArray(options) ? options.filter(isRecord) : [];
}

function kindOf(branch: JsonSchema): string | undefined {
  const kind = isRecord(branch['properties']) ? branch['properties']['kind'] : undefined;
  return isRecord(kind) && typeof kind['const'] === 'string' ? kind['const'] : undefined;
}

let schema: JsonSchema | undefined;

function published(): JsonSchema {
  schema ??= { ...z.toJSONSchema(guardsFileSchema(), { io: 'input', target: 'draft-07' }) };
  return schema;
}

function located(complaint: Complaint, document: RolloutDocument): Problem {
  const { about, path, found, restsOn: _, ...words } = complaint;
  const written = about === 'value' ? document.source(path) : undefined;
  return { ...document.place(complaint), path: formatPath(path), found: written ?? found, ...words };
}

/**
 * Guards from a guards file or from a rollout file, which is known by its `endpoint` or `candidates`. Of the rollout file come the
 * first candidate's name, tick, maturity, budget and guards; the horizon is the time that its live stages may take.
 */
export function readAnyGuards(input: ReadInput): ReadGuards {
  const top: unknown = plain(openDocument(input.text));
  if (!isRecord(top) || !('endpoint' in top || 'candidates' in top)) return readGuardsFile(input.text);
  const read = readRolloutFile(input);
  if (!read.ok) return read;
  const { candidates, tickMs, stages, groundTruth, budget, guards } = read.spec;
  const liveMs = stages.filter(isLive).reduce((sum, stage) => sum + longestOf(stage).ms, 0);
  const names = { candidate: candidates[0].name, incumbent: null };
  const maturityMs = groundTruth?.maturityMs ?? null;
  return { ok: true, file: { ...names, tickMs, horizonMs: Math.max(tickMs, liveMs), maturityMs, budget, guards } };
}
