import { missingWindows } from '../../rollout';
import type { MonitorRequest, Window } from '../../rollout';
import type { AwsClients } from '../../sagemaker/clients';
import { keptWindows } from './keep';
import { evidenceNow, taskFor } from './task-for';
import type { KeptWindow } from './run-types';
import type { MonitoringActivities } from './types';

/** Which judged windows have more objects by now, and which were never judged, within what the monitor calls late. */
export async function lookAround(
  deps: {
    readonly aws: AwsClients;
    readonly lookForLate: MonitoringActivities['lookForLate'];
    readonly heartbeat: (details?: unknown) => void;
  },
  { request, nominalMs }: { readonly request: MonitorRequest; readonly nominalMs: number }
): Promise<{ readonly late: readonly KeptWindow[]; readonly missing: readonly Window[] }> {
  const { monitor } = request;
  const sinceMs = nominalMs - monitor.lateMs;
  // One window more: what lies before the first one is not missing.
  const kept = await keptWindows(deps.aws.s3, request, { sinceMs: sinceMs - monitor.windowMs, untilMs: nominalMs });
  const missing =
    kept.length === 0
      ? []
      : missingWindows(
          monitor,
          nominalMs,
          kept.map(({ outcome }) => outcome.window)
        );
  const late: KeptWindow[] = [];
  for (const one of kept) {
    const { window, sha256, output } = one.outcome;
    if (window.toMs <= sinceMs || sha256 === null) continue;
    deps.heartbeat({ doing: 'look for late objects', window });
    const now = await evidenceNow(deps, request, taskFor(request, { target: one.target, window, output }));
    if (now !== sha256) late.push(one);
  }
  return { late, missing };
}
