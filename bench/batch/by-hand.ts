import { spawn } from 'node:child_process';
import { Agent, request } from 'node:http';
import { Pool } from 'undici';
import { cpuSeconds } from './cpu';

export interface HandRate {
  readonly perSecond: number;
  /** What a call cost client and container. */
  readonly cpuMicroseconds: { readonly client: number; readonly container: number };
}

/** Calls a second of the container alone, by Node's own client and by a fast one: one call after the other, and with several open at a time. */
export async function callByHand(container: string, records: readonly string[]): Promise<Record<string, HandRate>> {
  const child = spawn(process.execPath, [container], {
    env: { ...process.env, SAGEMAKER_BIND_TO_PORT: '29871' },
    stdio: 'ignore',
  });
  const rates: Record<string, HandRate> = {};
  const measured = (open: number, ask: (body: string) => Promise<unknown>) =>
    rateOf(records, { open, ask, pid: child.pid ?? 0 });
  try {
    await untilUp(29_871);
    for (const open of [1, 4, 8, 16, 32]) {
      const name = open === 1 ? 'plain loop' : `${open} at a time`;
      const agent = new Agent({ keepAlive: true, maxSockets: open });
      rates[`node:http, ${name}`] = await measured(open, (body) => call(agent, 29_871, body));
      agent.destroy();
      const pool = new Pool('http://127.0.0.1:29871', { connections: open });
      rates[`undici, ${name}`] = await measured(open, (body) => callBy(pool, body));
      await pool.destroy();
    }
  } finally {
    child.kill('SIGTERM');
  }
  return rates;
}

/** So many open at a time. */
async function rateOf(
  records: readonly string[],
  of: { readonly open: number; readonly ask: (body: string) => Promise<unknown>; readonly pid: number }
): Promise<HandRate> {
  const left = records[Symbol.iterator]();
  const [startedMs, own, container] = [performance.now(), process.cpuUsage(), cpuSeconds(of.pid)];
  await Promise.all(
    Array.from({ length: of.open }, async () => {
      for (let next = left.next(); next.done !== true; next = left.next()) await of.ask(next.value);
    })
  );
  const seconds = (performance.now() - startedMs) / 1_000;
  const used = process.cpuUsage(own);
  const each = (micros: number): number => Number((micros / records.length).toFixed(1));
  return {
    perSecond: Math.round(records.length / seconds),
    cpuMicroseconds: {
      client: each(used.user + used.system),
      container: each((cpuSeconds(of.pid) - container) * 1e6),
    },
  };
}

/** The fastest of undici's ways. */
function callBy(pool: Pool, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    pool.dispatch(
      { path: '/invocations', method: 'POST', headers: { 'content-type': 'application/jsonlines' }, body },
      {
        onConnect: () => undefined,
        onHeaders: () => true,
        onData: (chunk) => {
          text += chunk.toString();
          return true;
        },
        onComplete: () => resolve(text),
        onError: reject,
      }
    );
  });
}

function call(agent: Agent, port: number, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        agent,
        port,
        host: '127.0.0.1',
        path: '/invocations',
        method: 'POST',
        headers: { 'content-type': 'application/jsonlines' },
      },
      (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => resolve(text));
      }
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function untilUp(port: number): Promise<void> {
  const agent = new Agent();
  for (let tries = 0; ; tries += 1) {
    try {
      await call(agent, port, '{"id":0}');
      return;
    } catch (error) {
      if (tries > 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
