import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { prepareEmployment } from '../../examples/employment/data';
import type { EmploymentFiles } from '../../examples/employment/data';
import { openSession, readDataset, rowsOf } from '../../monitors/data';
import type { Session } from '../../monitors/data';
import { readBaseline, writeArtefacts } from '../../monitors/run/folder';
import { baseline, check, digest, monitorOf } from '../../monitors/run/run';
import type { Checked, Json, MonitorKind } from '../../monitors/types';
import { scratch } from '../monitors/data/files';

const dir = scratch('employment');
const optionsOf = (file: string) =>
  JSON.parse(readFileSync(path.join('examples', 'employment', file), 'utf8')) as Readonly<Record<string, Json>>;

describe('employment in Massachusetts', () => {
  let files: EmploymentFiles;
  let session: Session;
  beforeAll(async () => {
    files = await prepareEmployment(dir);
    session = await openSession({ dir: path.join(dir, 'session') });
  });
  afterAll(() => session.close());

  let folders = 0;
  const digested = async (kind: MonitorKind, options: Readonly<Record<string, Json>>, file: string) => {
    const source = { path: file, key: { source: path.basename(file), etag: null, bytes: 0 } };
    const dataset = await readDataset(session, { sources: [source], format: 'csv', hasHeader: true });
    folders += 1;
    const folder = path.join(dir, String(folders));
    await digest(session, monitorOf(kind, options), { dataset, dir: folder, hooks: {} });
    return folder;
  };
  const baselineOf = async (kind: MonitorKind, options: Readonly<Record<string, Json>>) => {
    const folder = await digested(kind, options, files.baseline);
    await writeArtefacts(folder, {
      artefacts: await baseline(session, monitorOf(kind, options), { dir: folder, hooks: {} }),
    });
    return folder;
  };
  const checked = async (
    kind: MonitorKind,
    options: Readonly<Record<string, Json>>,
    of: { readonly baseline: string; readonly file: string }
  ): Promise<Checked> =>
    check(session, monitorOf(kind, options), {
      dir: await digested(kind, options, of.file),
      baseline: await readBaseline(of.baseline),
      hooks: {},
    });

  test('three years later the data still looks the same; a lost unit and another code do not', async () => {
    const options = { resamples: 20 };
    const from = await baselineOf('dataQuality', options);
    const later = await checked('dataQuality', options, { baseline: from, file: files.years[2018] });
    expect(later.report).toMatchObject({ verdict: 'pass', rows: { used: 70_131 } });
    const broken = path.join(dir, 'broken.csv');
    await session.db.run(
      `COPY (SELECT * REPLACE (AGEP * 12 AS AGEP, SEX - 1 AS SEX) FROM read_csv('${files.years[2018]}')) TO '${broken}' (FORMAT csv, HEADER)`
    );
    const { report } = await checked('dataQuality', options, { baseline: from, file: broken });
    const failed = report.checks.filter(({ verdict }) => verdict === 'fail');
    expect(new Set(failed.map(({ subject }) => subject))).toEqual(new Set(['AGEP', 'SEX', '(all features together)']));
    const sex = report.checks.find(({ subject, check: kind }) => subject === 'SEX' && kind === 'baseline_drift_check');
    // All of 2018 are at or below the new code of women, and in 2015 only men are: the distance is the share of women.
    const [row] = await rowsOf(
      session.db,
      `SELECT count(*) FILTER (SEX = 2) / count(*) FROM read_csv('${files.years[2018]}')`
    );
    expect(Math.abs((sex?.value ?? 0) - Number(row?.[0]))).toBeLessThan(0.02);
  });

  test('the model is as good in 2018 as in 2015', async () => {
    const options = optionsOf('quality.json');
    const from = await baselineOf('modelQuality', options);
    const { report } = await checked('modelQuality', options, { baseline: from, file: files.years[2018] });
    expect(report).toMatchObject({ verdict: 'pass', rows: { used: 70_131 } });
  });
});
