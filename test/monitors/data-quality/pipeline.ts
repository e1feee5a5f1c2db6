import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openSession, readDataset } from '../../../monitors/data';
import type { Session } from '../../../monitors/data';
import { readBaseline } from '../../../monitors/run/folder';
import { baseline, check, digest, merge, monitorOf } from '../../../monitors/run/run';
import type { Checked, Json } from '../../../monitors/types';
import { scratch } from '../data/files';

export type Table = Readonly<Record<string, readonly (string | number | null)[]>>;

/** CSV with a header; null is an empty cell. */
export function csvOf(table: Table): string {
  const names = Object.keys(table);
  const rows = Object.values(table)[0]?.length ?? 0;
  const cell = (value: string | number | null | undefined) =>
    value === null || value === undefined
      ? ''
      : /[",\n]/.test(String(value))
        ? JSON.stringify(value).replaceAll('\\"', '""')
        : String(value);
  const lines = Array.from({ length: rows }, (_, i) => names.map((name) => cell(table[name]?.[i])).join(','));
  return [names.join(','), ...lines, ''].join('\n');
}

type Options = Readonly<Record<string, Json>>;

/** Runs the whole analyzer on files, as the worker does. */
export class Pipeline {
  private readonly dir = scratch('data-quality');
  private count = 0;
  private session: Session | undefined;

  async open(): Promise<void> {
    this.session = await openSession({ dir: path.join(this.dir, 'session') });
  }

  close(): Promise<void> | undefined {
    return this.session?.close();
  }

  /** Digests each of `shards` (each some objects of CSV by key) and joins them. @returns the folder. */
  async state(shards: readonly Readonly<Record<string, string>>[], options: Options = {}): Promise<string> {
    const { session } = this;
    if (!session) throw new Error('open first');
    const monitor = monitorOf('dataQuality', options);
    const dirs: string[] = [];
    for (const objects of shards) {
      const folder = this.folder();
      const sources = Object.entries(objects).map(([key, text]) => {
        const file = path.join(folder, 'in', key);
        mkdirSync(path.dirname(file), { recursive: true });
        writeFileSync(file, text);
        return { path: file, key: { source: `s3://bucket/${key}`, etag: null, bytes: text.length } };
      });
      const dataset = await readDataset(session, { sources, format: 'csv', hasHeader: true });
      await digest(session, monitor, { dataset, dir: path.join(folder, 'out'), hooks: {} });
      dirs.push(path.join(folder, 'out'));
    }
    if (dirs.length === 1) return dirs[0] ?? '';
    const to = path.join(this.folder(), 'merged');
    await merge(session, monitor, { from: dirs, to, hooks: {} });
    return to;
  }

  /** A baseline's folder: files and state. */
  async baseline(table: Table, options: Options = {}): Promise<string> {
    const dir = await this.state([{ 'baseline.csv': csvOf(table) }], options);
    const { session } = this;
    if (!session) throw new Error('open first');
    const files = await baseline(session, monitorOf('dataQuality', options), { dir, hooks: {} });
    for (const [name, value] of Object.entries(files)) writeFileSync(path.join(dir, name), JSON.stringify(value));
    return dir;
  }

  async check(
    of: { readonly baseline: string; readonly live: Table | string },
    options: Options = {},
    hooks: { readonly carried?: Json } = {}
  ): Promise<Checked> {
    const { session } = this;
    if (!session) throw new Error('open first');
    const dir = typeof of.live === 'string' ? of.live : await this.state([{ 'live.csv': csvOf(of.live) }], options);
    return check(session, monitorOf('dataQuality', options), { dir, baseline: await readBaseline(of.baseline), hooks });
  }

  folder(): string {
    this.count += 1;
    const folder = path.join(this.dir, String(this.count));
    mkdirSync(folder, { recursive: true });
    return folder;
  }
}

/** Violations as `feature check`, without the sequential test's. */
export function violated({ artefacts }: Checked): readonly string[] {
  const file = artefacts['constraint_violations.json'] as {
    violations: { feature_name: string; constraint_check_type: string }[];
  };
  return file.violations
    .filter(({ constraint_check_type: type }) => type !== 'sequential_drift_check')
    .map(({ feature_name: name, constraint_check_type: type }) => `${name} ${type}`);
}

export const checkOf = ({ report }: Checked, subject: string, kind: string) => {
  const found = report.checks.find((one) => one.subject === subject && one.check === kind);
  if (!found) throw new Error(`no ${kind} of ${subject}`);
  return found;
};
