import type { DuckDBConnection } from '@duckdb/node-api';
import { listOf, rowsOf } from '../../data/sql';
import { tallyTable } from '../../data/tally';
import { textOf } from '../cell';
import type { Check } from '../../types';
import type { BaselineFeature } from '../files/read-baseline';
import type { ColumnProfile } from '../profile/profile';
import { matching } from '../state/kinds';
import { shareCheck } from './context';
import type { CheckContext } from './context';

/** Type, completeness, domain and sign of one feature. */
export async function checkValues(
  db: DuckDBConnection,
  context: CheckContext,
  { feature, live }: { readonly feature: BaselineFeature; readonly live: ColumnProfile }
): Promise<readonly Check[]> {
  if (feature.constraints === null || feature.config.evaluate_constraints === 'Disabled') return [];
  const { completeness } = feature.constraints;
  const checks: Check[] = [];
  if (feature.inferred !== 'Unknown')
    checks.push(
      shareCheck(context, {
        subject: feature.name,
        check: 'data_type_check',
        hits: matching(feature.inferred, live.kinds),
        total: live.present,
        least: feature.config.datatype_check_threshold,
        what: `are ${feature.inferred}`,
      })
    );
  if (typeof completeness === 'number')
    checks.push(
      shareCheck(context, {
        subject: feature.name,
        check: 'completeness_check',
        hits: live.present,
        total: live.rows,
        least: completeness,
        what: 'are there',
        estimate: presenceOf(feature, completeness),
      })
    );
  return [
    ...checks,
    ...(await checkDomain(db, context, { feature, live })),
    ...(await checkSign(db, context, { feature, live })),
  ];
}

/** The baseline's own count, if the limit is what it measured. */
function presenceOf(
  { statistics }: BaselineFeature,
  completeness: number
): { readonly hits: number; readonly total: number } | null {
  const presence = statistics?.numerical_statistics?.common ?? statistics?.string_statistics?.common;
  if (presence === undefined) return null;
  const [hits, missing] = [Number(presence.num_present), Number(presence.num_missing)];
  const isMeasured = hits + missing > 0 && Math.abs(hits / (hits + missing) - completeness) < 1e-6;
  return isMeasured ? { hits, total: hits + missing } : null;
}

async function checkDomain(
  db: DuckDBConnection,
  context: CheckContext,
  { feature, live }: { readonly feature: BaselineFeature; readonly live: ColumnProfile }
): Promise<readonly Check[]> {
  const domains = feature.constraints?.string_constraints?.domains;
  if (domains === undefined) return [];
  const outside = await rowsOf(
    db,
    `SELECT value, n::DOUBLE, sum(n) OVER ()::DOUBLE FROM ${tallyTable(live.file)}
     WHERE value IS NOT NULL AND NOT list_contains(${listOf(domains.map(String))}::VARCHAR[], value) ORDER BY n DESC, value LIMIT 5`
  );
  const strange = Number(outside[0]?.[2] ?? 0);
  return [
    shareCheck(context, {
      subject: feature.name,
      check: 'categorical_values_check',
      hits: live.present - strange,
      total: live.present,
      least: feature.config.domain_content_threshold,
      what: `are among the ${domains.length} of the baseline`,
      ...(strange > 0 ? { extras: { outside: outside.map(([value]) => textOf(value).slice(0, 80)) } } : {}),
    }),
  ];
}

/** SageMaker writes `is_non_negative` and checks it nowhere that its guide says; the check and its name are ours. */
async function checkSign(
  db: DuckDBConnection,
  context: CheckContext,
  { feature, live }: { readonly feature: BaselineFeature; readonly live: ColumnProfile }
): Promise<readonly Check[]> {
  if (feature.constraints?.num_constraints?.is_non_negative !== true) return [];
  const [row] = await rowsOf(
    db,
    `SELECT sum(n) FILTER (number < 0)::DOUBLE, sum(n)::DOUBLE FROM ${tallyTable(live.file)} WHERE number IS NOT NULL`
  );
  const total = Number(row?.[1] ?? 0);
  return [
    shareCheck(context, {
      subject: feature.name,
      check: 'non_negative_check',
      hits: total - Number(row?.[0] ?? 0),
      total,
      least: 1,
      what: 'are not negative',
    }),
  ];
}
