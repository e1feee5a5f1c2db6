import { S3Client } from '@aws-sdk/client-s3';
import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { parseArgs } from 'node:util';
import { createGateway } from '../../gateway';
import { loadReviews } from './data';
import { driveTraffic } from './drive';

const usage = `Sends held-out product reviews to an endpoint, and the true label of each a little later, until SIGTERM.

  node dist/examples/product-reviews/traffic.js --endpoint product-reviews [--rate 200] [--seed 1]
      [--counts s3://reviews-counts] [--labels s3://reviews-labels] [--window-ms 1000] [--seconds <n>]

Addresses, region and credentials come from the environment, as for every AWS client. Prints one line of JSON at the end.
`;

async function main(): Promise<void> {
  const options = readOptions();
  if (options === undefined) {
    process.stderr.write(usage);
    process.exitCode = 2;
    return;
  }
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
  // Started by another process of ours, it ends with it.
  process.once('disconnect', () => stop.abort());
  if (options.seconds !== undefined) setTimeout(() => stop.abort(), options.seconds * 1_000).unref();

  // One attempt a call: a retry would hide a dropped request, and dropped requests are what the summary is for.
  const runtime = new SageMakerRuntimeClient({ maxAttempts: 1 });
  const s3 = new S3Client({});
  const gateway = createGateway({
    endpoint: options.endpoint,
    runtime,
    s3,
    counts: options.counts,
    labels: options.labels,
    flushMs: options.windowMs,
  });
  const reviews = loadReviews().heldOut;
  process.send?.('driving');
  const summary = await driveTraffic({
    gateway,
    reviews,
    perSecond: options.rate,
    seed: options.seed,
    stop: stop.signal,
  });
  await gateway.close();
  runtime.destroy();
  s3.destroy();
  const { user, system } = process.cpuUsage();
  process.stdout.write(`${JSON.stringify({ ...summary, cpuMs: Math.round((user + system) / 1_000) })}\n`);
  process.disconnect?.();
}

interface Options {
  readonly endpoint: string;
  readonly rate: number;
  readonly seed: number;
  readonly counts: string;
  readonly labels: string;
  readonly windowMs: number;
  readonly seconds: number | undefined;
}

/** `undefined` when the arguments make no sense. */
function readOptions(): Options | undefined {
  try {
    const { values } = parseArgs({
      options: {
        endpoint: { type: 'string' },
        rate: { type: 'string', default: '200' },
        seed: { type: 'string', default: '1' },
        counts: { type: 'string', default: 's3://reviews-counts' },
        labels: { type: 'string', default: 's3://reviews-labels' },
        'window-ms': { type: 'string', default: '1000' },
        seconds: { type: 'string' },
      },
    });
    const numbers = {
      rate: Number(values.rate),
      seed: Number(values.seed),
      windowMs: Number(values['window-ms']),
      seconds: values.seconds === undefined ? undefined : Number(values.seconds),
    };
    const isValid = Object.values(numbers).every((n) => n === undefined || (Number.isFinite(n) && n > 0));
    if (values.endpoint === undefined || !isValid) return undefined;
    return { endpoint: values.endpoint, counts: values.counts, labels: values.labels, ...numbers };
  } catch {
    // parseArgs throws on an unknown option.
    return undefined;
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
