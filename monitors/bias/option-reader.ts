import type { Json, OptionProblem } from '../types';

type JsonRecord = Readonly<Record<string, Json>>;

/** Reads options one by one and collects what is wrong, so that all is reported at once. */
export class OptionReader {
  readonly problems: OptionProblem[] = [];

  constructor(
    private readonly raw: JsonRecord,
    known: readonly string[]
  ) {
    for (const option of Object.keys(raw))
      if (!known.includes(option)) this.problem(option, 'there is no such option', `Use ${known.join(', ')}.`);
  }

  problem(option: string, what: string, remedy: string): void {
    this.problems.push({ option, what, remedy });
  }

  /** A column by its name, or by its position among the headers; null when it is not given. */
  column(option: string, found: Json | undefined, headers: readonly string[]): string | null {
    if (found === undefined || found === null) return null;
    if (typeof found === 'string' && found !== '') return found;
    const name = typeof found === 'number' ? headers[found] : undefined;
    if (name !== undefined) return name;
    this.problem(option, `${JSON.stringify(found)} names no column`, 'Write its name, or its position in `headers`.');
    return null;
  }

  list(option: string): readonly Json[] {
    const found = this.raw[option];
    if (found === undefined) return [];
    return Array.isArray(found) ? (found as readonly Json[]) : [found];
  }

  record(option: string): JsonRecord | undefined {
    const found = this.raw[option];
    return found === undefined ? undefined : this.asRecord(option, found);
  }

  asRecord(option: string, found: Json): JsonRecord | undefined {
    if (isRecord(found)) return found;
    this.problem(option, `${JSON.stringify(found)} is no map`, 'Write { … }.');
    return undefined;
  }

  /** Texts as cells have them: numbers and booleans as they would be written. */
  cells(option: string): readonly string[] | undefined {
    return this.cellsOf(option, this.raw[option]);
  }

  cellsOf(option: string, found: Json | undefined): readonly string[] | undefined {
    if (found === undefined || found === null) return undefined;
    const list: readonly Json[] = Array.isArray(found) ? (found as readonly Json[]) : [found];
    const cells = list.flatMap((one) => (one === null || typeof one === 'object' ? [] : [String(one)]));
    if (cells.length === list.length) return cells.length === 0 ? undefined : cells;
    this.problem(option, `${JSON.stringify(found)} is no list of values`, 'Write for example ["1"].');
    return undefined;
  }

  words(option: string): readonly string[] | undefined {
    return this.cells(option);
  }

  number(option: string, { low, high }: { readonly low: number; readonly high: number }): number | undefined {
    const found = this.raw[option];
    if (found === undefined) return undefined;
    if (typeof found === 'number' && found >= low && found <= high) return found;
    this.problem(
      option,
      `${JSON.stringify(found)} is no number between ${low} and ${high}`,
      `Write for example ${(low + high) / 2}.`
    );
    return undefined;
  }

  whole(option: string, least: number): number | undefined {
    const found = this.raw[option];
    if (found === undefined) return undefined;
    if (typeof found === 'number' && Number.isSafeInteger(found) && found >= least) return found;
    this.problem(
      option,
      `${JSON.stringify(found)} is no whole number of ${least} or more`,
      `Write for example ${Math.max(1, least)}.`
    );
    return undefined;
  }

  choice<const T extends string>(option: string, allowed: readonly T[]): T | undefined {
    const found = this.raw[option];
    if (found === undefined) return undefined;
    const known = allowed.find((one) => one === found);
    if (known === undefined)
      this.problem(option, `${JSON.stringify(found)} is not among ${allowed.join(', ')}`, `Write ${allowed[0]}.`);
    return known;
  }
}

export function isRecord(found: Json | undefined): found is JsonRecord {
  return typeof found === 'object' && found !== null && !Array.isArray(found);
}
