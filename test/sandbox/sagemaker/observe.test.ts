import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { listLogs, tailOf, tidyLogs } from '../../../sandbox/observe/log-files';
import { hasProc } from '../../../sandbox/observe/proc';
import type { TestSandbox } from '../../support/sandbox/harness';
import { createEndpoint, invoke, startTestSandbox, until } from '../../support/sandbox/harness';

const onProc = hasProc() ? test : test.skip;
if (!hasProc()) console.warn('SKIPPED: resource use of containers, because this system has no /proc.');

/** A container that burns a core for a moment with each request, holds memory, and says what it does. */
const BUSY = `
const http = require('node:http');
const held = Buffer.alloc(Number(process.env.HOLD_MB ?? 0) * 1024 * 1024, 1);
http.createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    if (request.url === '/ping') return response.end();
    const before = process.cpuUsage();
    while (process.cpuUsage(before).user < Number(process.env.BURN_MS ?? 0) * 1000);
    console.log('answered with ' + held.length + ' bytes in hand');
    response.end('done');
  });
}).listen(Number(process.env.SAGEMAKER_BIND_TO_PORT), '127.0.0.1', () => console.log('serving'));
process.on('SIGTERM', () => process.exit(0));
`;

describe('what containers use and print', () => {
  let box: TestSandbox;
  beforeAll(async () => {
    box = await startTestSandbox({ images: { 'server:*': { command: [process.execPath, '-e', BUSY, '--'] } } });
  });
  afterAll(() => box.stop());

  const flush = () => fetch(`${box.sandbox.url}/_sandbox/flush`, { method: 'POST' });
  const logs = (query: string) => fetch(`${box.sandbox.url}/_sandbox/logs${query}`);

  /** The highest value of a metric of variant `v`. */
  async function metric(endpoint: string, name: string): Promise<number | undefined> {
    const now = box.sandbox.clock.now();
    const { Datapoints } = await box.cloudWatch.getMetricStatistics({
      Namespace: '/aws/sagemaker/Endpoints',
      MetricName: name,
      Dimensions: [
        { Name: 'EndpointName', Value: endpoint },
        { Name: 'VariantName', Value: 'v' },
      ],
      // One window, whatever the second: windows of ten minutes that begin ten minutes ago would end at the last full minute.
      StartTime: new Date(now - 1_800_000),
      EndTime: new Date(now + 1_800_000),
      Period: 3_600,
      Statistics: ['Maximum'],
      Unit: 'Percent',
    });
    return Datapoints?.[0]?.Maximum;
  }

  onProc('a container that works shows in CPUUtilization, one that rests does not', async () => {
    await createEndpoint(box.sagemaker, { name: 'rests', variants: [{ name: 'v' }] });
    await createEndpoint(box.sagemaker, { name: 'works', variants: [{ name: 'v', env: { BURN_MS: '900' } }] });
    await flush();
    await invoke(box.runtime, 'works');
    await flush();
    const [works = 0, rests = NaN] = [await metric('works', 'CPUUtilization'), await metric('rests', 'CPUUtilization')];
    expect(works).toBeGreaterThan(10);
    expect(works).toBeGreaterThan(rests);
    // One thread can keep no more than one core busy, give or take the ticks of the kernel.
    expect(works).toBeLessThan(130);
  });

  onProc('memory that a container holds shows in MemoryUtilization, and the disk in DiskUtilization', async () => {
    await createEndpoint(box.sagemaker, { name: 'small', variants: [{ name: 'v' }] });
    await createEndpoint(box.sagemaker, { name: 'large', variants: [{ name: 'v', env: { HOLD_MB: '200' } }] });
    await flush();
    const limit = process.constrainedMemory();
    const total = limit > 0 ? Math.min(limit, os.totalmem()) : os.totalmem();
    const [large = 0, small = 0] = [
      await metric('large', 'MemoryUtilization'),
      await metric('small', 'MemoryUtilization'),
    ];
    expect(((large - small) / 100) * total).toBeGreaterThan(150 * 1024 * 1024);
    expect(((large - small) / 100) * total).toBeLessThan(300 * 1024 * 1024);
    const disk = await metric('large', 'DiskUtilization');
    expect(disk).toBeGreaterThan(0);
    expect(disk).toBeLessThanOrEqual(100);
  });

  test('what a container printed is read through the control API, also after the endpoint is gone', async () => {
    await createEndpoint(box.sagemaker, { name: 'talks', variants: [{ name: 'v', count: 2 }] });
    await invoke(box.runtime, 'talks');
    const text = await until(async () => {
      const answer = await (await logs('?endpoint=talks&variant=v')).text();
      return answer.includes('answered with 0 bytes') && answer;
    });
    expect(text.match(/^==> v\/i-[0-9a-f]{17} <==$/gm)).toHaveLength(2);
    expect(text.match(/^serving$/gm)).toHaveLength(2);
    const listed: { readonly logs: readonly { readonly endpoint: string; readonly instance: string }[] } = JSON.parse(
      await (await logs('')).text()
    );
    const instance = listed.logs.find(({ endpoint }) => endpoint === 'talks')?.instance ?? '';
    const one = await logs(`?endpoint=talks&variant=v&instance=${instance}`);
    expect(one.headers.get('content-type')).toContain('text/plain');
    expect(await one.text()).toMatch(/^serving\n/);

    await box.sagemaker.deleteEndpoint({ EndpointName: 'talks' });
    await until(() =>
      box.sagemaker.describeEndpoint({ EndpointName: 'talks' }).then(
        () => false,
        () => true
      )
    );
    expect(await (await logs('?endpoint=talks')).text()).toContain('answered with');
    expect((await logs('?endpoint=silent')).status).toBe(400);
    expect((await logs('?endpoint=talks&bytes=many')).status).toBe(400);
    expect((await logs('?endpoint=..%2F..&variant=..')).status).toBe(400);
  });

  test('the failure of a container says what it printed last and where the rest is', async () => {
    await box.sagemaker.createModel({
      ModelName: 'broken',
      PrimaryContainer: { Image: 'server:1', Environment: { HOLD_MB: 'x'.repeat(3) } },
    });
    await box.sagemaker.createEndpointConfig({
      EndpointConfigName: 'broken',
      ProductionVariants: [
        { VariantName: 'v', ModelName: 'broken', InstanceType: 'ml.m5.large', InitialInstanceCount: 1 },
      ],
    });
    await box.sagemaker.createEndpoint({ EndpointName: 'broken', EndpointConfigName: 'broken' });
    const { FailureReason } = await until(async () => {
      const described = await box.sagemaker.describeEndpoint({ EndpointName: 'broken' });
      return described.EndpointStatus === 'Failed' && described;
    });
    expect(FailureReason).toMatch(
      /^The primary container for production variant v did not pass the ping health check\./
    );
    expect(FailureReason).toMatch(
      /Its last line was "Node\.js v.*"; see GET \/_sandbox\/logs\?endpoint=broken&variant=v\.\)$/
    );
    expect(await (await logs('?endpoint=broken')).text()).toContain('NaN');
  });
});

describe('log files', () => {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'sandbox-logs-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  test('a log that grows too long keeps its former part once, and is read as one', () => {
    const variant = path.join(dir, 'e', 'v');
    mkdirSync(variant, { recursive: true });
    const file = path.join(variant, 'i-0123456789abcdef0.log');
    for (let round = 0; round < 3; round += 1) {
      writeFileSync(
        file,
        `round ${round} begins\n${'x'.repeat(99)}\n`.padEnd(5 * 1024 * 1024 + 1, '.') + `\nround ${round} ends\n`
      );
      tidyLogs(dir, new Set([file]));
    }
    writeFileSync(file, 'and now\n');
    expect(readdirSync(variant).sort()).toEqual(['i-0123456789abcdef0.log', 'i-0123456789abcdef0.log.1']);
    expect(tailOf(file, 100)).toBe('round 2 ends\nand now\n');
    expect(tailOf(file, 1e9)).toMatch(/^round 2 begins\n/);
    expect(statSync(file).size + statSync(`${file}.1`).size).toBeLessThan(6 * 1024 * 1024);
    expect(listLogs(dir)).toHaveLength(1);
  });

  test('logs of instances that are gone are dropped from the oldest on, those that are written to never', () => {
    const other = path.join(dir, 'many');
    for (let index = 0; index < 510; index += 1) {
      const folder = path.join(other, `endpoint-${index % 7}`, 'v');
      mkdirSync(folder, { recursive: true });
      const file = path.join(folder, `i-${String(index).padStart(17, '0')}-second.log`);
      writeFileSync(file, 'x\n');
      utimesSync(file, index + 1, index + 1);
    }
    const live = path.join(other, 'endpoint-0', 'v', 'i-00000000000000000-second.log');
    tidyLogs(other, new Set([live]));
    const left = listLogs(other);
    expect(left).toHaveLength(501);
    expect(existsSync(live)).toBe(true);
    expect(left.some(({ instance }) => instance === 'i-00000000000000001')).toBe(false);
    expect(left[0]).toMatchObject({ endpoint: 'endpoint-5', variant: 'v', container: 'second' });
  });
});
