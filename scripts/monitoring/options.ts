import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import path from 'node:path';
import { DEFAULT_MEMORY_MB } from '../../monitors/data/session';
import type { ColumnPath, DataFormat, ReadOptions } from '../../monitors/data/types';
import { ANALYZED_KINDS } from '../../monitors/registry';
import { BadMonitorOptions, monitorOf } from '../../monitors/run/run';
import type { Monitor } from '../../monitors/run/run';
import type { Json, MonitorKind } from '../../monitors/types';
import { nearestOf } from '../../spec/nearest';
import { Mistake } from '../mistakes';
import { positiveOption } from '../number-option';
import { modelOptions } from './model';
import type { ModelOptions } from './model';
import { readText } from '../rollout-file';
import type { VerbContext } from '../verb';

export const FILE_FORMATS: readonly DataFormat[] = ['capture', 'csv', 'jsonl', 'parquet'];

export interface MonitorOptions extends ModelOptions {
  readonly kind?: readonly MonitorKind[];
  readonly option: Readonly<Record<string, Json>>;
  readonly options?: string;
  readonly input?: DataFormat;
  readonly header: boolean;
  readonly names?: readonly string[];
  readonly outputPosition?: 'START' | 'END';
  readonly path: readonly ColumnPath[];
  readonly window?: { readonly fromMs: number; readonly toMs: number };
  readonly memory: number;
  readonly format: 'modelmonitor' | 'sluice';
  readonly output?: string;
  readonly json?: boolean;
}

/** Options that `baseline` and `check` share: what to ask of the data, and how to read it. */
export function monitorOptions(command: Command): Command {
  return modelOptions(command)
    .argument('<data...>', 'files, folders or s3:// URIs: data capture, CSV, JSON lines or Parquet')
    .option('--kind <kinds>', `monitors, by comma: ${ANALYZED_KINDS.join(', ')}`, kindsOption)
    .option('-O, --option <name=value>', 'an option of the monitor (JSON or text); may be repeated', pairOption, {})
    .option('--options <file>', 'options of the monitor as a JSON file')
    .option(
      '--input <format>',
      `how the data is written: ${FILE_FORMATS.join(', ')} (default: by its looks)`,
      formatOption
    )
    .option('--no-header', 'CSV files have no header line')
    .option('--names <a,b,c>', 'names of columns by position, outputs first for captures', namesOption)
    .option('--output-position <START|END>', 'whether a captured row begins or ends with the output', positionOption)
    .option('--path <name=input:$.path>', 'a column of captured JSON; may be repeated', pathOption, [])
    .option(
      '--window <from/to>',
      'only records of these times, in UTC: 2030-01-07T00:00Z/2030-01-08T00:00Z',
      windowOption
    )
    .option('--memory <MB>', 'what DuckDB may hold at once', positiveOption, DEFAULT_MEMORY_MB)
    .option(
      '--format <format>',
      'sluice: with report and state; modelmonitor: SageMaker’s files alone',
      outputFormat,
      'sluice'
    )
    .option('-o, --output <dir>', 'where to write the files');
}

/** Monitors with their options read. Throws a `Mistake` with everything that is wrong with them. */
export async function monitorsOf(
  context: VerbContext,
  options: MonitorOptions,
  known: {
    readonly kinds?: readonly MonitorKind[];
    readonly raw: (kind: MonitorKind) => Readonly<Record<string, Json>>;
  }
): Promise<readonly Monitor[]> {
  const file = options.options === undefined ? {} : await optionsFile(context, options.options);
  const problems: string[] = [];
  const monitors = (options.kind ?? known.kinds ?? ['dataQuality']).flatMap((kind): readonly Monitor[] => {
    try {
      return [monitorOf(kind, { ...known.raw(kind), ...file, ...options.option })];
    } catch (error) {
      if (!(error instanceof BadMonitorOptions)) throw error;
      problems.push(...error.problems.map(({ option, what, remedy }) => `${kind}: ${option}: ${what}. ${remedy}`));
      return [];
    }
  });
  if (problems.length > 0)
    throw new Mistake([...problems, 'Say them with -O name=value, or in a file: --options file.json'].join('\n'));
  return monitors;
}

/** How the command line says to read. */
export function readingOf(options: MonitorOptions): Partial<Omit<ReadOptions, 'sources' | 'format'>> {
  const { header, names, outputPosition, path: paths, window } = options;
  return {
    hasHeader: header,
    ...(names && { names }),
    ...(outputPosition && { outputPosition }),
    ...(paths.length > 0 && { paths }),
    ...(window && { window }),
  };
}

async function optionsFile(context: VerbContext, file: string): Promise<Readonly<Record<string, Json>>> {
  const text = await readText(path.resolve(context.cwd, file), file);
  try {
    const value = JSON.parse(text) as Json;
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Readonly<Record<string, Json>>;
  } catch (cause) {
    throw new Mistake(`${file} is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`, 2, { cause });
  }
  throw new Mistake(`${file} must hold an object: {"name": value, …}.`);
}

function kindsOption(text: string): readonly MonitorKind[] {
  return text.split(',').map((word) => {
    const kind = ANALYZED_KINDS.find(
      (known) => known.toLowerCase() === word.trim().toLowerCase().replaceAll(/[-_]/g, '')
    );
    if (kind) return kind;
    const nearest = nearestOf(word, ANALYZED_KINDS);
    throw new InvalidArgumentError(
      `There is no monitor ${word} of files; there are ${ANALYZED_KINDS.join(', ')}.${nearest === undefined ? '' : ` Did you mean ${nearest}?`}`
    );
  });
}

function pairOption(text: string, before: Readonly<Record<string, Json>>): Readonly<Record<string, Json>> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must be name=value.');
  return { ...before, [text.slice(0, at)]: jsonOrText(text.slice(at + 1)) };
}

function jsonOrText(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function formatOption(text: string): DataFormat {
  const format = FILE_FORMATS.find((known) => known === text);
  if (!format) throw new InvalidArgumentError(`It must be one of ${FILE_FORMATS.join(', ')}.`);
  return format;
}

function namesOption(text: string): readonly string[] {
  return text.split(',').map((name) => name.trim());
}

function positionOption(text: string): 'START' | 'END' {
  if (text !== 'START' && text !== 'END') throw new InvalidArgumentError('It must be START or END.');
  return text;
}

function pathOption(text: string, before: readonly ColumnPath[]): readonly ColumnPath[] {
  const [, name, from, where] = /^([^=]+)=(input|output):(.+)$/.exec(text) ?? [];
  if (name === undefined || where === undefined || (from !== 'input' && from !== 'output'))
    throw new InvalidArgumentError('It must be name=input:$.path or name=output:$.path.');
  return [...before, { name, from, path: where }];
}

function windowOption(text: string): { readonly fromMs: number; readonly toMs: number } {
  const [from = '', to = '', ...more] = text.split('/');
  const [fromMs, toMs] = [Date.parse(from), Date.parse(to)];
  if (more.length > 0 || !(fromMs < toMs))
    throw new InvalidArgumentError('It must be two times, the earlier first: 2030-01-07T00:00Z/2030-01-08T00:00Z.');
  return { fromMs, toMs };
}

function outputFormat(text: string): 'modelmonitor' | 'sluice' {
  if (text !== 'modelmonitor' && text !== 'sluice')
    throw new InvalidArgumentError('It must be modelmonitor or sluice.');
  return text;
}
