import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { withDevServer } from '../support/dev-server';
import { dullTick, goodTick, wrongTick } from '../support/fake-activities';
import { aDesk, isAsking, statusOf, untilStatus, withWorker } from './desk';
import type { Place } from './desk';
import { run } from './run-main';
import { until } from './until';

const temporal = withDevServer();
let folder = '';
const place = (): Place => ({ folder, temporal: temporal() });

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-rollouts-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('sluice deploy', () => {
  test('creates nothing and says what to start when no worker is there', async () => {
    const desk = await aDesk(place(), () => dullTick);
    const { code, out, err } = await desk.sluice('deploy', desk.file);
    expect({ code, out }).toEqual({ code: 3, out: '' });
    expect(err).toMatch(/Nothing was started: nobody polls .*Start one/);
    expect(await temporal().env.client.workflow.count(`WorkflowId = 'endpoint/${desk.endpoint}'`)).toEqual(
      expect.objectContaining({ count: 0 })
    );
  });

  test('creates nothing for a file with mistakes', async () => {
    const desk = await aDesk(place(), () => dullTick);
    await writeFile(path.join(folder, desk.file), 'endpoint: [');
    await withWorker(desk, async () => {
      const { code, err } = await desk.sluice('deploy', desk.file);
      expect(code).toBe(2);
      expect(err).toContain('Nothing was changed.');
      expect((await desk.answered('status', desk.endpoint)).err).toContain('Sluice knows no endpoint');
    });
  });

  test('says what was started, where to look and what to type next; a second one is told who is first', async () => {
    const desk = await aDesk(place(), () => dullTick);
    await withWorker(desk, async () => {
      const first = await desk.sluice('deploy', desk.file);
      const id = `rollout/${desk.endpoint}/1`;
      expect(first).toEqual({
        code: 0,
        err: '',
        out: [
          `Started ${id}: v2 on ${desk.endpoint}.`,
          `See it in Temporal: http://ui.example/namespaces/default/workflows/${encodeURIComponent(id)}`,
          '',
          `  sluice watch ${desk.endpoint}                   follow it`,
          `  sluice abort ${desk.endpoint} --why 'say why'   stop it and roll back`,
          '',
        ].join('\n'),
      });
      const second = await desk.sluice('deploy', desk.file, '--who', 'bo@example.org');
      expect({ code: second.code, out: second.out }).toEqual({ code: 2, out: '' });
      expect(second.err).toContain(`Not started: ana@example.org is rolling out v2 on ${desk.endpoint} (${id}).`);
      expect(second.err).toContain(`See it: sluice status ${desk.endpoint}`);
      expect((await desk.sluice('abort', desk.endpoint, '--why', 'end of the test')).code).toBe(0);
      expect((await desk.sluice('watch', desk.endpoint)).code).toBe(10);
      const history = await until(
        () => desk.sluice('history', desk.endpoint),
        ({ out }) => out.includes('rolledBack')
      );
      expect(history.out).toMatch(/^rollout +candidate +outcome +ended \(UTC\) +took +judged +people +AWS +cost$/m);
      expect(history.out).toMatch(
        /^1 +v2 +rolledBack +20\d\d-\d\d-\d\d .*\n {4}ana@example\.org said abort: end of the test\.$/m
      );
    });
  });

  test('--watch follows through an approval to the promotion, and exits with its code', async () => {
    const desk = await aDesk(place(), () => goodTick);
    await withWorker(desk, async () => {
      const deployed = desk.sluice('deploy', desk.file, '--watch', '--every', '100ms');
      // Until the owner has taken it in, there is no such endpoint.
      await until(
        () => desk.sluice('status', desk.endpoint),
        ({ code }) => code === 0
      );
      const { running } = await untilStatus(desk, (status) => isAsking(status));
      const shown = await desk.answered('status', desk.endpoint);
      expect(shown.out).toContain(
        `May v2 go on from 5 %?\n  sluice approve ${desk.endpoint} --why 'numbers look right' --who ana@example.org`
      );
      const refused = await desk.sluice('approve', desk.endpoint, '--why', 'ok', '--who', 'eve@example.org');
      expect(refused).toEqual({
        code: 2,
        out: '',
        err: `${running?.id} refused: eve@example.org may not decide here; ana@example.org may.\n`,
      });
      const approved = await desk.sluice('approve', desk.endpoint, '--why', 'numbers look right', '--json');
      expect(JSON.parse(approved.out)).toEqual({
        rollout: running?.id,
        verb: 'approve',
        who: 'ana@example.org',
        why: 'numbers look right',
        answer: 'Accepted: approve by ana@example.org.',
      });
      const { code, out } = await deployed;
      expect(code).toBe(0);
      expect(out).toMatch(/v2 was promoted on .* v2 serves all traffic\.\n$/);
    });
  });
});

describe('sluice watch and status', () => {
  test('a model that answers worse is rolled back; watch says why and exits with 10, and status tells it later', async () => {
    const desk = await aDesk(place(), () => wrongTick);
    await withWorker(desk, async () => {
      await desk.sluice('deploy', desk.file);
      const watched = await desk.sluice('watch', desk.endpoint, '--every', '100ms');
      expect(watched.code).toBe(10);
      expect(watched.out).toMatch(/quality: fail\./);
      await untilStatus(desk, ({ running }) => running === null);
      const status = await desk.answered('status', desk.endpoint);
      expect(status.code).toBe(0);
      expect(status.out).toMatch(/nothing is being rolled out\. Last, .* ago:\n {2}v2 was rolled back on .*quality/);
      const whole = await desk.answered('status', `rollout/${desk.endpoint}/1`);
      expect(whole.out).toMatch(/^Rolled back: v2 on/);
      expect((await desk.sluice('watch', desk.endpoint)).code).toBe(10);
      const late = await desk.sluice('abort', desk.endpoint, '--why', 'too late');
      expect({ code: late.code, err: late.err }).toEqual({
        code: 2,
        err: `No rollout is running on ${desk.endpoint}. See what was: sluice status ${desk.endpoint}\n`,
      });
      const ended = await desk.sluice('abort', `rollout/${desk.endpoint}/1`, '--why', 'too late');
      expect({ code: ended.code, err: ended.err }).toEqual({
        code: 2,
        err: `rollout/${desk.endpoint}/1 has ended (rolledBack); there is nothing to decide any more.\n`,
      });
    });
  });

  test('a rejection ends with 11', async () => {
    const desk = await aDesk(place(), () => goodTick);
    await withWorker(desk, async () => {
      await desk.sluice('deploy', desk.file);
      await untilStatus(desk, isAsking);
      expect((await desk.sluice('reject', desk.endpoint, '--why', 'too slow')).out).toContain(
        'Accepted: reject by ana@example.org.'
      );
      expect((await desk.sluice('watch', desk.endpoint, '--every', '100ms')).code).toBe(11);
    });
  });

  test('a timeout ends the watching, not the rollout', async () => {
    const desk = await aDesk(place(), () => dullTick);
    await withWorker(desk, async () => {
      await desk.sluice('deploy', desk.file);
      const { code, err } = await desk.sluice('watch', desk.endpoint, '--timeout', '500ms', '--every', '100ms');
      expect(code).toBe(4);
      expect(err).toContain('The rollout goes on.');
      expect((await statusOf(desk)).running?.outcome).toBeNull();
      await desk.sluice('abort', desk.endpoint, '--why', 'end of the test');
      await desk.sluice('watch', desk.endpoint);
    });
  });

  test('a terminated rollout is not waited for', async () => {
    const desk = await aDesk(place(), () => dullTick);
    await withWorker(desk, async () => {
      await desk.sluice('deploy', desk.file);
      await untilStatus(desk, ({ running }) => running?.phase === 'baking');
      await temporal().env.client.workflow.getHandle(`rollout/${desk.endpoint}/1`).terminate('pulled the plug');
      const { code, err } = await desk.sluice('watch', `rollout/${desk.endpoint}/1`);
      expect(code).toBe(13);
      expect(err).toContain('pulled the plug. The endpoint is left as it was');
    });
  });

  test('where the owner is silent the rollout still answers, in the same JSON', async () => {
    const desk = await aDesk(place(), () => dullTick);
    await withWorker(desk, async () => {
      await desk.sluice('deploy', desk.file);
      const { running } = await untilStatus(desk, (status) => status.running?.phase === 'baking');
      const { workflow } = temporal().env.client;
      // In the owner's place, with nobody who works for it.
      const workflowId = `endpoint/${desk.endpoint}`;
      await workflow.getHandle(workflowId).terminate();
      const silent = await workflow.start('endpoint', { workflowId, taskQueue: 'nobody', args: [] });
      // The list lags behind.
      const { code, out } = await until(
        () => desk.sluice('status', desk.endpoint, '--json'),
        (status) => status.code === 0
      );
      const status = JSON.parse(out) as Awaited<ReturnType<typeof statusOf>>;
      expect({ code, status }).toMatchObject({
        code: 0,
        status: {
          endpoint: desk.endpoint,
          ownerAnswered: false,
          incumbent: null,
          past: [],
          running: { id: running?.id },
        },
      });
      await silent.terminate();
      await desk.sluice('abort', `rollout/${desk.endpoint}/1`, '--why', 'end of the test');
      await desk.sluice('watch', `rollout/${desk.endpoint}/1`);
    });
  });

  test('all endpoints are listed, a line each', async () => {
    const desk = await aDesk(place(), () => dullTick);
    await withWorker(desk, async () => {
      await desk.sluice('deploy', desk.file);
      await untilStatus(desk, ({ running }) => running?.phase === 'baking');
      const line = new RegExp(`^${desk.endpoint} +v2 +baking +5 % +\\S+ +rollout/${desk.endpoint}/1$`, 'm');
      // The list lags behind.
      const { out } = await until(
        () => desk.sluice('status'),
        (listed) => line.test(listed.out)
      );
      expect(out).toMatch(/^endpoint +candidate +phase +share +since +rollout\n/);
      const { endpoints } = JSON.parse((await desk.sluice('status', '--json')).out) as {
        endpoints: { endpoint: string; running: unknown }[];
      };
      expect(endpoints.find(({ endpoint }) => endpoint === desk.endpoint)?.running).toMatchObject({
        candidate: 'v2',
        phase: 'baking',
        sharePct: 5,
      });
      await desk.sluice('abort', desk.endpoint, '--why', 'end of the test');
      await desk.sluice('watch', desk.endpoint);
    });
  });

  test('an endpoint that nobody knows is a mistake, and the nearest one is named', async () => {
    const desk = await aDesk(place(), () => wrongTick);
    await withWorker(desk, async () => {
      await desk.sluice('deploy', desk.file);
      await desk.sluice('watch', desk.endpoint, '--every', '100ms');
      // The list lags behind.
      const { code } = await until(
        () => desk.sluice('status', `${desk.endpoint}x`),
        ({ err }) => err.includes(`Did you mean ${desk.endpoint}?`)
      );
      expect(code).toBe(2);
      const unknown = await desk.answered('watch', 'rollout/nowhere/1');
      expect({ code: unknown.code, err: unknown.err }).toEqual({
        code: 2,
        err: 'There is no rollout rollout/nowhere/1. List what runs: sluice status\n',
      });
    });
  });
});

describe('without a worker', () => {
  test('status says what Temporal knows, watch waits for a worker, and an abort is kept for it', async () => {
    const desk = await aDesk(place(), () => dullTick);
    await withWorker(desk, async () => {
      await desk.sluice('deploy', desk.file);
      await untilStatus(desk, ({ running }) => running?.phase === 'baking');
    });
    const status = await desk.sluice('status', `rollout/${desk.endpoint}/1`);
    expect(status.code).toBe(3);
    expect(status.out).toMatch(
      new RegExp(`^rollout/${desk.endpoint}/1: running, for .*\\. Phase baking, 5 % set to v2\\.\\n$`)
    );
    expect(status.err).toContain('No worker answers');
    const watching = desk.sluice('watch', `rollout/${desk.endpoint}/1`, '--every', '100ms');
    const aborted = await desk.sluice('abort', `rollout/${desk.endpoint}/1`, '--why', 'wrong artifact');
    expect(aborted.code).toBe(0);
    expect(aborted.out).toContain('Temporal keeps your abort');
    await withWorker(desk, async () => {
      const { code, out } = await watching;
      expect(code).toBe(10);
      expect(out).toContain('ana@example.org said abort: wrong artifact');
    });
  });
});

describe('without Temporal', () => {
  test.each([
    ['status'],
    ['deploy', 'rollout.yaml'],
    ['watch', 'product-reviews'],
    ['abort', 'product-reviews', '--why', 'x'],
  ])('sluice %s says which address, and what to start', async (...words) => {
    const cwd = path.join(__dirname, 'fixtures');
    const { code, out, err } = await run(words, { cwd, env: { SLUICE_USER: 'ana', TEMPORAL_ADDRESS: '127.0.0.1:1' } });
    expect({ code, out }).toEqual({ code: 3, out: '' });
    expect(err).toMatch(
      /^Cannot reach Temporal at 127\.0\.0\.1:1 \(from TEMPORAL_ADDRESS\): .*\nStart one with `sluice dev`/
    );
  });
});
