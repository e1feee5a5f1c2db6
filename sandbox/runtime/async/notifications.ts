import type { Journal } from '../../engine/journal';
import type { ControlResource } from '../../http/control';
import type { Knobs } from '../../knobs/knobs';
import type { AsyncRecord, AsyncTables } from './records';
import { uriOf } from './records';

/** How a request ended. */
export type Outcome =
  | { readonly kind: 'completed'; readonly body: Buffer; readonly contentType: string }
  | {
      readonly kind: 'failed';
      readonly reason: string;
      /** What the container answered, where it did. */
      readonly body?: Buffer;
      readonly contentType?: string;
    };

/**
 * What SageMaker would publish to SNS, kept for the control API: there is no SNS here. Written before the request is forgotten and
 * under its id, so that a kill between the two repeats a notification and never adds one.
 */
export class Notifications {
  #sequence: number;

  constructor(
    private readonly tables: AsyncTables,
    private readonly options: {
      readonly journal: Journal;
      readonly clock: { now(): number };
      readonly region: string;
      readonly kept: number;
      readonly members: Knobs['notificationMembers'];
    }
  ) {
    this.#sequence = Math.max(0, ...tables.notifications.all().map(({ sequence }) => sequence));
  }

  publish(record: AsyncRecord, outcome: Outcome): void {
    const isDone = outcome.kind === 'completed';
    const topicArn = isDone ? record.successTopic : record.errorTopic;
    if (topicArn === undefined) return;
    const { clock, journal, kept } = this.options;
    this.#sequence += 1;
    const atMs = clock.now();
    const message = this.#message(record, outcome, atMs);
    this.tables.notifications.put(record.id, { sequence: this.#sequence, topicArn, atMs, message });
    const reason = isDone ? uriOf(record.output) : outcome.reason;
    journal.record({ kind: 'notification', resource: topicArn, to: isDone ? 'Completed' : 'Failed', reason });
    const keys = this.tables.notifications.keys();
    for (const key of keys.slice(0, Math.max(0, keys.length - kept))) this.tables.notifications.remove(key);
  }

  /** Oldest first; of one topic, where it is named. */
  since(after: number, topicArn: string | undefined) {
    return this.tables.notifications
      .all()
      .filter((one) => one.sequence > after && (topicArn ?? one.topicArn) === one.topicArn)
      .sort((a, b) => a.sequence - b.sequence);
  }

  #message(record: AsyncRecord, outcome: Outcome, atMs: number): Readonly<Record<string, unknown>> {
    const { request, input } = record;
    const isDone = outcome.kind === 'completed';
    const isShown = record.repliesIn.includes(isDone ? 'SUCCESS_NOTIFICATION_TOPIC' : 'ERROR_NOTIFICATION_TOPIC');
    const { body, contentType } = outcome;
    const isMore = this.options.members === 'all';
    return {
      awsRegion: this.options.region,
      eventTime: new Date(atMs).toISOString(),
      receivedTime: new Date(record.receivedMs).toISOString(),
      invocationStatus: isDone ? 'Completed' : 'Failed',
      ...(isDone ? {} : { failureReason: outcome.reason }),
      requestParameters: {
        ...(isMore && request.accept !== undefined ? { accept: request.accept } : {}),
        ...(request.contentType === undefined ? {} : { contentType: request.contentType }),
        ...(isMore && request.customAttributes !== undefined ? { customAttributes: request.customAttributes } : {}),
        endpointName: request.endpointName,
        ...(input.kind === 'object' ? { inputLocation: input.uri } : {}),
      },
      ...(isDone
        ? { responseParameters: { contentType, outputLocation: uriOf(record.output) } }
        : isMore && record.failure
          ? { responseParameters: { ...(contentType ? { contentType } : {}), outputLocation: uriOf(record.failure) } }
          : {}),
      ...(isShown && body ? { responseBody: shown(body) } : {}),
      inferenceId: record.inferenceId,
      eventVersion: '1.0',
      eventSource: 'aws:sagemaker',
      eventName: 'InferenceResult',
    };
  }
}

/** `GET` what was published, oldest first; `?after=<sequence>` and `?topic=<arn>` choose. */
export function notificationsResource(notifications: Notifications): ControlResource {
  return async ({ method, exchange: { query } }) =>
    method === 'GET'
      ? { notifications: notifications.since(Number(query.get('after') ?? 0), query.get('topic') ?? undefined) }
      : undefined;
}

function shown(body: Buffer): { readonly content: string; readonly encoding: 'UTF-8' | 'BASE64' } {
  const text = body.toString('utf8');
  return Buffer.from(text, 'utf8').equals(body)
    ? { content: text, encoding: 'UTF-8' }
    : { content: body.toString('base64'), encoding: 'BASE64' };
}
