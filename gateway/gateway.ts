import { randomUUID } from 'node:crypto';
import { assignmentKey } from './assignment-format';
import { AssignmentReader } from './assignment-reader';
import { Books, tell } from './books';
import { formatEvent } from './event-format';
import { formatExposure } from './exposure-format';
import { checkAllFeedback, type Feedback } from './feedback';
import { formatGroundTruth } from './ground-truth';
import { callEndpoint, statusOfServiceError, type Answer, type ModelRequest } from './invocation';
import { Mirror } from './mirror';
import type { GatewayOptions, InvokeRequest, InvokeResult } from './options';
import { drawnAttribute, probeAttribute } from './probe';
import { isEvidence, routeOf, targetOf, type Route } from './routing';
import { parseS3Location } from './s3-location';
import { compileTransforms, refusalOf, type Transforms } from './transform/transforms';

export interface Gateway {
  /**
   * Calls the endpoint. A model's error is a result with the model's own status, not an exception.
   * @throws what the service answered when no model was asked
   */
  invoke(request: InvokeRequest): Promise<InvokeResult>;
  /**
   * Takes true answers of earlier calls and business events, all or none; written with the next flush.
   * @returns for each the id of the event, or the inference id of the label: what says whether two are the same
   * @throws InvalidFeedback on what could never be joined, or has no place to be written to; after `close`
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
  private readonly transforms: Transforms | undefined;
  private readonly running = new Set<Promise<unknown>>();
  private isOpen = true;

  constructor(private readonly options: GatewayOptions) {
    this.now = options.now ?? Date.now;
    this.transforms = options.transforms && compileTransforms(options.transforms);
    this.reader = readerOf(options, this.now);
    this.books = new Books(options, this.now);
    this.mirror =
      options.mirror &&
      new Mirror({
        endpoint: options.endpoint,
        runtime: options.mirror.runtime,
        write: (line) => this.books.pairs?.add(line, { folder: options.endpoint, atMs: this.now() }),
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
    const { route, mirror } = await routeOf(this.reader, { ...request, inferenceId });
    const startedAt = performance.now();
    try {
      const given = this.transforms ? { ...request, ...this.transforms.request(request) } : request;
      const called = await this.callBy(route, { request, given, inferenceId });
      const result = this.finished({ ...called, request, inferenceId, latencyMs: performance.now() - startedAt });
      if (mirror !== null && isEvidence(called.route, request)) {
        const live = { ...called.answer, latencyMs: result.latencyMs };
        const { userId, group } = request;
        this.mirror?.offer({ request: given, inferenceId, userId, group, live, atMs: this.now(), wanted: mirror });
      }
      return result;
    } catch (error) {
      const refusal = refusalOf(error);
      const latencyMs = performance.now() - startedAt;
      if (refusal === null) {
        // A call that was drawn failed on its variant's account, whoever is to blame: leaving it out would favour what fails early.
        this.count({
          route,
          request,
          inferenceId,
          latencyMs,
          variant: targetOf(route) ?? null,
          status: statusOfServiceError(error),
        });
        throw error;
      }
      const answer = { ok: false, ...refusal, contentType: 'application/json', variant: null };
      return this.finished({ answer, route, request, inferenceId, latencyMs });
    }
  }

  /** An assignment may name a variant that has just left the endpoint: then the weights choose, and no call is lost. */
  private async callBy(
    route: Route,
    call: { readonly request: InvokeRequest; readonly given: ModelRequest; readonly inferenceId: string }
  ): Promise<{ readonly answer: Answer; readonly route: Route }> {
    const ask = (by: Route): Promise<Answer> => {
      const { body, contentType, accept } = call.given;
      return callEndpoint(this.options.runtime, {
        body,
        contentType,
        ...(accept !== undefined && { accept }),
        endpoint: this.options.endpoint,
        inferenceId: call.inferenceId,
        targetVariant: targetOf(by),
        customAttributes: attributesOf(by, call.request),
      });
    };
    try {
      return { answer: await ask(route), route };
    } catch (error) {
      const isRefusable = route.kind === 'drawn' || route.kind === 'outside';
      if (!isRefusable || !(error instanceof Error) || error.name !== 'ValidationError') throw error;
      this.reader?.expectNews();
      const byWeights: Route = { kind: 'weights', why: 'refused' };
      return { answer: await ask(byWeights), route: byWeights };
    }
  }

  private finished(call: {
    readonly answer: Answer;
    readonly route: Route;
    readonly request: InvokeRequest;
    readonly inferenceId: string;
    readonly latencyMs: number;
  }): InvokeResult {
    const { route, inferenceId, latencyMs } = call;
    const answer = this.transformed(call.answer);
    this.count({ ...call, variant: answer.variant, status: answer.status });
    return {
      ...answer,
      inferenceId,
      latencyMs,
      routedBy: route.kind,
      byWeights: route.kind === 'weights' ? route.why : null,
      epoch: 'epoch' in route ? route.epoch : null,
      propensity: route.kind === 'drawn' ? route.propensity : null,
    };
  }

  /** An answer that the definition refuses is the variant's error, as it would be in a pipeline. */
  private transformed(answer: Answer): Answer {
    if (this.transforms === undefined || !answer.ok) return answer;
    try {
      return { ...answer, ...this.transforms.response({ ...answer, contentType: answer.contentType ?? '' }) };
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === null) throw error;
      return { ...answer, ok: false, ...refusal, contentType: 'application/json' };
    }
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
      variant,
      status,
      epoch: route.kind === 'drawn' ? route.epoch : null,
      propensity: route.kind === 'drawn' ? route.propensity : null,
      at: new Date(atMs).toISOString(),
    };
    exposures?.add(formatExposure(exposure), { folder: this.options.endpoint, atMs });
  }

  private assertOpen(): void {
    if (!this.isOpen) throw new Error('The gateway is closed.');
  }
}

function attributesOf(route: Route, request: InvokeRequest): string | undefined {
  if (!isEvidence(route, request)) return probeAttribute;
  return route.kind === 'drawn' ? drawnAttribute(route) : undefined;
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
