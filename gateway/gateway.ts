import { randomUUID } from 'node:crypto';
import { assignmentKey } from './assignment-format';
import { AssignmentReader } from './assignment-reader';
import { Books, tell } from './books';
import { formatEvent } from './event-format';
import { formatExposure } from './exposure-format';
import { checkAllFeedback, type Feedback } from './feedback';
import { formatGroundTruth } from './ground-truth';
import { statusOfServiceError } from './invocation';
import { Mirror } from './mirror';
import { callModel, type ModelCallOptions } from './model-call';
import type { GatewayOptions, InvokeRequest, InvokeResult } from './options';
import { isEvidence, routeOf, targetOf, type Route } from './routing';
import { parseS3Location } from './s3-location';
import { compileTransforms } from './transform/transforms';

export interface Gateway {
  /**
   * Calls the endpoint. A model's error is a result with the model's own status, not an exception.
   * @throws what the service answered when no model was asked
   */
  invoke(request: InvokeRequest): Promise<InvokeResult>;
  /**
   * Takes true answers of earlier calls and business events, all or none; written with the next flush.
   * @returns for each the id of the event, or the inference id of the label: what says whether two are the same
   * @throws InvalidFeedback on what could never be joined, or has no place to be written to; after `close`; when too much waits for S3
   */
  feedback(...feedback: readonly Feedback[]): readonly string[];
  /** Writes the counts of all windows that are over, and everything else so far. @throws if S3 does not take them; they are kept */
  flush(): Promise<void>;
  /** Waits for running calls, writes everything and stops. May be called again if it threw. @throws like `flush` */
  close(): Promise<void>;
}

const DEFAULT_REFRESH_MS = 2_000;

/** What an application calls instead of `InvokeEndpoint`. Several gateways may serve one endpoint; they need not know each other. */
export function createGateway(options: GatewayOptions): Gateway {
  return new EndpointGateway(options);
}

class EndpointGateway implements Gateway {
  private readonly now: () => number;
  private readonly books: Books;
  private readonly reader: AssignmentReader | undefined;
  private readonly mirror: Mirror | undefined;
  private readonly caller: ModelCallOptions;
  private readonly running = new Set<Promise<unknown>>();
  private isOpen = true;

  constructor(private readonly options: GatewayOptions) {
    this.now = options.now ?? Date.now;
    this.reader = readerOf(options, this.now);
    this.caller = {
      endpoint: options.endpoint,
      runtime: options.runtime,
      transforms: options.transforms && compileTransforms(options.transforms),
      onRefused: () => this.reader?.expectNews(),
    };
    this.books = new Books(options, this.now);
    this.mirror =
      options.mirror &&
      new Mirror({
        endpoint: options.endpoint,
        runtime: options.mirror.runtime,
        write: (line) => this.books.addIfRoom(this.books.pairs, line),
        count: (what) => this.books.recorder?.recordMirror(what, this.now()),
      });
  }

  async invoke(request: InvokeRequest): Promise<InvokeResult> {
    this.assertOpen();
    const call = this.routedCall(request);
    this.running.add(call);
    try {
      return await call;
    } finally {
      this.running.delete(call);
    }
  }

  feedback(...feedback: readonly Feedback[]): readonly string[] {
    this.assertOpen();
    const nowMs = this.now();
    const { labels, events } = this.books;
    const places = { labels: labels !== undefined, events: events !== undefined };
    const checked = checkAllFeedback(feedback, { endpoint: this.options.endpoint, nowMs, places });
    // What was taken must not be lost, so what could not be kept is not taken.
    if (labels?.hasRoom === false || events?.hasRoom === false) {
      throw new Error('S3 has not taken feedback for long and no more can be kept: send it again later.');
    }
    return checked.map((one) => {
      if (one.kind === 'label') {
        labels?.add(formatGroundTruth(one.label), { folder: '', atMs: nowMs });
        return one.label.inferenceId;
      }
      events?.add(formatEvent(one.event), { folder: one.event.event, atMs: nowMs });
      return one.event.eventId;
    });
  }

  flush(): Promise<void> {
    return this.books.flush();
  }

  close(): Promise<void> {
    this.isOpen = false;
    return this.books.close(async () => {
      await Promise.allSettled(this.running);
      await this.mirror?.close();
    });
  }

  private async routedCall(request: InvokeRequest): Promise<InvokeResult> {
    const inferenceId = request.inferenceId ?? randomUUID();
    const { route: planned, mirror } = await routeOf(this.reader, { ...request, inferenceId });
    const startedAt = performance.now();
    const called = await callModel(this.caller, planned, { ...request, inferenceId }).catch((error: unknown) => {
      // A call that was drawn failed on its variant's account, whoever is to blame: leaving it out would favour what fails early.
      const failed = { variant: targetOf(planned) ?? null, status: statusOfServiceError(error) };
      this.count({ ...failed, route: planned, request, inferenceId, latencyMs: performance.now() - startedAt });
      throw error;
    });
    const { answer, route, model, latencyMs } = called;
    this.count({ route, request, inferenceId, latencyMs, variant: answer.variant, status: answer.status });
    if (mirror !== null && model !== null && isEvidence(route, request)) {
      const { userId, group } = request;
      const live = { ...model.answer, latencyMs };
      const call = { request: model.request, inferenceId, userId, group, live, atMs: this.now(), wanted: mirror };
      this.mirror?.offer(call);
    }
    return {
      ...answer,
      inferenceId,
      latencyMs,
      routedBy: route.kind,
      byWeights: route.kind === 'weights' ? route.why : null,
      epoch: 'epoch' in route ? route.epoch : null,
      propensity: route.kind === 'drawn' ? route.propensity : null,
      segment: route.kind === 'drawn' ? (route.segment ?? null) : null,
    };
  }

  private count(call: {
    readonly route: Route;
    readonly request: InvokeRequest;
    readonly inferenceId: string;
    readonly latencyMs: number;
    readonly variant: string | null;
    readonly status: number;
  }): void {
    const { route, request, inferenceId, latencyMs, variant, status } = call;
    const { recorder, exposures } = this.books;
    const atMs = this.now();
    recorder?.recordRoute(request.probe === true ? { kind: 'probe' } : route, atMs);
    if (!isEvidence(route, request)) return;
    recorder?.record({ variant, status, latencyMs, atMs });
    if (variant === null) return;
    const exposure = {
      version: 1 as const,
      endpoint: this.options.endpoint,
      inferenceId,
      ...(request.userId !== undefined && { userId: request.userId }),
      ...(request.group !== undefined && { group: request.group }),
      ...(route.kind === 'drawn' && route.segment !== undefined && { segment: route.segment }),
      variant,
      status,
      epoch: route.kind === 'drawn' ? route.epoch : null,
      propensity: route.kind === 'drawn' ? route.propensity : null,
      at: new Date(atMs).toISOString(),
    };
    this.books.addIfRoom(exposures, formatExposure(exposure));
  }

  private assertOpen(): void {
    if (!this.isOpen) throw new Error('The gateway is closed.');
  }
}

function readerOf(options: GatewayOptions, now: () => number): AssignmentReader | undefined {
  if (options.assignment === undefined) return undefined;
  const { s3, endpoint, refreshMs = DEFAULT_REFRESH_MS } = options;
  if (!(refreshMs > 0)) throw new Error(`refreshMs must be a number of milliseconds above 0, found ${refreshMs}.`);
  const { bucket, prefix } = parseS3Location(options.assignment);
  return new AssignmentReader({
    s3,
    endpoint,
    bucket,
    key: assignmentKey(prefix, endpoint),
    refreshMs,
    now,
    onTrouble: (error) => tell(error, options.onAssignmentTrouble),
  });
}
