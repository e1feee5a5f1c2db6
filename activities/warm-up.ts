import { InvokeEndpointCommand } from '@aws-sdk/client-sagemaker-runtime';
import { probeAttribute } from '../gateway/probe';
import { FailureError } from '../sagemaker/faults';
import type { ActivityDeps } from './deps';
import { readCapturedRequests } from './evidence/requests';
import type { CapturedRequest } from './evidence/requests';
import type { NamedContext } from './types';

/** How far back real requests are looked for to warm up with. */
const LOOKBACK_MS = 6 * 3_600_000;
/** Different requests to warm up with; more would only repeat what these load. */
const SAMPLES = 50;
/** At once: enough to wake every worker of a container, too few to be a load test. */
const CONCURRENT = 4;

/**
 * Sends real requests of the last hours to candidates that have no traffic yet, marked so that they never count as evidence. A container
 * that fails every one of them is not put in front of users.
 */
export async function warmUp(
  deps: ActivityDeps,
  context: NamedContext & { readonly candidates: readonly string[]; readonly requests: number }
): Promise<void> {
  const { spec, incumbent, candidates, requests } = context;
  if (requests === 0) return;
  const nowMs = deps.now();
  const samples = await readCapturedRequests({
    objects: deps.objects,
    captureTo: spec.capture.to,
    endpoint: spec.endpoint,
    variant: incumbent?.variant ?? '',
    fromMs: nowMs - LOOKBACK_MS,
    toMs: nowMs,
    atMost: SAMPLES,
  });
  // Without captured requests there is nothing true to send; the health check of SageMaker has to do.
  if (samples.length === 0) return;
  for (const candidate of candidates.filter((name) => !takesNames(spec, name)))
    await warm(deps, { endpoint: spec.endpoint, candidate, samples, requests });
}

/** A multi-model container needs the name of the model, which data capture does not keep. */
function takesNames({ candidates }: NamedContext['spec'], name: string): boolean {
  return candidates.find((one) => one.name === name)?.model.kind === 'multiModel';
}

async function warm(
  deps: ActivityDeps,
  input: {
    readonly endpoint: string;
    readonly candidate: string;
    readonly samples: readonly CapturedRequest[];
    readonly requests: number;
  }
): Promise<void> {
  const { endpoint, candidate, samples, requests } = input;
  let failed = 0;
  let last: unknown;
  for (let sent = 0; sent < requests; sent += CONCURRENT) {
    const batch = Array.from({ length: Math.min(CONCURRENT, requests - sent) }, (_, i) => (sent + i) % samples.length);
    const answers = await Promise.allSettled(
      batch.flatMap((index) => {
        const sample = samples[index];
        if (sample === undefined) return [];
        const command = new InvokeEndpointCommand({
          EndpointName: endpoint,
          TargetVariant: candidate,
          Body: sample.body,
          ContentType: sample.contentType,
          CustomAttributes: probeAttribute,
        });
        return [deps.aws.runtime.send(command)];
      })
    );
    for (const answer of answers) {
      if (answer.status !== 'rejected') continue;
      failed += 1;
      last = answer.reason;
    }
    deps.heartbeat(`${sent + batch.length} of ${requests} to ${candidate}`);
  }
  if (failed === requests)
    throw new FailureError(
      'EndpointFailed',
      `${candidate} answered none of ${requests} warm-up requests: ${String(last)}`,
      { cause: last }
    );
}
