/** Where something stands in the rollout file, spelled as people write it: `['stages', 0, 'canary', 'share']`. */
export type Path = readonly (string | number)[];

/**
 * One mistake, as data: where it is by path, what was found, what is allowed instead. Positions come later, from the document.
 * `about` says what to point at: the offending key, the offending value, or (for what is missing) the place it belongs to.
 */
export interface Complaint {
  readonly path: Path;
  readonly about: 'key' | 'value' | 'missing';
  readonly found: string;
  readonly allowed: string;
  /** The valid name or value closest to what was written. */
  readonly nearest?: string;
  /** One sentence: what is wrong. */
  readonly message: string;
  /** One sentence: what to do. */
  readonly remedy: string;
  /** Other places that it follows from. The first of them that is in the file is pointed to when the path itself is a default. */
  readonly restsOn?: readonly Path[];
}

/** A well-formed setting that SageMaker, CloudWatch or the statistics would refuse, with the alternative as its remedy. */
export interface Incompatibility extends Complaint {
  readonly restsOn: readonly Path[];
  /** Names of the file's own that `found` may have meant; whoever shows the complaint picks the nearest. */
  readonly names?: readonly string[];
}

/** One mistake with its position in the file. Lines and columns count from 1; `length` is how many characters it covers on its line. */
export interface Problem {
  readonly line: number;
  readonly column: number;
  readonly length: number;
  /** `stages[0].canary.share`; empty for the file as a whole. */
  readonly path: string;
  readonly found: string;
  readonly allowed: string;
  readonly nearest?: string;
  readonly message: string;
  readonly remedy: string;
}

/** `stages[0].canary.share`; keys that are not plain words are quoted in brackets. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    if (!/^[A-Za-z_][\w-]*$/.test(part)) return `${text}[${JSON.stringify(part)}]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}

/** Whether the path is the other one, or leads on from it. */
export function isWithin(path: Path, ancestor: Path): boolean {
  return path.length >= ancestor.length && ancestor.every((part, index) => part === path[index]);
}

/** Whether both paths lead to the same place. */
export function isSame(a: Path, b: Path): boolean {
  return a.length === b.length && isWithin(a, b);
}
