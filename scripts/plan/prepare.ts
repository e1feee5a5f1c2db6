import type { ActivityDeps } from '../../activities/deps';
import { createObjectReader } from '../../activities/evidence/objects';
import { fixPlan, plansFor } from '../../activities/plan';
import { guardNames } from '../../guards';
import type { ArmCounts } from '../../guards/types';
import { servingOf } from '../../report/plan-model';
import type { LiveFacts, PlanInput } from '../../report/plan-input';
import type { PriceTable } from '../../report/price-table';
import { incumbentOf, rolloutWorkflowId } from '../../rollout';
import type { Incumbent } from '../../rollout';
import { createAwsClients } from '../../sagemaker/clients';
import { awsFailure, FailureError } from '../../sagemaker/faults';
import { resourceNames } from '../../sagemaker/names';
import type { RolloutSpec } from '../../spec/types';
import { EXIT } from '../exit-codes';
import { Mistake } from '../mistakes';
import { foresee, watchedShares } from './foresee';
import { readLive } from './read-live';

/** Traffic and rates as typed; null: they are measured. */
export interface GivenTraffic {
  readonly requestsPerSecond: number;
  /** Rates of bad events by guard name. */
  readonly rates: Readonly<Record<string, number>>;
}

interface Request {
  readonly file: string;
  readonly spec: RolloutSpec;
  readonly offline: boolean;
  readonly given: GivenTraffic | null;
  readonly prices: PriceTable;
  readonly region: string | null;
  readonly now: () => number;
}

/** Reads and foretells what a plan is made of. AWS is only read; offline it is not called at all. Throws a `Mistake` when it cannot be read. */
export async function preparePlan(request: Request): Promise<PlanInput> {
  const aws = createAwsClients();
  const deps: ActivityDeps = {
    aws,
    objects: createObjectReader(aws.s3),
    prices: request.prices,
    now: request.now,
    sleep: async () => undefined,
    heartbeat: () => undefined,
  };
  try {
    const { spec, offline } = request;
    // The number of the rollout is given when it is accepted; nothing that a plan shows depends on it.
    const context = { id: rolloutWorkflowId(spec.endpoint, 0), number: 0, spec };
    const live = offline ? null : await readLive(deps, context);
    const region = request.region ?? (offline ? null : await aws.sagemaker.config.region());
    const common = { file: request.file, spec, live, names: resourceNames(spec, 0), prices: request.prices, region };
    return { ...common, ...(await outlook(deps, { request, live })) };
  } catch (error) {
    if (error instanceof Mistake) throw error;
    const { type, what, next } = awsFailure(error, `read ${request.spec.endpoint}`);
    if (type === 'Internal') throw error;
    throw new Mistake(`${what}. ${next} Without AWS: sluice plan --offline`, EXIT.unreachable, { cause: error });
  } finally {
    aws.close();
  }
}

type Outlook = Pick<PlanInput, 'traffic' | 'foreseen' | 'unplanned'>;

const NOTHING: Outlook = { traffic: { from: 'unknown', requestsPerSecond: 0 }, foreseen: [], unplanned: null };

async function outlook(
  deps: ActivityDeps,
  { request, live }: { readonly request: Request; readonly live: LiveFacts | null }
): Promise<Outlook> {
  const { spec, given, offline } = request;
  if (live !== null && (live.endpoint === null || live.refused !== null)) return NOTHING;
  if (given !== null) return onPaper(deps, spec, given);
  const [variant] = servingOf({ live, spec })?.variants ?? [];
  if (offline || live?.endpoint?.variants.length !== 1 || variant === undefined) return NOTHING;
  return measured(deps, spec, incumbentOf(live.endpoint, variant));
}

/** What the rollout itself would plan with, were it started now: its own activity, which is not let wait for more evidence. */
async function measured(deps: ActivityDeps, spec: RolloutSpec, incumbent: Incumbent): Promise<Outlook> {
  const hasty = { ...spec, baseline: { ...spec.baseline, atMostMs: 0 } };
  const id = rolloutWorkflowId(spec.endpoint, 0);
  const input = {
    id,
    number: 0,
    spec: hasty,
    names: resourceNames(spec, 0),
    incumbent,
    calibrated: null,
    alsoPct: watchedShares(spec),
  };
  try {
    const { plan } = await fixPlan(deps, input);
    const plans = plan.guards.slice(0, spec.guards.length);
    const trialsPerSecond = Object.fromEntries(plan.forecasts.map((one) => [one.guard, one.requestsPerSecond]));
    const foreseen = await foresee(deps, { spec, plans, known: { trialsPerSecond }, made: plan.forecasts });
    const requestsPerSecond = Math.max(0, ...Object.values(trialsPerSecond));
    return { traffic: { from: 'observed', requestsPerSecond }, foreseen, unplanned: null };
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    return { ...NOTHING, unplanned: error.failure };
  }
}

/** As if the lookback had shown the rates that were typed. Each request is taken to bring a label or an event, which is the most there can be. */
async function onPaper(deps: ActivityDeps, spec: RolloutSpec, given: GivenTraffic): Promise<Outlook> {
  const names = guardNames(spec.guards);
  const { requestsPerSecond, rates } = given;
  const n = Math.round((requestsPerSecond * spec.baseline.lookbackMs) / 1000);
  // A guard whose rate was not said is planned as if nothing were bad, and not foretold.
  const baseline = Object.fromEntries(
    names.map((name): readonly [string, ArmCounts] => [name, { n, bad: Math.round(n * (rates[name] ?? 0)) }])
  );
  // Where the file does not give the incumbent's quantiles latency is not foretold, so any rising values will do.
  const isPaced = spec.guards.every((guard) => guard.kind !== 'latency' || guard.incumbentMs !== null);
  const latencyMs = Object.fromEntries(
    spec.guards.flatMap((guard, i) =>
      guard.kind === 'latency' ? [[names[i] ?? guard.kind, guard.quantiles.map((_, at) => at + 1)] as const] : []
    )
  );
  const plans = plansFor(spec, { baseline, latencyMs, missingData: {} });
  const further = Object.fromEntries(
    Object.entries(rates).map(
      ([name, rate]) => [name, { known: { kind: 'rate', rate }, perSecond: requestsPerSecond }] as const
    )
  );
  const trialsPerSecond = Object.fromEntries(Object.keys(rates).map((name) => [name, requestsPerSecond]));
  const foreseen = await foresee(deps, {
    spec,
    plans,
    known: { trialsPerSecond, further, requestsPerSecond: isPaced ? requestsPerSecond : 0 },
    made: [],
  });
  return { traffic: { from: 'given', requestsPerSecond }, foreseen, unplanned: null };
}
