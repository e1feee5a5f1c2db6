import type { DuckDBConnection } from '@duckdb/node-api';
import { MARK } from './line-marks';
import type { Batch } from './lines';
import { linesSql } from './lines';
import { quoted } from './sql';
import type { ReadOptions } from './types';

const SIDE = '{"data":"VARCHAR","encoding":"VARCHAR","observedContentType":"VARCHAR"}';
const RECORD = `{"captureData":{"endpointInput":${SIDE},"endpointOutput":${SIDE}},
  "eventMetadata":{"eventId":"VARCHAR","inferenceId":"VARCHAR","inferenceTime":"VARCHAR"},"groundTruthData":{"data":"VARCHAR"}}`;

/**
 * The table that captured records are read into: `bad` is what makes a line unusable; `c` the cells of a record that is nothing but
 * plain CSV in one row, `w` how many; of every other record the bodies as they are.
 */
export async function createStage(db: DuckDBConnection, stage: string): Promise<void> {
  await db.run(`CREATE TABLE ${stage} (o INTEGER, n BIGINT, bad VARCHAR, event VARCHAR, inference VARCHAR, ms BIGINT, label VARCHAR,
    has_out BOOLEAN, has_in BOOLEAN, c VARCHAR, w INTEGER,
    out_data VARCHAR, out_encoding VARCHAR, out_type VARCHAR, in_data VARCHAR, in_encoding VARCHAR, in_type VARCHAR)`);
}

/** Reads a batch of objects. */
export async function stageBatch(
  db: DuckDBConnection,
  { stage, batch, options }: { readonly stage: string; readonly batch: Batch; readonly options: ReadOptions }
): Promise<void> {
  const { window, paths, outputPosition } = options;
  const both = outputPosition === 'END' ? `concat_ws(',', i, p)` : `concat_ws(',', p, i)`;
  const isOutside = window ? `ms < ${window.fromMs} OR ms >= ${window.toMs}` : 'false';
  await db.run(`INSERT INTO ${stage}
    SELECT o, n, bad, event, inference, ms, label, p IS NOT NULL, i IS NOT NULL,
      c, strlen(c) - strlen(replace(c, ',', '')) + 1 AS w,
      CASE WHEN loose THEN p END, CASE WHEN loose THEN po.encoding END, CASE WHEN loose THEN po.observedContentType END,
      CASE WHEN loose THEN i END, CASE WHEN loose THEN pi.encoding END, CASE WHEN loose THEN pi.observedContentType END
    FROM (
      SELECT *, CASE WHEN bad IS NULL AND plain THEN ${both} END AS c, bad IS NULL AND NOT plain AS loose FROM (
        SELECT o, n, event, inference, ms, label, p, i, po, pi,
          coalesce(bad, CASE WHEN ${isOutside} THEN 'outsideWindow' WHEN p IS NULL AND i IS NULL THEN 'notCapture' END) AS bad,
          ${paths === undefined ? `${isPlain('p', 'po')} AND ${isPlain('i', 'pi')}` : 'false'} AS plain
        FROM (
          SELECT o, n, CASE WHEN r IS NULL THEN ${BAD_LINE} END AS bad, r.eventMetadata.eventId AS event, r.eventMetadata.inferenceId AS inference,
            epoch_ms(TRY_CAST(r.eventMetadata.inferenceTime AS TIMESTAMPTZ)) AS ms, ${body('r.groundTruthData.data')} AS label,
            r.captureData.endpointOutput AS po, r.captureData.endpointInput AS pi,
            ${body('r.captureData.endpointOutput.data')} AS p,
            ${body('r.captureData.endpointInput.data')} AS i
          FROM (SELECT o, n, t, TRY(from_json(t, ${quoted(RECORD)})) AS r FROM (${linesSql(batch)})))))`);
}

/**
 * What makes a line unusable before anyone looks at what is in it; asked of those that did not become a record, since looking at each twice takes
 * a fifth of the time. Blank lines are no records, and nothing is wrong with them.
 */
const BAD_LINE = `CASE
  WHEN json_valid(t) THEN NULL
  WHEN starts_with(t, ${quoted(MARK)}) THEN substr(t, 2)
  WHEN trim(t) = '' THEN 'blank'
  WHEN starts_with(ltrim(t), '{') AND NOT ends_with(rtrim(t), '}') THEN 'truncatedLine'
  ELSE 'notJson' END`;

/** Without the line break at its end; trimming what has none would cost as much as reading it. */
function body(data: string): string {
  return `nullif(CASE WHEN ends_with(${data}, chr(10)) THEN rtrim(${data}, chr(10) || chr(13)) ELSE ${data} END, '')`;
}

function isPlain(data: string, side: string): string {
  return `(${data} IS NULL OR (${side}.encoding = 'CSV' AND NOT contains(${data}, '"') AND NOT contains(${data}, chr(10))))`;
}
