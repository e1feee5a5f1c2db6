import http2 from 'node:http2';
import net from 'node:net';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from '@jest/globals';
import { connectClient, connectWorker } from '../../worker/connection';
import { ConnectionSettingsInvalid, TemporalRefused, TemporalUnreachable } from '../../worker/connection-errors';
import { readConnectionSettings } from '../../worker/connection-settings';
import { parseAddress } from '../../worker/reach';
import { freePort } from '../../worker/server/ports';
import { withDevServer } from '../support/dev-server';
import { temporaryFolder } from './support/fake-binaries';

const closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Listens and gives what it hears to `answer`. Returns the address. */
async function listen(server: net.Server): Promise<string> {
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket: net.Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  closing.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `127.0.0.1:${address.port}`;
}

const at = (address: string) => readConnectionSettings({ address, env: {} });

describe('settings', () => {
  test('are the local dev server when nothing is said', () => {
    expect(readConnectionSettings({ env: { TEMPORAL_CONFIG_FILE: '/nowhere' } })).toEqual({
      address: '127.0.0.1:7233',
      namespace: 'default',
      origin: 'the default',
      options: {},
    });
  });

  test('come from the variables that the Temporal CLI uses; an API key turns TLS on', () => {
    const env = { TEMPORAL_ADDRESS: 'x.tmprl.cloud:7233', TEMPORAL_NAMESPACE: 'prod', TEMPORAL_API_KEY: 'k' };
    expect(readConnectionSettings({ env })).toEqual({
      address: 'x.tmprl.cloud:7233',
      namespace: 'prod',
      origin: 'from TEMPORAL_ADDRESS',
      options: { tls: true, apiKey: 'k' },
    });
  });

  test('come from a profile in the file that the Temporal CLI uses', async () => {
    const file = path.join(await temporaryFolder(), 'temporal.toml');
    await writeFile(file, '[profile.eu]\naddress = "eu:7233"\nnamespace = "prod"\n');
    const settings = readConnectionSettings({ env: { TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'eu' } });
    expect(settings).toMatchObject({ address: 'eu:7233', namespace: 'prod', origin: 'from the Temporal profile' });
  });

  test('that are broken are bad input', async () => {
    const file = path.join(await temporaryFolder(), 'temporal.toml');
    await writeFile(file, '[profile.eu\naddress');
    const read = () => readConnectionSettings({ env: { TEMPORAL_CONFIG_FILE: file } });
    expect(read).toThrow(ConnectionSettingsInvalid);
  });

  test.each([
    ['temporal', { host: 'temporal', port: 7233 }],
    ['temporal:80', { host: 'temporal', port: 80 }],
    ['[::1]:7233', { host: '::1', port: 7233 }],
    ['::1', undefined],
    ['http://temporal:7233', undefined],
    ['temporal:99999', undefined],
    ['', undefined],
  ])('the address %p is read as %p', (address, expected) => {
    expect(parseAddress(address)).toEqual(expected);
  });
});

const roles = [
  ['client', connectClient],
  ['worker', connectWorker],
] as const;

describe.each(roles)('a %s', (_role, connect) => {
  test('with nobody at its address says which address, whose idea it was, and what to start', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const failure = await connect({ settings: at(address) }).catch((error: unknown) => error);
    if (!(failure instanceof TemporalUnreachable)) throw failure;
    expect(failure.exitCode).toBe(3);
    expect(failure.message).toContain(`Cannot reach Temporal at ${address} (as asked): nobody listens there.`);
    expect(failure.message).toContain('sluice dev');
  });

  test('with a host that does not exist says so', async () => {
    const failure = await connect({ settings: at('temporal.invalid:7233') }).catch((error: unknown) => error);
    if (!(failure instanceof TemporalUnreachable)) throw failure;
    expect(failure.why).toMatch(/host name/);
  });

  test('with an address that is none says so', async () => {
    await expect(connect({ settings: at('http://temporal:7233') })).rejects.toThrow('not of the form host:port');
  });

  test('gives up on a server that accepts and then says nothing', async () => {
    const address = await listen(net.createServer());
    const failure = await connect({ settings: at(address), timeoutMs: 200 }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TemporalUnreachable);
  });

  test('that the cluster does not let in is told to look at its credentials', async () => {
    const server = http2.createServer();
    server.on('stream', (stream) => {
      const PERMISSION_DENIED = '7';
      stream.respond(
        {
          ':status': 200,
          'content-type': 'application/grpc',
          'grpc-status': PERMISSION_DENIED,
          'grpc-message': 'Request unauthorized.',
        },
        { endStream: true }
      );
    });
    const settings = { ...at(await listen(server)), options: { apiKey: 'do-not-print', tls: false } };
    const failure = await connect({ settings }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TemporalRefused);
    expect(inspect(failure, { depth: 10 })).not.toContain('do-not-print');
    expect(String(failure)).toContain('TEMPORAL_API_KEY');
  });
});

describe('with a cluster', () => {
  const dev = withDevServer();

  test('client and worker connect to the same namespace', async () => {
    const settings = at(dev().server.address);
    const [client, worker] = await Promise.all([connectClient({ settings }), connectWorker({ settings })]);
    expect([client.namespace, worker.namespace]).toEqual(['default', 'default']);
    await client.client.workflow.start('nobodyRunsThis', { taskQueue: 'nobody', workflowId: 'reachable' });
    await Promise.all([client.close(), worker.close()]);
  });

  test('the payload codec is in the client', async () => {
    const encoded: number[] = [];
    const dataConverter = {
      payloadCodecs: [
        {
          encode: async <T>(payloads: T[]) => {
            encoded.push(payloads.length);
            return payloads;
          },
          decode: async <T>(payloads: T[]) => payloads,
        },
      ],
    };
    const { client, close } = await connectClient({ settings: at(dev().server.address), dataConverter });
    await client.workflow.start('nobodyRunsThis', { taskQueue: 'nobody', workflowId: 'encoded', args: ['secret'] });
    await close();
    expect(encoded).toContain(1);
  });
});
