import { mkdtemp, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { baselineNames, readBaseline, writeArtefacts } from '../../monitors/run/folder';
import type { Baseline } from '../../monitors/run/folder';
import { check, digest } from '../../monitors/run/run';
import type { Checked, MonitorKind } from '../../monitors/types';
import { MONITOR_KINDS } from '../../monitors/types';
import { worstVerdict } from '../../monitors/verdicts';
import type { PagePart } from '../../report/monitor-page/types';
import { EXIT } from '../exit-codes';
import type { ExitCode } from '../exit-codes';
import { Mistake } from '../mistakes';
import type { MonitorOptions } from '../monitoring/options';
import { monitorOptions, monitorsOf } from '../monitoring/options';
import { featuresOf, writePages } from '../monitoring/page';
import type { PageOptions } from '../monitoring/page';
import { checkLines } from '../monitoring/show';
import { bringPrefix } from '../monitoring/sources';
import { withDataset } from '../monitoring/work';
import { examples, print, printJson } from '../verb';
import type { Verb, VerbContext } from '../verb';

interface CheckOptions extends MonitorOptions, PageOptions {
  readonly baseline: string;
}

/** `sluice check`: judges data against a baseline, as the monitors of production do; needs no server and no AWS. */
export const checkVerb: Verb = {
  declare(command, context) {
    monitorOptions(command)
      .requiredOption(
        '--baseline <dir>',
        'folder or s3:// prefix: what `sluice baseline` has written, or SageMaker’s own files'
      )
      .option('--html <file>', 'write the report as one page: features before and now, intervals, issues, budget')
      .option('--markdown <file>', 'write it as Markdown, for a pull request or a chat')
      .option('--json', 'print the report as JSON (with --format modelmonitor: constraint_violations.json)')
      .action(context.action((data: string[], options: CheckOptions) => run(context, data, options)));
    examples(command, [
      ['sluice check captured/ --baseline baseline/', 'yesterday’s traffic, as it was captured'],
      [
        'sluice check s3://capture/reviews/v7/2030/01/08 --baseline baseline/ -o check/',
        'files and report of a day in S3',
      ],
      ['sluice check captured/ --baseline baseline/ --html check.html', 'a page to look at, and to pass on'],
      ['sluice check new.csv --baseline baseline/ --json | jq .verdict', 'for scripts; so does the exit code'],
    ]);
    command.addHelpText(
      'after',
      `\nExit codes: 0 everything passed; ${EXIT.violated} something was violated; ${EXIT.undecided} the data does not decide; 2 bad input`
    );
  },
};

async function run(context: VerbContext, data: readonly string[], options: CheckOptions): Promise<ExitCode> {
  if (!options.baseline.startsWith('s3://')) return judge(context, data, { ...options, baselineDir: options.baseline });
  const baselineDir = await mkdtemp(path.join(os.tmpdir(), 'sluice-baseline-'));
  try {
    await bringPrefix(context, options.baseline, baselineDir);
    return await judge(context, data, { ...options, baselineDir });
  } finally {
    await rm(baselineDir, { recursive: true, force: true });
  }
}

async function judge(
  context: VerbContext,
  data: readonly string[],
  options: CheckOptions & { readonly baselineDir: string }
): Promise<ExitCode> {
  const baselines = await baselinesIn(context, options);
  const monitors = await monitorsOf(context, options, {
    kinds: [...baselines.keys()],
    raw: (kind) => baselines.get(kind)?.reading?.options ?? {},
  });
  const names = [...baselines.values()].map(baselineNames).find((known) => known !== undefined);
  return withDataset(context, { data, options, names }, async ({ session, dataset, hooks }) => {
    const found: Checked[] = [];
    const parts: PagePart[] = [];
    for (const monitor of monitors) {
      const { kind } = monitor.analyzer;
      const baseline = baselines.get(kind) ?? noBaseline(baselines, kind, options);
      const work = await mkdtemp(path.join(os.tmpdir(), 'sluice-state-'));
      try {
        await digest(session, monitor, { dataset, dir: work, hooks });
        const checked = await check(session, monitor, { dir: work, baseline, hooks });
        found.push(checked);
        const features = featuresOf(baseline.artefacts, checked.artefacts);
        parts.push({ report: checked.report, features, history: [] });
        if (options.output === undefined) continue;
        const dir = path.resolve(context.cwd, options.output, ...(monitors.length > 1 ? [kind] : []));
        const { artefacts, report } = checked;
        await writeArtefacts(dir, options.format === 'sluice' ? { artefacts, report } : { artefacts });
      } finally {
        await rm(work, { recursive: true, force: true });
      }
    }
    show(context, found, options);
    const title = `${data.length === 1 ? (data[0] ?? '') : `${data.length} sources`} against ${options.baseline}`;
    const pages = await writePages(context, options, { title, parts });
    if (options.json !== true && pages.length > 0) print(context, '', `  page: ${pages.join(', ')}`);
    return exitCode(found);
  });
}

function show(context: VerbContext, found: readonly Checked[], options: CheckOptions): void {
  if (options.json !== true) {
    found.forEach(({ report }, at) => print(context, ...(at > 0 ? [''] : []), ...checkLines(report)));
    return;
  }
  const values = found.map(({ report, artefacts }) =>
    options.format === 'sluice' ? report : (artefacts['constraint_violations.json'] ?? { violations: [] })
  );
  printJson(context, values.length === 1 ? values[0] : values);
}

/** Baselines by their kind: of the folder itself, or of its folders by kind. */
async function baselinesIn(
  context: VerbContext,
  options: Pick<CheckOptions, 'kind'> & { readonly baselineDir: string }
): Promise<ReadonlyMap<MonitorKind, Baseline>> {
  const dir = path.resolve(context.cwd, options.baselineDir);
  const found = new Map<MonitorKind, Baseline>();
  for (const kind of MONITOR_KINDS) {
    const below = path.join(dir, kind);
    const isThere = await stat(below).then(
      (entry) => entry.isDirectory(),
      () => false
    );
    if (isThere) found.set(kind, await known(below));
  }
  if (found.size > 0) return found;
  const baseline = await known(dir);
  return new Map([[baseline.reading?.monitor ?? options.kind?.[0] ?? guessedKind(baseline), baseline]]);
}

async function known(dir: string): Promise<Baseline> {
  try {
    return await readBaseline(dir);
  } catch (error) {
    if (error instanceof RangeError)
      throw new Mistake(`${error.message}\nMake one: sluice baseline <data> -o <dir>`, 2, { cause: error });
    throw error;
  }
}

/** SageMaker's files say by what they hold which monitor they are of. */
function guessedKind({ artefacts }: Baseline): MonitorKind {
  const constraints = artefacts['constraints.json'];
  if (
    typeof constraints === 'object' &&
    constraints !== null &&
    Object.keys(constraints).some((key) => key.endsWith('_constraints'))
  )
    return 'modelQuality';
  const analysis = artefacts['analysis.json'];
  if (typeof analysis === 'object' && analysis !== null) return 'explanations' in analysis ? 'attribution' : 'bias';
  return 'dataQuality';
}

function noBaseline(
  baselines: ReadonlyMap<MonitorKind, Baseline>,
  kind: MonitorKind,
  { baseline }: CheckOptions
): never {
  const kinds = [...baselines.keys()].join(', ');
  throw new Mistake(
    `${baseline} has no baseline of ${kind}, but of ${kinds}. Make one: sluice baseline <data> --kind ${kind} -o <dir>`
  );
}

function exitCode(found: readonly Checked[]): ExitCode {
  switch (worstVerdict(found.map(({ report }) => report))) {
    case 'pass':
      return EXIT.done;
    case 'fail':
      return EXIT.violated;
    case 'inconclusive':
    case 'error':
      return EXIT.undecided;
  }
}
