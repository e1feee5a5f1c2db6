import type { S3Client } from '@aws-sdk/client-s3';
import { missingWindows } from '../../rollout';
import type { MonitorRequest, Window } from '../../rollout';
import { keptWindows } from './keep';
import { listOnce } from './listing';
import { evidenceNow, taskFor } from './task-for';
import type { KeptWindow } from './run-types';

/** Which judged windows have more objects by now, and which were never judged, within what the monitor calls late. */
export async function lookAround(
  { s3, heartbeat }: { readonly s3: S3Client; readonly heartbeat: (details?: unknown) => void },
  { request, nominalMs }: { readonly request: MonitorRequest; readonly nominalMs: number }
): Promise<{ readonly late: readonly KeptWindow[]; readonly missing: readonly Window[] }> {
  const { monitor } = request;
  const sinceMs = nominalMs - monitor.lateMs;
  // One window more: what lies before the first one is not missing.
  const kept = await keptWindows(s3, request, { sinceMs: sinceMs - monitor.windowMs, untilMs: nominalMs });
  const missing =
    kept.length === 0
      ? []
      : missingWindows(
          monitor,
          nominalMs,
          kept.map(({ outcome }) => outcome.window)
        );
  const list = listOnce(s3);
  const late: KeptWindow[] = [];
  for (const one of kept) {
    const { window, sha256, output } = one.outcome;
    if (window.toMs <= sinceMs || sha256 === null) continue;
    heartbeat({ doing: 'look for late objects', window });
    const now = await evidenceNow({ s3, list }, request, taskFor(request, { target: one.target, window, output }));
    if (now !== sha256) late.push(one);
  }
  return { late, missing };
}
