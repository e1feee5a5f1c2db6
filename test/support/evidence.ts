import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { countsKey, formatCounts } from '../../gateway/counts-format';
import { CountsRecorder } from '../../gateway/counts-recorder';
import { formatEvent } from '../../gateway/event-format';
import type { BusinessEvent } from '../../gateway/event-format';
import { formatExposure } from '../../gateway/exposure-format';
import type { Exposure } from '../../gateway/exposure-format';
import { formatGroundTruth } from '../../gateway/ground-truth';
import { hourFolder, hourPrefixes, timeInHour } from '../../gateway/s3-location';
import type { ActivityWorld } from './activity-world';

export interface Calls {
  readonly variant: string | null;
  readonly atMs: number;
  readonly n: number;
  readonly status?: number;
  readonly latencyMs?: number;
}

export async function makeBuckets({ aws }: ActivityWorld, names: readonly string[]): Promise<void> {
  for (const Bucket of names) await aws.s3.send(new CreateBucketCommand({ Bucket }));
}

/** A gateway that writes a second at a time with the gateway's own code. */
export function countingGateway(
  world: ActivityWorld,
  at: { readonly uri: string; readonly endpoint: string; readonly gateway: string; readonly startMs: number }
): {
  record(calls: Calls): void;
  /** Writes every window that ended by then. */
  flush(untilMs: number): Promise<void>;
  /** Writes everything and says goodbye. */
  close(untilMs: number): Promise<void>;
} {
  const recorder = new CountsRecorder({ gateway: at.gateway, endpoint: at.endpoint }, 1_000, at.startMs);
  const write = async (documents: ReturnType<CountsRecorder['takeAll']>): Promise<void> => {
    const { origin, prefix } = split(at.uri);
    for (const document of documents)
      await world.put(`${origin}/${countsKey(prefix, document)}`, formatCounts(document));
  };
  return {
    record({ variant, atMs, n, status = 200, latencyMs = 5 }) {
      for (let i = 0; i < n; i++) recorder.record({ variant, status, latencyMs, atMs });
    },
    flush: (untilMs) => write(recorder.takeEnded(untilMs)),
    close: (untilMs) => write(recorder.takeAll(untilMs)),
  };
}

export interface Prediction {
  readonly id: string;
  readonly atMs: number;
  /** Text of the answer as the container gave it. */
  readonly output: string;
  readonly probe?: boolean;
  /** Text of the request. */
  readonly input?: string;
}

/** A capture file as SageMaker documents it: `<to>/<endpoint>/<variant>/yyyy/mm/dd/hh/<mm-ss-SSS>-<id>.jsonl`, one record a line. */
export async function writeCapture(
  world: ActivityWorld,
  file: { readonly to: string; readonly endpoint: string; readonly variant: string },
  predictions: readonly Prediction[]
): Promise<void> {
  const [first] = predictions;
  if (first === undefined) return;
  const lines = predictions.map(({ id, atMs, output, probe, input = '{}' }) =>
    JSON.stringify({
      captureData: {
        endpointInput: { observedContentType: 'application/json', mode: 'INPUT', data: input, encoding: 'JSON' },
        endpointOutput: { observedContentType: 'application/json', mode: 'OUTPUT', data: output, encoding: 'JSON' },
      },
      eventMetadata: {
        eventId: `event-${id}`,
        inferenceId: id,
        inferenceTime: `${new Date(atMs).toISOString().slice(0, 19)}Z`,
        ...(probe === true && { customAttributes: ['sluice.probe=true'] }),
      },
      eventVersion: '0',
    })
  );
  const { to, endpoint, variant } = file;
  const key = `${hourFolder(first.atMs)}/${timeInHour(first.atMs)}-${first.id}.jsonl`;
  await world.put(`${to}/${endpoint}/${variant}/${key}`, `${lines.join('\n')}\n`);
}

/** Labels as SageMaker's merge job reads them. They reach S3 now, whatever the hour of their folder. */
export async function writeLabels(
  world: ActivityWorld,
  file: { readonly from: string; readonly hourMs: number; readonly name: string },
  labels: Readonly<Record<string, string>>
): Promise<void> {
  const lines = Object.entries(labels).map(([inferenceId, label]) => formatGroundTruth({ inferenceId, label }));
  await world.put(`${file.from}/${hourFolder(file.hourMs)}/${file.name}.jsonl`, lines.join(''));
}

/** Events of one name as a gateway writes them; each is received when it happens unless it says otherwise. */
export async function writeEvents(
  world: ActivityWorld,
  file: { readonly from: string; readonly event: string; readonly endpoint: string; readonly name: string },
  events: readonly (Pick<BusinessEvent, 'inferenceId' | 'userId'> & {
    readonly atMs: number;
    readonly receivedMs?: number;
    readonly value?: number;
    readonly eventId?: string;
  })[]
): Promise<void> {
  const lines = events.map(({ atMs, receivedMs = atMs, value = 1, eventId, ...who }, i) =>
    formatEvent({
      version: 1,
      eventId: eventId ?? `${file.name}-${i}`,
      event: file.event,
      endpoint: file.endpoint,
      ...who,
      value,
      at: new Date(atMs).toISOString(),
      receivedAt: new Date(receivedMs).toISOString(),
    })
  );
  const { origin, prefix } = split(file.from);
  const firstMs = events[0]?.atMs ?? 0;
  const [folder = ''] = hourPrefixes({ prefix, folder: file.event, fromMs: firstMs, toMs: firstMs + 1 });
  await world.put(`${origin}/${folder}${file.name}.jsonl`, lines.join(''));
}

/** Who was answered by which variant, as a gateway writes it. */
export async function writeExposures(
  world: ActivityWorld,
  file: { readonly from: string; readonly endpoint: string },
  exposures: readonly (Pick<Exposure, 'inferenceId' | 'userId' | 'variant' | 'segment'> & {
    readonly atMs: number;
    readonly status?: number;
  })[]
): Promise<void> {
  const lines = exposures.map(({ atMs, status = 200, ...served }) =>
    formatExposure({
      version: 1,
      endpoint: file.endpoint,
      ...served,
      status,
      epoch: null,
      propensity: null,
      at: new Date(atMs).toISOString(),
    })
  );
  const { origin, prefix } = split(file.from);
  const firstMs = exposures[0]?.atMs ?? 0;
  const [folder = ''] = hourPrefixes({ prefix, folder: file.endpoint, fromMs: firstMs, toMs: firstMs + 1 });
  await world.put(`${origin}/${folder}g.jsonl`, lines.join(''));
}

export function predicted(label: string): string {
  return JSON.stringify({ predictions: [{ label }] });
}

function split(uri: string): { readonly origin: string; readonly prefix: string } {
  const { hostname, pathname } = new URL(uri);
  return { origin: `s3://${hostname}`, prefix: pathname.slice(1) };
}
