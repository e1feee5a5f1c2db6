import { FailureError } from '../../sagemaker/faults';
import type { MonitorAlert } from './run-types';

const ANSWER_MS = 10_000;

/** Posts an alert as JSON; anything but a 2xx is tried again by Temporal. Redirects are not followed: the file names the address. */
export async function postAlert({ url, alert }: { readonly url: string; readonly alert: MonitorAlert }): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(alert),
    redirect: 'error',
    signal: AbortSignal.timeout(ANSWER_MS),
  }).catch((error: unknown) => {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new FailureError('ProviderUnavailable', `${url} did not take the alert: ${cause}.`);
  });
  if (!response.ok) throw new FailureError('ProviderUnavailable', `${url} answered ${response.status} to the alert.`);
}
