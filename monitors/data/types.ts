import type { DuckDBConnection } from '@duckdb/node-api';

/** What can be wrong with a line or an object. Each is counted, none is dropped in silence, none is a crash. */
export const DATA_ISSUES = [
  'emptyObject',
  'unreadable',
  'notCapture',
  'truncatedLine',
  'notJson',
  'notUtf8',
  'lineTooLong',
  'base64',
  'noOutput',
  'noInput',
  'nestedJson',
  'notFinite',
  'wrongColumnCount',
  'tooManyColumns',
  'headerRow',
  'duplicateId',
  'outsideWindow',
  'noTime',
  'clockSkew',
  'noLabel',
] as const;
export type DataIssueKind = (typeof DATA_ISSUES)[number];

export interface DataIssue {
  readonly kind: DataIssueKind;
  readonly count: number;
  /** How many of them are not among the dataset's rows; the others are used as well as they can be. */
  readonly unused: number;
  /** Where it was met first. Lines count from 1; null where it is about the whole object. */
  readonly first: { readonly source: string; readonly line: number | null; readonly note?: string };
}

/** One object or file that was read: evidence that a report can be checked against. */
export interface SourceKey {
  /** `s3://…` or a path. */
  readonly source: string;
  readonly etag: string | null;
  readonly bytes: number;
}

/**
 * Data as a table of text, every cell as it was written: inference of types is the analyzers' business. Columns that start with `_`
 * are ours: `_object` INTEGER (index into `evidence`), `_line` BIGINT and `_row` INTEGER (from 1; a captured record can hold many
 * rows), `_id` VARCHAR (inference id, else event id; null for plain files), `_at` BIGINT (inference time, milliseconds; null for
 * plain files), `_variant` VARCHAR, `_label` VARCHAR (the ground truth that a merge has put into a captured record). Then one VARCHAR column for each of `columns`, null where the cell is missing or empty.
 * Ordered by object, line, row: what depends on order has one.
 */
export interface Dataset {
  readonly db: DuckDBConnection;
  /** Name of the table or view. */
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: number;
  readonly window: { readonly fromMs: number; readonly toMs: number } | null;
  readonly issues: readonly DataIssue[];
  readonly evidence: readonly SourceKey[];
}

export type DataFormat = 'capture' | 'csv' | 'jsonl' | 'parquet';

/** Where a column comes from, for JSON that is not flat: a JSONPath as `schema` in the rollout file has them. */
export interface ColumnPath {
  readonly name: string;
  readonly from: 'input' | 'output';
  /** Such as `$.instances[*].text`. */
  readonly path: string;
}

/** How to read. `sources` are local files or folders; objects of S3 are brought near by an activity first, and keep their names. */
export interface ReadOptions {
  readonly sources: readonly { readonly path: string; readonly key: SourceKey }[];
  readonly format: DataFormat;
  /** CSV files with a header line; captured CSV has none. */
  readonly hasHeader?: boolean;
  /** Names by position: outputs first for captures (SageMaker's `output_columns_position: START`), or as the baseline has them. */
  readonly names?: readonly string[];
  readonly outputPosition?: 'START' | 'END';
  readonly paths?: readonly ColumnPath[];
  /** Half open, by inference time. */
  readonly window?: { readonly fromMs: number; readonly toMs: number };
  /** Of a shard of captures: a file to write its events into, for `writeRepeated`; and one of those that it must leave out. */
  readonly events?: string;
  readonly repeated?: string;
}
