import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { runMonitor } from '../../../activities/monitoring/run-monitor';
import type { MonitorTask } from '../../../activities/monitoring/types';
import { table } from '../../guards/table';
import { startUnderTest } from '../../sandbox/sandbox-under-test';
import { writeCaptures } from '../captures';
import type { Section } from './section';

const ROWS = 6_000;
const OBJECTS = 60;
const ROUNDS = 7;
const FROM_MS = Date.UTC(2030, 0, 7);

/** One minute of 100 requests a second, in S3 as a file a second: how long from the question to the verdict, report written. */
export const window: Section = {
  name: 'window',
  about: 'a one-minute window of 6,000 captured records, from S3 to the verdict (data quality, in the worker)',
  async play({ dir }) {
    const made = await writeCaptures(dir, { rows: 20_000, seed: 5, shift: 0 });
    const [file = ''] = (await readdir(made, { recursive: true })).filter((name) => name.endsWith('.jsonl'));
    const lines = (await readFile(path.join(made, file), 'utf8')).split('\n').slice(0, ROWS);
    // A process of its own, as S3 is: its processor time is not ours.
    const sandbox = await startUnderTest();
    const s3 = new S3Client({
      ...{ endpoint: sandbox.url, region: 'us-east-1', forcePathStyle: true },
      credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
    });
    const scratchDir = await mkdtemp(path.join(os.tmpdir(), 'sluice-bench-'));
    try {
      await s3.send(new CreateBucketCommand({ Bucket: 'data' }));
      const size = ROWS / OBJECTS;
      for (let n = 0; n < OBJECTS; n += 1) {
        const Key = `capture/e/v1/2030/01/07/00/${String(n).padStart(3, '0')}.jsonl`;
        await s3.send(
          new PutObjectCommand({ Bucket: 'data', Key, Body: lines.slice(n * size, (n + 1) * size).join('\n') })
        );
      }
      const task = (output: string, baseline: string | null): MonitorTask => ({
        ...{ monitor: 'dataQuality', options: {}, reading: {}, output: `s3://data/${output}` },
        data: { kind: 'captures', to: 's3://data/capture', endpoint: 'e', variants: ['v1'] },
        window: { fromMs: FROM_MS, toMs: FROM_MS + 3_600_000 },
        baseline: baseline === null ? null : `s3://data/${baseline}`,
      });
      const deps = { aws: { s3 } as never, now: () => FROM_MS + 3_600_000, heartbeat: () => undefined, scratchDir };
      await runMonitor(deps, task('baseline', null));
      let requests = 0;
      s3.middlewareStack.add(
        (next) => (args) => {
          requests += 1;
          return next(args);
        },
        { step: 'initialize', name: 'countRequests' }
      );
      const all: number[] = [];
      const cpu: number[] = [];
      let verdict = '';
      for (let round = 0; round < ROUNDS; round += 1) {
        const from = performance.now();
        const used = process.cpuUsage();
        ({ verdict } = await runMonitor(deps, task(`check-${round}`, 'baseline')));
        all.push(performance.now() - from);
        const { user, system } = process.cpuUsage(used);
        cpu.push((user + system) / 1_000);
      }
      const sorted = all.toSorted((a, b) => a - b);
      const [best = 0, median = 0] = [sorted[0], sorted[Math.floor(ROUNDS / 2)]];
      return {
        text: table(
          ['', 'ms'],
          [
            ['median of 7', median.toFixed(0)],
            ['best', best.toFixed(0)],
            ['processor time, least', Math.min(...cpu).toFixed(0)],
            ['requests to S3', (requests / ROUNDS).toFixed(0)],
            ['wanted', '< 1000'],
            [`verdict: ${verdict}`, ''],
          ]
        ),
        data: {
          ...{ rows: ROWS, objects: OBJECTS, milliseconds: all, processorMilliseconds: cpu, median, best, verdict },
          requests: requests / ROUNDS,
        },
      };
    } finally {
      s3.destroy();
      await sandbox.stop();
      await rm(scratchDir, { recursive: true, force: true });
    }
  },
};
