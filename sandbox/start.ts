import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { SettableClock } from './engine/clock';
import type { AutoScaling } from './autoscaling';
import { createAutoScaling } from './autoscaling';
import { createCloudWatch } from './cloudwatch';
import { createClock } from './engine/clock';
import { lockDataDir } from './engine/data-dir';
import { createJournal } from './engine/journal';
import { randomStream } from './engine/random';
import { openStore } from './engine/store';
import type { Faults } from './faults/book';
import { FaultBook } from './faults/book';
import { faultInterceptor } from './faults/calls';
import { faultyMetrics } from './faults/metrics';
import { faultsResource } from './faults/resource';
import { Visibility } from './faults/visibility';
import { withBuiltInImages } from './images/built-in';
import { clockResource, controlService, journalResource } from './http/control';
import { chained } from './http/chained';
import type { Interceptor } from './http/server';
import { knobsOf } from './knobs/parse';
import { rewordBy } from './knobs/reword';
import { startServer } from './http/server';
import { signatureInterceptor } from './signatures/interceptor';
import { logsResource } from './observe/logs-resource';
import { watchContainers } from './observe/watch';
import type { SandboxOptions } from './options';
import { BadOptions, DEFAULT_SPEED } from './options';
import { AsyncMetrics } from './runtime/async/metrics';
import { Notifications, notificationsResource } from './runtime/async/notifications';
import { AsyncQueue } from './runtime/async/queue';
import { asyncTables } from './runtime/async/records';
import { DataCapture } from './runtime/capture';
import { InvocationMetrics } from './runtime/metrics';
import { createRuntime } from './runtime/service';
import { Shadowing } from './runtime/shadow';
import { createS3 } from './s3';
import { createSts } from './sts';
import type { SageMakerContext } from './sagemaker/context';
import { packageHistoryResource } from './sagemaker/registry/history-resource';
import { scalableVariants } from './sagemaker/scalable-variants';
import { createSageMaker } from './sagemaker/service';
import { tablesOf } from './sagemaker/tables';
import { stateResource } from './sagemaker/state-resource';

export interface Sandbox {
  readonly url: string;
  /** Environment that points any AWS client at this sandbox: address, region, credentials that nobody checks. */
  readonly env: Readonly<Record<string, string>>;
  readonly clock: SettableClock;
  /** What shall go wrong; can be changed at any time. */
  readonly faults: Faults;
  readonly dataDir: string;
  /** Ends requests, containers and timers, writes what is buffered, and resolves when nothing is left. */
  stop(): Promise<void>;
}

/** Containers get this long after SIGTERM when the whole sandbox stops: nobody waits half a minute for a test to end. */
const STOP_GRACE_MS = 3_000;
const REQUEST_GRACE_MS = 2_000;
const CREDENTIALS = { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' };

/**
 * Starts SageMaker, its runtime, S3 and the rest on one loopback port. Endpoints of a former run in the same data directory come
 * back in the background; requests to them wait. Throws BadOptions, and an error when the port or the directory is taken.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const region = options.region ?? 'us-east-1';
  const accountId = options.accountId ?? '123456789012';
  if (!/^\d{12}$/.test(accountId)) throw new BadOptions(`the account id must be 12 digits, not "${accountId}"`);
  const knobs = knobsOf(options.knobs ?? {}, 'knobs');
  const reword = rewordBy(knobs.texts);
  const seed = options.seed ?? 1;
  const dataDir = path.resolve(options.dataDir ?? mkdtempSync(path.join(os.tmpdir(), 'sagemaker-sandbox-')));
  const onInternalError =
    options.onInternalError ??
    ((error, where) => process.emitWarning(`${where}: ${String(error)}`, 'SandboxInternalError'));

  let listens: (url: string | undefined) => void = () => undefined;
  const listening = new Promise<string | undefined>((resolve) => (listens = resolve));
  const clock = createClock({ speed: options.speed ?? DEFAULT_SPEED });
  const random = (purpose: string) => randomStream(seed, purpose);
  const journal = createJournal(clock);
  const faults = new FaultBook({ clock, journal, random });
  faults.set(options.faults ?? []);
  const unlock = lockDataDir(dataDir);
  // Containers of a former run are gone; what they left is of no use to new ones.
  rmSync(path.join(dataDir, 'fleets'), { recursive: true, force: true });
  const store = openStore(path.join(dataDir, 'state'));
  const s3 = createS3({ dir: path.join(dataDir, 's3'), clock, accountId });
  const cloudWatch =
    options.services?.cloudWatch ??
    createCloudWatch({ dir: path.join(dataDir, 'cloudwatch'), clock, accountId, region });
  const sts = options.services?.sts ?? createSts({ accountId });
  const context: SageMakerContext = {
    tables: tablesOf(store),
    clock,
    journal,
    objects: s3.store,
    fleets: {
      images: withBuiltInImages(options.images ?? {}),
      ...(options.engine === undefined ? {} : { engine: options.engine }),
      knobs,
      objects: s3.store,
      journal,
      region,
      accountId,
      awsEnvironment: async () =>
        environment((await listening) ?? '', { region, credentials: acceptedBy(options.verifySignatures) }),
      dataDir,
      speed: () => clock.speed,
      wait: (providerMs, signal) => clock.wait(providerMs, signal),
      faults,
      random,
      minStartupWindowMs: knobs.minStartupWindowMs,
    },
    faults,
    visibility: new Visibility(faults, clock),
    region,
    accountId,
    knobs,
    reword,
    ...(cloudWatch.alarmState ? { alarmState: (name: string) => cloudWatch.alarmState?.(name) } : {}),
    scaledVariants: (endpointName) => autoScaling?.scaledVariants(endpointName) ?? [],
    onInternalError,
  };
  const checkOutputs = options.checkOutputs ?? false;
  const sink = faultyMetrics(cloudWatch.sink, faults, clock);
  const sagemaker = createSageMaker(context, { checkOutputs, sink });
  const metrics = new InvocationMetrics(sink, clock, knobs);
  const watch = watchContainers({
    registry: sagemaker.registry,
    jobs: sagemaker.jobs,
    sink,
    clock,
    journal,
    dataDir,
    onInternalError,
  });
  const capture = new DataCapture({ objects: s3.store, clock, random, faults, knobs, onError: onInternalError });
  const shadowing = new Shadowing({ knobs, random, capture, metrics, onError: onInternalError });
  const queues = asyncTables(store);
  const notifications = new Notifications(queues, {
    journal,
    clock,
    region,
    kept: knobs.notificationsKept,
    members: knobs.notificationMembers,
  });
  const asynchronous = new AsyncQueue(queues, {
    ...{ objects: s3.store, capture, metrics, asyncMetrics: new AsyncMetrics(sink, clock), notifications },
    ...{ region, accountId, clock, onError: onInternalError },
    endpoints: () => sagemaker.registry.all(),
  });
  const runtime = createRuntime({
    serving: (name) => sagemaker.registry.serving(name),
    accountId,
    region,
    capture,
    metrics,
    shadowing,
    clock,
    faults,
    asynchronous,
    knobs,
    reword,
  });
  const control = controlService({
    health: async ({ method }) => (method === 'GET' ? { status: 'ok' } : undefined),
    journal: journalResource(journal),
    faults: faultsResource(faults),
    notifications: notificationsResource(notifications),
    clock: clockResource(clock),
    state: stateResource(sagemaker.registry, sagemaker.jobs),
    'model-packages': packageHistoryResource(context.tables),
    logs: logsResource(path.join(dataDir, 'logs')),
    flush: async ({ method }) => {
      if (method !== 'POST') return undefined;
      metrics.flush();
      watch.measure();
      await capture.flush();
      return { status: 'flushed' };
    },
  });

  const { alarms } = cloudWatch;
  const autoScaling: AutoScaling | undefined =
    alarms &&
    createAutoScaling({
      ...{ store, clock, journal, region, accountId, checkOutputs, knobs, onInternalError },
      variants: scalableVariants(sagemaker.registry, sagemaker.handlers),
      alarms,
      metrics: cloudWatch.sink,
    });
  sagemaker.registry.onGone((name) => autoScaling?.endpointGone(name));
  sagemaker.registry.restore();
  sagemaker.experiments.restore();
  asynchronous.start();
  sagemaker.packageChecks.restore();
  sagemaker.jobs.restore();
  sagemaker.monitoring.restore();
  const server = await startServer({
    port: options.port ?? 0,
    region,
    services: {
      ...{ control, sagemaker: sagemaker.service, runtime, s3: s3.service, cloudWatch: cloudWatch.service, sts },
      ...(autoScaling ? { autoScaling: autoScaling.service } : {}),
    },
    now: () => clock.now(),
    interceptor: chained([
      ...signatureInterceptors(options.verifySignatures, clock),
      faultInterceptor(faults, clock, knobs),
    ]),
    onInternalError,
  }).catch(async (error: unknown) => {
    listens(undefined);
    await end();
    throw error;
  });

  async function end(): Promise<void> {
    watch.close();
    await autoScaling?.close();
    await sagemaker.experiments.close();
    await sagemaker.packageChecks.close();
    await sagemaker.monitoring.close();
    asynchronous.stop();
    await Promise.all([sagemaker.registry.close(STOP_GRACE_MS), sagemaker.jobs.close()]);
    await asynchronous.close();
    metrics.close();
    await capture.flush();
    clock.close();
    await cloudWatch.close();
    await s3.close();
    store.close();
    unlock();
    if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
  }

  const url = `http://127.0.0.1:${server.port}`;
  listens(url);
  let stopping: Promise<void> | undefined;
  return {
    url,
    env: environment(url, { region, credentials: CREDENTIALS }),
    clock,
    faults,
    dataDir,
    stop: () => (stopping ??= server.close(REQUEST_GRACE_MS).then(end)),
  };
}

function signatureInterceptors(
  verify: SandboxOptions['verifySignatures'],
  clock: SettableClock
): readonly Interceptor[] {
  if (!verify) return [];
  return [signatureInterceptor(verify === true ? [CREDENTIALS] : verify.credentials, clock)];
}

function acceptedBy(verify: SandboxOptions['verifySignatures']): typeof CREDENTIALS {
  return (typeof verify === 'object' ? verify.credentials[0] : undefined) ?? CREDENTIALS;
}

function environment(
  url: string,
  { region, credentials }: { readonly region: string; readonly credentials: typeof CREDENTIALS }
): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    // Without this an SDK that misses something looks for an instance role, for seconds.
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}
