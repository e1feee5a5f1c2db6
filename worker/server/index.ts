/** Where a Temporal server comes from, and how one is started for development. Downloads are verified and shared by all processes. */
export { resolveBinary, resolveServer, type Resolved, type ResolvedBinary, type ResolveOptions } from './resolve';
export { ServerNotFound, type Tried } from './server-not-found';
export type { BinaryKind, Found, Source } from './source';
export { startDevServer, DEV_NAMESPACE, type DevServer, type DevServerOptions } from './dev-server';
export { DevServerFailed, PortInUse } from './dev-server-errors';
