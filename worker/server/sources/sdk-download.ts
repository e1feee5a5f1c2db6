import path from 'node:path';
import { z } from 'zod';
import type { Environment } from '../../config';
import type { Log } from '../../log';
import { cachedPath, sdkVersion } from '../cache';
import { download } from '../download';
import { extractExecutable } from '../extract';
import { get, readText, type Transport } from '../http';
import { installOnce } from '../install';
import type { Platform } from '../platform';
import { absent, type BinaryKind, type Source } from '../source';
import { messageOf } from '../../thrown';

const answer = z.object({ archiveUrl: z.string(), fileToExtract: z.string() });

const ARTIFACTS: Readonly<Record<BinaryKind, string>> = { cli: 'cli', 'test-server': 'temporal-test-server' };

/** Only an archive's name matters later: it tells the format. */
function archiveName(url: URL): string {
  return url.pathname.endsWith('.zip') ? 'archive.zip' : 'archive.tar.gz';
}

/**
 * Temporal's own download service, asked as the SDK asks it (sdk-core, `ephemeral_server`): the version that Temporal
 * recommends for this SDK. Asked directly because the SDK's downloader comes in `@temporalio/testing`, which production does
 * not install, starts a server in the same breath, and waits without bound behind a firewall that drops packets.
 * The service states no checksum: TLS, the announced length, the archive's own checks and the proof stand in.
 */
export function sdkDownloadSource({
  base = new URL('https://temporal.download'),
  env,
  platform,
  transport,
  log,
}: {
  readonly base?: URL;
  readonly env: Environment;
  readonly platform: Platform;
  readonly transport: Transport;
  readonly log: Log;
}): Source {
  const locate = async (kind: BinaryKind): Promise<{ archive: URL; file: string }> => {
    const url = new URL(`/${ARTIFACTS[kind]}/default`, base);
    url.searchParams.set('arch', platform.arch === 'x64' ? 'amd64' : 'arm64');
    url.searchParams.set('platform', platform.os === 'win32' ? 'windows' : platform.os);
    if (kind === 'cli') url.searchParams.set('format', 'tar.gz');
    url.searchParams.set('sdk-name', 'sdk-typescript');
    url.searchParams.set('sdk-version', sdkVersion);
    const { response } = await get(url, transport);
    const { archiveUrl, fileToExtract } = answer.parse(JSON.parse(await readText(response)));
    return { archive: new URL(archiveUrl, url), file: fileToExtract };
  };
  return {
    name: base.host,
    find: async (kind) => {
      try {
        const { archive, file } = await locate(kind);
        log.debug('downloading', { from: archive.href });
        const produce = async (target: string): Promise<void> => {
          const local = path.join(path.dirname(target), archiveName(archive));
          await download(archive, { file: local, expected: {}, transport });
          await extractExecutable(local, { wanted: (name) => name.replace(/^\.\//, '') === file, target });
        };
        const target = cachedPath(kind, { origin: 'sdk', env, platform });
        return { outcome: 'binary', ...(await installOnce(target, { kind, produce, log })) };
      } catch (error) {
        return absent(messageOf(error));
      }
    },
  };
}
