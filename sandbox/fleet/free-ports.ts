import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/**
 * Below what systems hand out by themselves (from 32768 on Linux, from 49152 elsewhere): a container takes a moment to bind its port, and
 * a server that was given it meanwhile could answer the pings in its place.
 */
const FIRST_PORT = 20_000;
const END_PORT = 30_000;
/** A machine on which so many tries in a row find nothing free has none left. */
const MAX_TRIES = 2_000;

/** A loopback port that no other sandbox of this machine hands out until it is released, or this process is gone. */
export interface ReservedPort {
  readonly port: number;
  release(): void;
}

/** Reserves a port that nobody listens on. A container that finds it taken all the same exits and is started again on another. */
export async function reservePort(candidate: () => number = anyPort): Promise<ReservedPort> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const port = candidate();
    const release = await claim(port);
    if (!release) continue;
    if (await isFree(port)) return { port, release };
    release();
  }
  throw new Error(`no free port was found between ${FIRST_PORT} and ${END_PORT - 1}`);
}

function anyPort(): number {
  return randomInt(FIRST_PORT, END_PORT);
}

/** Holds the UDP port of the same number, which containers do not use: one process has it at a time, and the system takes it back from a dead one. */
function claim(port: number): Promise<(() => void) | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => {
      socket.close();
      resolve(undefined);
    });
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => {
      socket.unref();
      resolve(() => socket.close());
    });
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    // Containers bind all addresses.
    server.listen({ port, host: '0.0.0.0', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
