import { isMap, parseDocument } from 'yaml';
import { z } from 'zod';

/** A release file: waves of rollout files, by their paths. */
export interface ReleaseFile {
  readonly release: string;
  /** Files of one wave run side by side; waves run one after the other. */
  readonly waves: readonly (readonly string[])[];
}

export type ReadRelease =
  { readonly ok: true; readonly file: ReleaseFile } | { readonly ok: false; readonly problems: readonly string[] };

const NAME = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/;

const releaseSchema = z.strictObject({
  release: z
    .string({ error: '`release` is missing or no text: name the release, for example `release: spring`.' })
    .regex(NAME, { error: '`release` takes letters, digits and inner hyphens, at most 63.' }),
  rollouts: z
    .array(z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]), {
      error: '`rollouts` is missing or no list: list rollout files in their order; a list within it runs side by side.',
    })
    .min(1, { error: '`rollouts` is empty: list at least one rollout file.' }),
});

/** Whether a YAML text means to be a release rather than a rollout: it lists rollouts. */
export function isReleaseFile(text: string): boolean {
  const document = parseDocument(text);
  return isMap(document.contents) && (document.has('rollouts') || document.has('release'));
}

/** Reads a release file; every mistake of form at once, each with a remedy. */
export function readReleaseFile(text: string): ReadRelease {
  const document = parseDocument(text);
  if (document.errors.length > 0) return { ok: false, problems: document.errors.map(({ message }) => message) };
  const read = releaseSchema.safeParse(document.toJS());
  if (read.success) {
    const { release, rollouts } = read.data;
    return { ok: true, file: { release, waves: rollouts.map((one) => (typeof one === 'string' ? [one] : one)) } };
  }
  const problems = read.error.issues.map((issue) => {
    if (issue.code === 'unrecognized_keys')
      return `Unknown ${issue.keys.map((key) => `\`${key}\``).join(', ')}: a release has \`release\` and \`rollouts\`.`;
    if (issue.code === 'invalid_union')
      return `\`rollouts[${issue.path.slice(1).join('][')}]\` is no path and no list of paths: write \`- reviews.yaml\` or \`- [a.yaml, b.yaml]\`.`;
    return issue.path.length <= 1 ? issue.message : `\`${issue.path.join('.')}\`: ${issue.message}`;
  });
  return { ok: false, problems };
}
