import { mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { openSession } from '../data/session';
import { named } from '../data/sql';
import type { DataIssue, Dataset } from '../data/types';
import type { Baseline } from '../run/folder';
import { baselineNames, violationsOf, writeArtefacts } from '../run/folder';
import { baseline, check, digest, monitorOf, read } from '../run/run';
import type { Checked, Json } from '../types';
import { askedOf } from './contract';
import { withPredictor } from './hosted-model';
import { writeMetrics } from './metrics';
import type { Place } from './place';
import { jsonFile, objectsIn } from './place';

/** Does what Model Monitor's and Clarify's images do, by their contract. Resolves to the exit message. */
export async function monitorAsSageMaker(place: Place): Promise<string> {
  const asked = await askedOf(place);
  const monitor = monitorOf(asked.monitor, asked.options);
  const known = await baselineOf(asked.baseline);
  const sources = await objectsIn(place, asked.dataDir);
  const session = await openSession({ dir: await mkdtemp(path.join(os.tmpdir(), 'monitor-')) });
  try {
    const names = asked.reading.names ?? (known && baselineNames(known));
    const found = await read(session, { ...asked.reading, ...(names && { names }), sources }, {});
    const dataset = asked.mergedLabel === null ? found : await withMergedLabel(found, asked.mergedLabel);
    if (dataset.rows === 0) throw new RangeError(`There are no records in the window${because(dataset.issues)}.`);
    const dir = path.join(session.dir, 'state');
    await digest(session, monitor, { dataset, dir, hooks: {} });
    const [checked, suggested] = await withPredictor(asked.options['predictor'], async (model) => {
      const hooks = model ? { model } : {};
      return known
        ? [await check(session, monitor, { dir, baseline: known, hooks }), {}]
        : [undefined, await baseline(session, monitor, { dir, hooks })];
    });
    const all: Pick<Checked, 'artefacts'> & Partial<Checked> = {
      ...checked,
      artefacts: {
        ...(known?.artefacts['constraints.json'] !== undefined && {
          'constraints.json': known.artefacts['constraints.json'],
        }),
        ...suggested,
        ...checked?.artefacts,
      },
    };
    await writeArtefacts(asked.outputDir, all);
    if (place.env['publish_cloudwatch_metrics'] === 'Enabled') await writeMetrics(place, asked.monitor, all);
    return exitMessage(checked);
  } finally {
    await session.close();
  }
}

/** SageMaker reads from it whether an execution ended with violations. */
export function exitMessage(checked: Pick<Checked, 'report'> | undefined): string {
  const count = checked ? violationsOf(checked.report).length : 0;
  return count > 0
    ? `CompletedWithViolations: Job completed successfully with ${count} violations.`
    : 'Completed: Job completed successfully with no violations.';
}

/** Labels that a merge has put beside captured records become a column; an answer of the same name makes room. */
async function withMergedLabel(dataset: Dataset, label: string): Promise<Dataset> {
  const { db, table, columns } = dataset;
  const target = `ALTER TABLE ${named(table)}`;
  if (columns.includes(label)) await db.run(`${target} RENAME COLUMN ${named(label)} TO predicted_label`);
  await db.run(`${target} ADD COLUMN ${named(label)} VARCHAR`);
  await db.run(`UPDATE ${named(table)} SET ${named(label)} = _label`);
  return { ...dataset, columns: [...columns.map((one) => (one === label ? 'predicted_label' : one)), label] };
}

async function baselineOf(files: Readonly<Record<string, string>>): Promise<Baseline | undefined> {
  const artefacts: Record<string, Json> = {};
  for (const [name, file] of Object.entries(files)) {
    const value = await jsonFile(file);
    if (value === undefined) continue;
    artefacts[name] = value as Json;
    artefacts[path.basename(file)] = value as Json;
  }
  return Object.keys(artefacts).length === 0 ? undefined : { artefacts, stateDir: null, reading: null };
}

function because(issues: readonly DataIssue[]): string {
  if (issues.length === 0) return '';
  const told = issues.map(
    ({ kind, count, first }) =>
      `${kind} ${count} times, first in ${first.source}${first.line === null ? '' : `:${first.line}`}`
  );
  return `: ${told.join('; ')}`;
}
