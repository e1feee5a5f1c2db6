import type { DuckDBConnection } from '@duckdb/node-api';
import { listOf, rowsOf } from '../../data/sql';
import { textOf } from '../cell';
import type { Check } from '../../types';
import type { BaselineFeature } from '../files/read-baseline';
import type { ColumnProfile } from '../profile/profile';
import { matching } from '../state/kinds';
import { shareCheck } from './context';
import type { CheckContext } from './context';

interface LiveColumn {
  readonly feature: BaselineFeature;
  readonly live: ColumnProfile;
  /** SQL: its tally. */
  readonly table: string;
}

/** Type, completeness, domain and sign of one feature. */
export async function checkValues(
  db: DuckDBConnection,
  context: CheckContext,
  { feature, live, table }: LiveColumn
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
    ...(await checkDomain(db, context, { feature, live, table })),
    ...checkSign(context, { feature, live }),
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
  { feature, live, table }: LiveColumn
): Promise<readonly Check[]> {
  const domains = feature.constraints?.string_constraints?.domains;
  if (domains === undefined) return [];
  const { strange, examples } = await strangers(db, { live, table, domains: domains.map(String) });
  return [
    shareCheck(context, {
      subject: feature.name,
      check: 'categorical_values_check',
      hits: live.present - strange,
      total: live.present,
      least: feature.config.domain_content_threshold,
      what: `are among the ${domains.length} of the baseline`,
      ...(strange > 0 ? { extras: { outside: examples.map((value) => value.slice(0, 80)) } } : {}),
    }),
  ];
}

const MOST_EXAMPLES = 5;

/** How many values the domain does not have, and the most frequent of them. */
async function strangers(
  db: DuckDBConnection,
  of: { readonly live: ColumnProfile; readonly table: string; readonly domains: readonly string[] }
): Promise<{ readonly strange: number; readonly examples: readonly string[] }> {
  const { live, table, domains } = of;
  if (live.categories !== null) {
    const known = new Set(domains);
    const outside = live.categories.filter(({ value }) => !known.has(value));
    return {
      strange: outside.reduce((sum, { count }) => sum + count, 0),
      examples: outside.slice(0, MOST_EXAMPLES).map(({ value }) => value),
    };
  }
  const outside = await rowsOf(
    db,
    `SELECT value, sum(n) OVER ()::DOUBLE FROM ${table}
     WHERE value IS NOT NULL AND NOT list_contains(${listOf(domains)}::VARCHAR[], value) ORDER BY n DESC, value LIMIT ${MOST_EXAMPLES}`
  );
  return { strange: Number(outside[0]?.[1] ?? 0), examples: outside.map(([value]) => textOf(value)) };
}

/** SageMaker writes `is_non_negative` and checks it nowhere that its guide says; the check and its name are ours. */
function checkSign(context: CheckContext, { feature, live }: Pick<LiveColumn, 'feature' | 'live'>): readonly Check[] {
  if (feature.constraints?.num_constraints?.is_non_negative !== true) return [];
  const { numbers: total, negative } = live;
  return [
    shareCheck(context, {
      subject: feature.name,
      check: 'non_negative_check',
      hits: total - negative,
      total,
      least: 1,
      what: 'are not negative',
    }),
  ];
}
