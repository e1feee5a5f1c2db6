import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { TrafficSummary } from '../../examples/product-reviews/drive';
import type { Environment } from '../../worker/config';
import { startChild } from '../child';

export interface Traffic {
  /** Resolves with a description when it ends by itself. */
  readonly ended: Promise<string>;
  /** Ends it after all open calls and returns what it saw; null when it could not tell. */
  stop(): Promise<TrafficSummary | null>;
}

/** Sends held-out reviews at `perSecond` in a process of its own, with the true label of each a little later. */
export async function startTraffic(input: {
  readonly dir: string;
  readonly env: Environment;
  readonly perSecond: number;
}): Promise<Traffic> {
  const module = path.join(__dirname, '..', '..', 'examples', 'product-reviews', 'traffic');
  const args = ['--endpoint', 'product-reviews', '--rate', String(input.perSecond)];
  const child = await startChild({ name: 'traffic', module, args, env: input.env, dir: input.dir }, (message) =>
    message === 'driving' ? message : null
  );
  return {
    ended: child.ended,
    async stop() {
      await child.stop();
      const last = readFileSync(child.logFile, 'utf8').trimEnd().split('\n').at(-1) ?? '';
      return last.startsWith('{') ? (JSON.parse(last) as TrafficSummary) : null;
    },
  };
}
