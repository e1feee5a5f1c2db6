import { proxyActivities, setCurrentDetails, sleep, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { KeptWindow, MonitorRunActivities, WindowRun } from '../activities/monitoring/run-types';
import { windowKey, windowOf } from '../rollout';
import type { Consequence, Correction, MonitorRequest, MonitorResult, MonitorTarget, WindowOutcome } from '../rollout';
import { BEATS } from './beats';
import { FINAL_TYPES } from './final-types';
import { whyOf } from './owner-talk';
import { monitorMarkdown } from '../report/monitor';
import { noteBegin, scheduledForMs } from './scheduled';
import { SLUICE_ENDPOINT, SLUICE_VERDICT } from './search-attributes';

const retry = {
  initialInterval: '1 second',
  backoffCoefficient: 2,
  maximumInterval: '1 minute',
  nonRetryableErrorTypes: FINAL_TYPES,
} as const;
/** Asks and tells: quick, and worth some patience, because a schedule pauses when its run fails. */
const quick = proxyActivities<MonitorRunActivities>({
  startToCloseTimeout: '1 minute',
  retry: { ...retry, maximumAttempts: 20 },
});
/** Reads S3, or waits for jobs; a beat says that it goes on. */
const heavy = proxyActivities<MonitorRunActivities>({
  cancellationType: 'TRY_CANCEL',
  startToCloseTimeout: '12 hours',
  heartbeatTimeout: BEATS.waiting,
  retry: { ...retry, maximumAttempts: 8 },
});
/** Whoever does not take an alert within a few minutes will read it in the UI. */
const post = proxyActivities<MonitorRunActivities>({
  startToCloseTimeout: '15 seconds',
  retry: { ...retry, maximumAttempts: 5 },
});

/**
 * One run of a monitor, as its schedule or a person asks for it. It names no model: it asks the endpoint's owner whom it is about. The data
 * window ends at the nominal time, so a late run and a backfill look at what a run on time would have looked at. Windows that were skipped
 * are made up for, and judged ones corrected where objects have come since. Ends with a verdict; only what nobody could help fails it.
 */
export async function monitor(request: MonitorRequest): Promise<MonitorResult> {
  const { monitor: spec, of, searchAttributes } = request;
  const nominalMs = nominalOf(request);
  noteBegin(Date.now());
  const target = await quick.monitorTarget({ endpoint: of.endpoint, kind: spec.kind });
  const waitMs = nominalMs + spec.lagMs - Date.now();
  if (waitMs > 0) await sleep(waitMs, { summary: 'Until the window is complete' });

  const { late, missing } = await heavy.lookAround.executeWithOptions(
    { summary: 'Look for late objects', heartbeatTimeout: BEATS.working },
    [{ request, nominalMs }]
  );
  const madeUpFor: WindowOutcome[] = [];
  for (const window of missing) madeUpFor.push(await judge({ request, window, purpose: 'regular' }, target));
  const outcome = await judge({ request, window: windowOf(spec, nominalMs), purpose: 'regular' }, target);
  const corrections: Correction[] = [];
  const consequences: Consequence[] = [];
  for (const kept of late) {
    const { correction, after } = await correct(request, kept);
    corrections.push(correction);
    if (correction.before !== correction.after)
      consequences.push(
        ...(await act({ request, target }, after, {
          isCorrection: true,
          key: `${windowKey(correction.window)}/${after.sha256}`,
        }))
      );
  }
  const candidates = await judgeCandidates(request, target, nominalMs);
  consequences.push(
    ...(await act({ request, target }, outcome, { isCorrection: false, key: windowKey(outcome.window) }))
  );

  const result: MonitorResult = {
    endpoint: of.endpoint,
    monitor: spec.name,
    kind: spec.kind,
    engine: spec.engine,
    nominalMs,
    served: target.served,
    outcome,
    madeUpFor,
    corrections,
    candidates,
    consequences,
  };
  setCurrentDetails(monitorMarkdown(result));
  if (searchAttributes)
    upsertSearchAttributes([
      { key: SLUICE_ENDPOINT, value: of.endpoint },
      { key: SLUICE_VERDICT, value: outcome.verdict },
    ]);
  return result;
}

/** A schedule's run has its nominal time from Temporal, also under backfill; a person may name one. */
function nominalOf({ nominalMs }: MonitorRequest): number {
  return nominalMs ?? scheduledForMs() ?? Date.now();
}

function judge(
  run: Omit<WindowRun, 'target'>,
  { served, baseline }: MonitorTarget
): Promise<WindowOutcome> | WindowOutcome {
  const { window, request } = run;
  if (served === null) return nothingServes(request, window);
  const model = { variant: served.variant, version: served.version, baseline };
  const summary = `Judge ${windowKey(window)} of ${served.version}`;
  return byEngine(summary, { ...run, target: model });
}

function byEngine(summary: string, run: WindowRun): Promise<WindowOutcome> {
  const heartbeatTimeout = run.request.monitor.engine === 'worker' ? BEATS.working : BEATS.waiting;
  return heavy.judgeWindow.executeWithOptions({ summary, heartbeatTimeout }, [run]);
}

function nothingServes({ of }: MonitorRequest, window: WindowOutcome['window']): WindowOutcome {
  return {
    window,
    verdict: 'inconclusive',
    reason: `Nothing is known to serve ${of.endpoint}: roll something out, or adopt it.`,
    rows: { read: 0, used: 0 },
    violations: [],
    violationCount: 0,
    output: '',
    sha256: null,
  };
}

/** Judged again as it was judged then: by the baseline of the model that served. */
async function correct(
  request: MonitorRequest,
  { outcome, target }: KeptWindow
): Promise<{ readonly correction: Correction; readonly after: WindowOutcome }> {
  const { window } = outcome;
  const run = { request, target, window, purpose: 'correction' } as const;
  const after = await byEngine(`Correct ${windowKey(window)}`, run);
  const { verdict, reason, output } = after;
  return { correction: { window, before: outcome.verdict, after: verdict, reason, output }, after };
}

/** Guards judge candidates, so it is the candidates' answers that they hear about. */
async function judgeCandidates(
  request: MonitorRequest,
  { rollout, baseline, served }: MonitorTarget,
  nominalMs: number
): Promise<Record<string, WindowOutcome>> {
  const { onViolation } = request.monitor;
  if (!onViolation.includes('guardEvidence') || rollout === null || rollout.isWatching || served === null) return {};
  const window = windowOf(request.monitor, nominalMs);
  const judged: Record<string, WindowOutcome> = {};
  for (const candidate of rollout.candidates) {
    const target = { variant: candidate, version: candidate, baseline };
    const run = { request, target, window, purpose: 'candidate' } as const;
    judged[candidate] = await byEngine(`Judge candidate ${candidate}`, run);
  }
  return judged;
}

/** The owner remembers, and says what follows; an alert is posted from here. */
async function act(
  { request, target }: { readonly request: MonitorRequest; readonly target: MonitorTarget },
  outcome: WindowOutcome,
  { isCorrection, key }: { readonly isCorrection: boolean; readonly key: string }
): Promise<readonly Consequence[]> {
  const { monitor: spec, of, searchAttributes } = request;
  const news = {
    name: spec.name,
    kind: spec.kind,
    outcome,
    policies: spec.onViolation,
    cooldownMs: spec.cooldownMs,
    isCorrection,
  };
  const consequences = await quick.tellOwner({
    endpoint: of.endpoint,
    searchAttributes,
    news,
    key: `${workflowInfo().workflowId}/${key}`,
  });
  const alerts = consequences.some(({ policy, heldBack }) => policy === 'alert' && heldBack === null);
  if (!alerts || spec.webhook === undefined) return consequences;
  const alert = {
    endpoint: of.endpoint,
    monitor: spec.name,
    kind: spec.kind,
    served: target.served,
    isCorrection,
    outcome,
  };
  try {
    await post.postAlert({ url: spec.webhook, alert });
    return consequences;
  } catch (error) {
    const why = whyOf(error);
    return consequences.map((one) =>
      one.policy === 'alert' ? { ...one, what: `alert, which nobody took: ${why}` } : one
    );
  }
}
