import { checkRolloutFile } from './check';
import type { Place, RolloutDocument } from './document';
import { openDocument } from './document';
import type { Complaint, Problem } from './problem';
import { formatPath } from './problem';
import type { SyntaxReport } from './syntax';
import { syntaxReport } from './syntax';
import type { RolloutSpec } from './types';

export interface ReadInput {
  readonly text: string;
  /** For messages only; nothing is opened. */
  readonly fileName: string;
  /** Of the variables, only `SLUICE_ROLE` is read: it stands in for a missing `aws.role`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What rooms beyond this one have against a file that is right so far, such as options that only their monitor can read. */
  readonly further?: (spec: RolloutSpec) => readonly Complaint[];
}

export type ReadResult =
  | { readonly ok: true; readonly spec: RolloutSpec }
  | { readonly ok: false; readonly problems: readonly [Problem, ...Problem[]] };

/**
 * Reads a rollout file: the checked, defaulted spec, or every mistake in it at once, in the order of the file, each with its
 * place. Mistakes of YAML, of form and of meaning are found in one pass. Never throws, whatever the text.
 */
export function readRolloutFile({ text, fileName, environment, further }: ReadInput): ReadResult {
  const document = openDocument(text);
  const syntax = syntaxReport(text, document);
  const raw = plainData(document);
  const problems = [...syntax.problems];
  if (!raw.ok) {
    problems.push(raw.problem(fileName));
  } else {
    const role = environment['SLUICE_ROLE'];
    const checked = checkRolloutFile(raw.value, { defaultRole: role === '' ? undefined : role });
    const complaints = checked.ok ? (further?.(checked.spec) ?? []) : checked.complaints;
    if (checked.ok && problems.length + complaints.length === 0) return { ok: true, spec: checked.spec };
    problems.push(
      ...complaints.filter((one) => isTrustworthy(one, syntax, document)).map((one) => toProblem(one, document))
    );
  }
  const [first, ...rest] = problems.sort((a, b) => a.line - b.line || a.column - b.column);
  if (first === undefined) throw new Error('a refused rollout file has a problem');
  return { ok: false, problems: [first, ...rest] };
}

type PlainData =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: (fileName: string) => Problem };

/** The document as plain data; aliases that multiply or contain themselves are refused. */
function plainData({ yaml }: RolloutDocument): PlainData {
  try {
    const value: unknown = yaml.toJS();
    JSON.stringify(value);
    return { ok: true, value };
  } catch (error) {
    const facts = {
      path: '',
      found: error instanceof ReferenceError ? error.message : 'an alias within its own anchor',
      allowed: 'aliases that can be written out',
    };
    const remedy = 'Write the repeated parts out.';
    const problem = (fileName: string): Problem => ({
      line: 1,
      column: 1,
      length: 1,
      ...facts,
      message: `The aliases in ${fileName} cannot be followed: they grow without measure or contain themselves.`,
      remedy,
    });
    return { ok: false, problem };
  }
}

/** After a broken line the shape of the file is a guess: only what stands plainly before it is judged, and nothing counts as missing. */
function isTrustworthy(
  complaint: Complaint,
  { problems, doubtfulFrom }: SyntaxReport,
  document: RolloutDocument
): boolean {
  const place = document.place(complaint);
  const { line } = place;
  if (problems.some((problem) => touches(problem, place))) return false;
  if (doubtfulFrom === undefined) return true;
  return complaint.about !== 'missing' && line < doubtfulFrom && !document.isRunaway(complaint.path);
}

/** On the same line, overlapping or side by side: the same slip. */
function touches(a: Place, b: Place): boolean {
  return a.line === b.line && a.column <= b.column + b.length + 1 && b.column <= a.column + a.length + 1;
}

function toProblem(complaint: Complaint, document: RolloutDocument): Problem {
  const { about, path, found, restsOn: _, ...words } = complaint;
  const written = about === 'value' ? document.source(path) : undefined;
  return { ...document.place(complaint), path: formatPath(path), found: written ?? found, ...words };
}
