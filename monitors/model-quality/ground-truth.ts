import type { DuckDBConnection } from '@duckdb/node-api';
import type { DataIssue } from '../data/types';
import { markedIssues } from '../sides/issues';
import { readSideLines } from '../sides/lines';
import type { SideObject } from '../types';

/** Table of labels: `id VARCHAR, row INTEGER, rows INTEGER, label VARCHAR, arrived BIGINT`; each (id, row) once. */
export const LABELS = 'quality_labels';
const LINES = 'quality_label_lines';
const EVERY = 'quality_every_label';

/**
 * Reads ground-truth lines as SageMaker's merge job and our gateway write them: `groundTruthData` with `CSV` (one label a line for requests of
 * many rows), `JSON` (a value, or an object whose `attribute`, else only, field is the label) or `BASE64`, by `eventMetadata.eventId`.
 * Of several labels of one id the first in order of objects and lines counts.
 * https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-merge.html
 */
export async function readGroundTruth(
  db: DuckDBConnection,
  objects: readonly SideObject[],
  attribute: string | null
): Promise<readonly DataIssue[]> {
  const issues = await readSideLines(db, objects, LINES);
  const field = attribute === null ? `''` : `'$."' || ${text(attribute.replaceAll('"', ''))} || '"'`;
  await db.run(`CREATE OR REPLACE TEMP TABLE ${EVERY} AS
    WITH told AS (
      SELECT object, line, arrived,
        json ->> '$.eventMetadata.eventId' AS id,
        json ->> '$.groundTruthData.encoding' AS encoding,
        json ->> '$.groundTruthData.data' AS data
      FROM ${LINES}
    ), decoded AS (
      SELECT * REPLACE (CASE WHEN encoding = 'BASE64' THEN TRY(decode(from_base64(data))) ELSE data END AS data) FROM told
    ), fields AS (
      SELECT object, line, arrived, id, encoding, CASE
        WHEN encoding = 'JSON' THEN ${jsonLabels(field)}
        WHEN regexp_full_match(data, '"(?s:[^"]|"")*"\\s*') THEN [data]
        ELSE string_split_regex(regexp_replace(data, '[\\r\\n]+$', ''), '\\r?\\n')
      END AS labels
      FROM decoded
    )
    SELECT object, line, arrived, id, encoding, len(labels) AS rows, generate_subscripts(labels, 1) AS row, unnest(labels) AS raw FROM fields
    UNION ALL SELECT object, line, arrived, id, encoding, 0, 0, NULL FROM fields WHERE labels IS NULL`);
  await db.run(`CREATE OR REPLACE TEMP TABLE ${LABELS} AS
    SELECT id, row, rows, ${firstField('raw', 'encoding')} AS label, arrived FROM ${EVERY}
    WHERE id IS NOT NULL AND raw IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY id, row ORDER BY object, line) = 1`);
  return [...issues, ...(await labelIssues(db, objects))];
}

/** SQL: the labels of JSON data, as a list. */
function jsonLabels(field: string): string {
  const parsed = `TRY_CAST(data AS JSON)`;
  return `CASE json_type(${parsed})
    WHEN 'ARRAY' THEN list_transform(CAST(${parsed} AS JSON[]), lambda one: one ->> '$')
    WHEN 'OBJECT' THEN [coalesce(${field === `''` ? 'NULL' : `${parsed} ->> (${field})`}, ${parsed} ->> ('$."' || json_keys(${parsed})[1] || '"'))]
    ELSE [${parsed} ->> '$'] END`;
}

/** SQL: the first field of a line of CSV (RFC 4180), trimmed; null when empty. */
function firstField(raw: string, encoding: string): string {
  return `nullif(CASE WHEN ${encoding} = 'JSON' THEN ${raw}
    WHEN starts_with(${raw}, '"') THEN replace(regexp_extract(${raw}, '^"((?s:[^"]|"")*)"', 1), '""', '"')
    ELSE trim(split_part(${raw}, ',', 1)) END, '')`;
}

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

function labelIssues(db: DuckDBConnection, objects: readonly SideObject[]): Promise<readonly DataIssue[]> {
  const marked = `SELECT object, line, CASE
        WHEN id IS NULL OR raw IS NULL THEN 'notJson'
        WHEN row_number() OVER (PARTITION BY id, row ORDER BY object, line) > 1 THEN 'duplicateId'
        WHEN encoding = 'BASE64' THEN 'base64' END AS kind
      FROM ${EVERY}`;
  return markedIssues(db, marked, {
    sources: objects.map(({ key }) => key.source),
    isUsed: (kind) => kind === 'base64',
  });
}
