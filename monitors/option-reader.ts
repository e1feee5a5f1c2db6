import type { Json, OptionProblem } from './types';

/** Reads options one by one and collects what is wrong, so that all is reported at once. An option that is absent is undefined. */
export class OptionReader {
  readonly problems: OptionProblem[] = [];

  constructor(
    protected readonly raw: Readonly<Record<string, Json>>,
    known: readonly string[]
  ) {
    for (const option of Object.keys(raw))
      if (!known.includes(option)) this.problem(option, 'there is no such option', `Use ${known.join(', ')}.`);
  }

  problem(option: string, what: string, remedy: string): void {
    this.problems.push({ option, what, remedy });
  }

  /** Numbers and booleans as they would be written: a command line has text only. */
  text(option: string): string | undefined {
    const found = this.raw[option];
    if (found === undefined || found === null) return undefined;
    if (typeof found !== 'object' && found !== '') return String(found);
    this.problem(option, `${JSON.stringify(found)} is no text`, 'Write a name or a value.');
    return undefined;
  }

  /** A list, or one alone. */
  texts(option: string): readonly string[] | undefined {
    const found = this.raw[option];
    if (found === undefined || found === null) return undefined;
    const list: readonly Json[] = Array.isArray(found) ? (found as readonly Json[]) : [found];
    if (list.every((one) => typeof one === 'string' && one !== '')) return list as readonly string[];
    this.problem(option, `${JSON.stringify(found)} is no list of names`, 'Write for example [score].');
    return undefined;
  }

  number(option: string, { low, high }: { readonly low: number; readonly high: number }): number | undefined {
    const found = this.raw[option];
    if (found === undefined || found === null) return undefined;
    if (typeof found === 'number' && found >= low && found <= high) return found;
    this.problem(option, `${JSON.stringify(found)} is no number from ${low} to ${high}`, 'Write a number.');
    return undefined;
  }

  whole(option: string, least: number): number | undefined {
    const found = this.raw[option];
    if (found === undefined || found === null) return undefined;
    if (typeof found === 'number' && Number.isSafeInteger(found) && found >= least) return found;
    this.problem(option, `${JSON.stringify(found)} is no whole number`, `Write ${least} or more.`);
    return undefined;
  }

  /** A list of names; on a command line a single one stands for a list of one. */
  names(option: string): readonly string[] | undefined {
    const found = this.raw[option];
    if (found === undefined || found === null) return undefined;
    const list: readonly Json[] = Array.isArray(found) ? (found as readonly Json[]) : [found];
    const names = list.filter((name) => typeof name === 'string');
    if (names.length === list.length) return names;
    this.problem(option, `${JSON.stringify(found)} is no list of names`, 'Write for example ["id"].');
    return undefined;
  }

  flag(option: string): boolean | undefined {
    const found = this.raw[option];
    if (found === undefined || found === null || typeof found === 'boolean') return found ?? undefined;
    this.problem(option, `${JSON.stringify(found)} is neither true nor false`, 'Write true or false.');
    return undefined;
  }

  choice<const T extends string>(option: string, allowed: readonly T[]): T | undefined {
    const found = this.raw[option];
    if (found === undefined || found === null) return undefined;
    const known = allowed.find((one) => one === found);
    if (known === undefined)
      this.problem(option, `${JSON.stringify(found)} is not allowed`, `Write one of ${allowed.join(', ')}.`);
    return known;
  }
}
