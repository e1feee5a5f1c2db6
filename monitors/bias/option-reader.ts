import { OptionReader } from '../option-reader';
import type { Json } from '../types';

type JsonRecord = Readonly<Record<string, Json>>;

/** Reads Clarify's `analysis_config.json`: columns by name or position, cells written as numbers, maps within maps. */
export class ConfigReader extends OptionReader {
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
}

export function isRecord(found: Json | undefined): found is JsonRecord {
  return typeof found === 'object' && found !== null && !Array.isArray(found);
}
