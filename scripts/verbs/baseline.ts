import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { writeArtefacts } from '../../monitors/run/folder';
import { baseline, digest } from '../../monitors/run/run';
import type { Artefacts } from '../../monitors/types';
import { plural } from '../../report/words';
import { EXIT } from '../exit-codes';
import type { ExitCode } from '../exit-codes';
import { Mistake } from '../mistakes';
import type { MonitorOptions } from '../monitoring/options';
import { monitorOptions, monitorsOf } from '../monitoring/options';
import { issueLines } from '../monitoring/show';
import { withDataset } from '../monitoring/work';
import { examples, notice, print, printJson } from '../verb';
import type { Verb, VerbContext } from '../verb';

/** `sluice baseline`: what data looks like, in SageMaker's files, for later checks to compare with; needs no server and no AWS. */
export const baselineVerb: Verb = {
  declare(command, context) {
    monitorOptions(command)
      .option('--json', 'print the files as one JSON object')
      .action(context.action((data: string[], options: MonitorOptions) => run(context, data, options)));
    examples(command, [
      ['sluice baseline train.csv -o baseline/', 'data quality: statistics.json and constraints.json'],
      ['sluice baseline s3://capture/reviews/v7/2030/01/07 -o baseline/', 'of a day of captured traffic'],
      [
        'sluice baseline validation.csv --kind modelQuality --options quality.json -o quality/',
        'of a labelled data set',
      ],
      [
        'sluice baseline validation.csv --kind attribution -O label=approved --model "python serve.py" -o why/',
        'Kernel SHAP against the model',
      ],
      ['sluice baseline train.csv -o b/ --format modelmonitor', 'SageMaker’s files alone'],
    ]);
  },
};

async function run(context: VerbContext, data: readonly string[], options: MonitorOptions): Promise<ExitCode> {
  const monitors = await monitorsOf(context, options, { raw: () => ({}) });
  if (options.output === undefined && options.json !== true)
    throw new Mistake('Say where to write the baseline with -o <dir>, or print it with --json.');
  return withDataset(context, { data, options }, async ({ session, dataset, hooks }) => {
    if (dataset.rows === 0) {
      notice(context, ...issueLines(dataset.issues));
      throw new Mistake(`There is no row to make a baseline of in ${data.join(', ')}.`);
    }
    const made: Record<string, Artefacts> = {};
    for (const monitor of monitors) {
      const { kind } = monitor.analyzer;
      const dir =
        options.output === undefined
          ? undefined
          : path.resolve(context.cwd, options.output, ...(monitors.length > 1 ? [kind] : []));
      const keepsState = dir !== undefined && options.format === 'sluice';
      const work = keepsState ? dir : await mkdtemp(path.join(os.tmpdir(), 'sluice-state-'));
      try {
        await digest(session, monitor, { dataset, dir: work, hooks });
        const artefacts = await baseline(session, monitor, { dir: work, hooks });
        if (dir !== undefined) await writeArtefacts(dir, { artefacts });
        made[kind] = artefacts;
        if (options.json !== true)
          print(
            context,
            `${kind}: a baseline of ${plural(dataset.rows, 'row')} and ${plural(dataset.columns.length, 'column')}: ${Object.keys(artefacts).join(', ')} in ${path.relative(context.cwd, dir ?? '') || '.'}`
          );
      } finally {
        if (!keepsState) await rm(work, { recursive: true, force: true });
      }
    }
    if (options.json === true) printJson(context, monitors.length === 1 ? Object.values(made)[0] : made);
    else if (dataset.issues.length > 0) print(context, ...issueLines(dataset.issues));
    return EXIT.done;
  });
}
