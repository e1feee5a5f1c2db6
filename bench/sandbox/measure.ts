import { WireClient } from './wire-client';

export interface Target {
  readonly port: number;
  readonly request: Buffer;
}

/** Latencies of calls one after another, sorted, in milliseconds. Throws when a call is not answered with 200. */
export async function latenciesMs(target: Target, calls: number): Promise<number[]> {
  const client = new WireClient(target.port);
  const out: number[] = [];
  for (let i = 0; i < calls; i += 1) {
    const startMs = performance.now();
    expectOk(await client.call(target.request));
    out.push(performance.now() - startMs);
  }
  client.close();
  return out;
}

/** Requests per second with so many connections, each with one request under way, for a time. */
export async function requestsPerSecond(target: Target, connections: number, forMs: number): Promise<number> {
  const startMs = performance.now();
  let answered = 0;
  const lane = async () => {
    const client = new WireClient(target.port);
    while (performance.now() - startMs < forMs) {
      expectOk(await client.call(target.request));
      answered += 1;
    }
    client.close();
  };
  await Promise.all(Array.from({ length: connections }, lane));
  return (1000 * answered) / (performance.now() - startMs);
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

function expectOk(status: number): void {
  if (status !== 200) throw new Error(`a measured call was answered with status ${status}`);
}
