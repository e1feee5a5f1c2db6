import { mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { table } from '../guards/table';
import { quantile } from './measure';
import { createEndpoint, startUnderTest } from './sandbox-under-test';
import { besideMoto, capturedRecords, memory, overhead, startUps, throughput } from './sections';

const usage = 'npm run bench:sandbox -- [--quick]';
const BUCKET = 'captured';

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  if (args.some((arg) => arg !== '--quick')) throw new RangeError(usage);
  const isQuick = args.includes('--quick');
  const machine = {
    cpu: os.cpus()[0]?.model ?? 'unknown',
    cores: os.availableParallelism(),
    node: process.version,
    loadBefore: os.loadavg().map((load) => Math.round(load * 10) / 10),
  };
  console.log(
    `${machine.cores} × ${machine.cpu}, Node ${machine.node}, load of the last minute ${machine.loadBefore[0]}. ` +
      `Client, sandbox and container are three processes that share these cores.\n` +
      `The container is Node's own HTTP server with a constant answer; the client writes prepared bytes. p99 of the difference is the difference of p99s.`
  );
  const started = await startUps(isQuick ? 2 : 5);
  const blocks = isQuick ? 5 : 25;
  const { plain, capturing, perSecond, records } = await invocations(blocks, isQuick ? 1 : 3);
  const moto = await besideMoto(isQuick ? 100 : 500);
  const endpoints = 50;
  const used = await memory(endpoints);
  const loadAfter = os.loadavg().map((load) => Math.round(load * 10) / 10);

  const best = Math.max(...perSecond);
  const startMs = quantile(started.startMs, 0.5);
  const aims = [
    { what: 'added by InvokeEndpoint, p50', reached: plain.addedP50Ms, unit: 'ms', aim: 1, floor: 2, isLess: true },
    { what: 'added with capture on, p50', reached: capturing.addedP50Ms, unit: 'ms', aim: 1, floor: 2, isLess: true },
    { what: 'requests/s with capture on', reached: best, unit: '/s', aim: 2_000, floor: 1_000, isLess: false },
    { what: 'start-up', reached: startMs, unit: 'ms', aim: 1_000, floor: 1_000, isLess: true },
    { what: 'memory, idle', reached: started.idleMiB, unit: 'MiB', aim: 120, floor: 120, isLess: true },
  ];
  const ms = (value: number) => `${value.toFixed(2)} ms`;
  const latency = (name: string, { p50Ms, p99Ms }: { readonly p50Ms: number; readonly p99Ms: number }) => [
    name,
    ms(p50Ms),
    ms(p99Ms),
  ];
  console.log(
    `\n${table(
      ['one call at a time', 'p50', 'p99'],
      [
        latency('the container itself', plain.direct),
        latency('InvokeEndpoint', plain.through),
        latency('  added', { p50Ms: plain.addedP50Ms, p99Ms: plain.addedP99Ms }),
        latency('InvokeEndpoint, capture on', capturing.through),
        latency('  added', { p50Ms: capturing.addedP50Ms, p99Ms: capturing.addedP99Ms }),
        ...(moto ? [latency(`moto ${moto.version}, ${moto.cheapest}, its cheapest`, moto.latencies)] : []),
      ]
    )}\n`
  );
  console.log(
    `${table(
      ['', 'sandbox', 'moto'],
      [
        [
          'requests/s, 16 connections (sandbox: capture on, best round)',
          best.toFixed(0),
          moto ? moto.perSecond.toFixed(0) : '—',
        ],
        ['start-up, median', `${startMs.toFixed(0)} ms`, moto ? `${moto.startMs.toFixed(0)} ms` : '—'],
        ['memory, idle', `${started.idleMiB.toFixed(0)} MiB`, moto ? `${moto.idleMiB.toFixed(0)} MiB` : '—'],
        [`memory, ${endpoints} endpoints`, `${used.sandboxMiB.toFixed(0)} MiB`, '—'],
        [`  their ${endpoints} containers (Node processes)`, `${used.containersMiB.toFixed(0)} MiB`, '—'],
      ]
    )}\n`
  );
  if (!moto) console.log('SKIPPED: moto, because no Python with it was found (the tests make one below .sluice).\n');
  const verdict = (aim: (typeof aims)[number]) => {
    const meets = (limit: number) => (aim.isLess ? aim.reached <= limit : aim.reached >= limit);
    return meets(aim.aim) ? 'reached' : meets(aim.floor) ? 'above the floor' : 'MISSED';
  };
  console.log(
    table(
      ['aim', 'aim', 'floor', 'measured', ''],
      aims.map((aim) => [
        aim.what,
        `${aim.aim} ${aim.unit}`,
        `${aim.floor} ${aim.unit}`,
        `${aim.reached.toFixed(aim.reached < 10 ? 2 : 0)} ${aim.unit}`,
        verdict(aim),
      ])
    )
  );
  const file = path.resolve('bench', 'results', isQuick ? 'sandbox-quick.json' : 'sandbox.json');
  await mkdir(path.dirname(file), { recursive: true });
  const result = {
    what: 'sandbox',
    quick: isQuick,
    machine: { ...machine, loadAfter },
    startUp: started,
    overhead: { plain, capturing },
    requestsPerSecond: { captureOn: perSecond },
    capturedRecords: records,
    moto: moto ?? null,
    memory: { endpoints, ...used },
    aims: aims.map((aim) => ({ ...aim, verdict: verdict(aim) })),
  };
  await writeFile(file, `${JSON.stringify(result, null, 1)}\n`);
  console.log(`\nload of the last minute at the end ${loadAfter[0]}; ${path.relative('.', file)}`);
}

async function invocations(blocks: number, rounds: number) {
  const sandbox = await startUnderTest();
  try {
    await sandbox.s3.createBucket({ Bucket: BUCKET });
    await createEndpoint(sandbox, { name: 'plain' });
    await createEndpoint(sandbox, { name: 'capturing', captureTo: BUCKET });
    const plain = await overhead(sandbox, 'plain', blocks);
    const capturing = await overhead(sandbox, 'capturing', blocks);
    const perSecond = await throughput(sandbox, 'capturing', rounds);
    const records = await capturedRecords(sandbox, BUCKET);
    // A figure "with capture on" is worth nothing when nothing was captured.
    const atLeast = capturing.calls + perSecond.reduce((sum, rate) => sum + rate, 0);
    if (records < atLeast) throw new Error(`only ${records} records of more than ${atLeast} invocations were captured`);
    return { plain, capturing, perSecond, records };
  } finally {
    await sandbox.stop();
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
