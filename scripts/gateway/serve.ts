import { S3Client } from '@aws-sdk/client-s3';
import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { createGateway, type GatewayOptions } from '../../gateway';
import { parseS3Location } from '../../gateway/s3-location';
import { startGatewayService, type ServiceLog } from '../../gateway/service/service';
import type { Surroundings } from '../environment';
import { EXIT } from '../exit-codes';
import type { ExitCode } from '../exit-codes';
import { Mistake } from '../mistakes';
import { untilStopped } from '../until-stopped';
import { loadTransforms } from './transforms-file';

export interface ServeOptions {
  readonly endpoint: string;
  readonly port: number;
  readonly host: string;
  readonly refresh: number;
  readonly window: number;
  readonly assignment?: string;
  readonly counts?: string;
  readonly exposures?: string;
  readonly labels?: string;
  readonly events?: string;
  readonly pairs?: string;
  readonly transforms?: string;
}

/** Live calls that may be open to SageMaker at a time; the SDK's own 50 would make a slow model's callers queue here. */
const LIVE_CONNECTIONS = 500;
/** SageMaker gives up after 60 s. */
const REQUEST_TIMEOUT_MS = 65_000;
const CONNECTION_TIMEOUT_MS = 3_000;

/** Serves until Ctrl-C or SIGTERM, then answers what is open and writes what is unwritten. */
export async function serveGateway(surroundings: Surroundings, options: ServeOptions): Promise<ExitCode> {
  const log = jsonLog(surroundings);
  const transforms =
    options.transforms === undefined ? undefined : await loadTransforms(surroundings, options.transforms);
  const places = placesOf(options);
  const s3 = new S3Client({});
  const runtime = runtimeClient(LIVE_CONNECTIONS);
  const mirrorRuntime = runtimeClient(8);
  const gateway = createGateway({
    endpoint: options.endpoint,
    runtime,
    s3,
    ...places,
    ...(options.pairs !== undefined && { mirror: { runtime: mirrorRuntime, pairs: options.pairs } }),
    ...(transforms && { transforms }),
    refreshMs: options.refresh,
    flushMs: options.window,
    onWriteError: ({ message }) => log('error', 'not written', { message }),
    onAssignmentTrouble: ({ message }) => log('warn', 'assignment not followed', { message }),
  });
  const { endpoint, host, port } = options;
  const service = await startGatewayService({ endpoint, gateway, host, port, log }).catch(async (error: unknown) => {
    await gateway.close();
    const why = error instanceof Error ? error.message : String(error);
    throw new Mistake(`The gateway cannot listen on ${host}:${port}: ${why}`, EXIT.unreachable, { cause: error });
  });
  log('info', 'serving', { endpoint, url: service.url, ...places });
  try {
    // It has no part that could end by itself.
    const code = await untilStopped(surroundings, new Promise(() => undefined));
    log('info', 'stopping');
    await service.close();
    log('info', 'stopped');
    return code;
  } catch (error) {
    log('error', 'stopped with unwritten lines', { message: error instanceof Error ? error.message : String(error) });
    return EXIT.unreachable;
  } finally {
    for (const client of [s3, runtime, mirrorRuntime]) client.destroy();
  }
}

function placesOf(options: ServeOptions): Partial<GatewayOptions> {
  const { assignment, counts, exposures, labels, events, pairs } = options;
  const given = Object.entries({ assignment, counts, exposures, labels, events, pairs }).flatMap(([name, uri]) =>
    uri === undefined ? [] : [[name, uri] as const]
  );
  const wrong = given.flatMap(([name, uri]) => {
    try {
      parseS3Location(uri);
      return [];
    } catch (error) {
      return [`--${name}: ${error instanceof Error ? error.message : String(error)}`];
    }
  });
  if (wrong.length > 0) throw new Mistake(wrong.join('\n'));
  return Object.fromEntries(given.filter(([name]) => name !== 'pairs'));
}

function runtimeClient(maxSockets: number): SageMakerRuntimeClient {
  return new SageMakerRuntimeClient({
    requestHandler: {
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      httpAgent: { maxSockets },
      httpsAgent: { maxSockets },
    },
  });
}

function jsonLog({ out, now }: Surroundings): ServiceLog {
  return (level, event, more = {}) =>
    out.write(`${JSON.stringify({ at: new Date(now()).toISOString(), level, event, ...more })}\n`);
}
