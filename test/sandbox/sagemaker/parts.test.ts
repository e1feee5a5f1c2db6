import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { existsSync, mkdtempSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { create as createTar } from 'tar';
import { fetchModel } from '../../../sandbox/fleet/artifact';
import { globMatches } from '../../../sandbox/engine/glob';
import { commandFor } from '../../../sandbox/fleet/images';
import { readImageMap } from '../../../sandbox/image-map-file';
import type { ObjectStore } from '../../../sandbox/ports';
import { deploymentPlan } from '../../../sandbox/sagemaker/deployment-plan';
import { parseS3Url } from '../../../sandbox/sagemaker/s3-url';
import { loadModel } from '../../../sandbox/wire/model';
import { compilePattern } from '../../../sandbox/wire/patterns';
import { violations } from '../../../sandbox/wire/validate';

const dir = mkdtempSync(path.join(os.tmpdir(), 'sandbox-parts-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('the vendored model', () => {
  const models = [loadModel('sagemaker'), loadModel('sagemaker-runtime')];

  test('holds no pattern that JavaScript cannot express, and no shape that is missing', () => {
    for (const { shapes } of models) {
      for (const [name, shape] of Object.entries(shapes)) {
        if (shape.pattern !== undefined)
          expect({ name, regex: compilePattern(shape.pattern) }).toEqual({ name, regex: expect.any(RegExp) });
        const members = Object.values(shape.members ?? {}).map((member) =>
          typeof member === 'string' ? member : member.shape
        );
        for (const used of [...members, shape.member, shape.key, shape.value])
          if (used !== undefined) expect(Object.keys(shapes)).toContain(used);
      }
    }
  });

  test.each([
    ['EndpointName', 'a-b1', true],
    ['EndpointName', 'a_b', false],
    ['EndpointName', '-a', false],
    ['EndpointName', 'a'.repeat(64), false],
    ['TagKey', 'über:größe/1', true],
    ['TagKey', 'a!', false],
    ['ProductionVariantInstanceType', 'ml.m5.large', true],
    ['ProductionVariantInstanceType', 'ml.m7g.large', false],
  ])('%s takes %s: %s', (shape, value, isValid) => {
    expect(violations(loadModel('sagemaker'), shape, value).length === 0).toBe(isValid);
  });

  test('no value makes a pattern of the model run away', () => {
    const model = loadModel('sagemaker');
    const patterned = Object.keys(model.shapes).filter((name) => model.shapes[name]?.pattern !== undefined);
    const nasty = ['a', '-', 'a-', 'arn:aws', '/', 'a.', ' '].map(
      (part) => `${part.repeat(Math.floor(4_000 / part.length))}!`
    );
    for (const name of patterned)
      for (const value of [...nasty, `${'a'.repeat(120)}!`])
        expect(Array.isArray(violations(model, name, value))).toBe(true);
  });
});

describe('image patterns', () => {
  test('match the whole URI or what follows the registry, first come first served', () => {
    const images = {
      'reviews:8': { command: ['eight'] },
      'reviews:*': { command: ['any'] },
      '*/exact?:1': { command: ['glob'] },
    };
    const found = (image: string) => Object.values(commandFor(images, image) ?? {})[0]?.[0];
    expect(found('reviews:8')).toBe('eight');
    expect(found('123456789012.dkr.ecr.us-east-1.amazonaws.com/reviews:9')).toBe('any');
    expect(found('host:5000/exact2:1')).toBe('glob');
    expect(found('team/reviews:8')).toBeUndefined();
  });

  test('agree with a regular expression on any glob and text', () => {
    const part = fc.constantFrom('a', 'b', '*', '?');
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 8 }),
        fc.array(fc.constantFrom('a', 'b'), { maxLength: 8 }),
        (glob, text) => {
          const regex = new RegExp(`^${glob.map((one) => (one === '*' ? '.*' : one === '?' ? '.' : one)).join('')}$`);
          expect(globMatches(glob.join(''), text.join(''))).toBe(regex.test(text.join('')));
        }
      )
    );
  });

  test('all mistakes of a sandbox.yaml are told at once', () => {
    const file = path.join(dir, 'sandbox.yaml');
    writeFileSync(file, 'images:\n  "a:*": [node, server.js]\n  "b:*": { cmd: [x] }\n  "c:*": { command: [] }\n');
    expect(() => readImageMap(file)).toThrow(
      /images\["b:\*"\]: unknown key "cmd"; allowed: command, cwd, env; images\["c:\*"\]: "command" must be a list/
    );
    writeFileSync(file, 'images:\n  "a:*": { command: [node, 1], cwd: sub, env: { N: 1 } }\n');
    expect(readImageMap(file)).toEqual({
      'a:*': { command: ['node', '1'], cwd: path.join(dir, 'sub'), env: { N: '1' } },
    });
    expect(() => readImageMap(path.join(dir, 'none.yaml'))).toThrow(/cannot read/);
  });
});

describe('model archives', () => {
  async function storeWith(files: Readonly<Record<string, Buffer>>): Promise<ObjectStore> {
    return {
      put: () => Promise.reject(new Error('read only')),
      get: async ({ key }) => {
        const body = files[key];
        return body && { sizeBytes: body.length, open: () => Readable.from([body]) };
      },
      async *list({ prefix }) {
        for (const [key, body] of Object.entries(files))
          if (key.startsWith(prefix)) yield { key, sizeBytes: body.length };
      },
    };
  }

  test('links and paths that lead out of the model folder are left out, files stay', async () => {
    const source = path.join(dir, 'source');
    mkdirSync(path.join(source, 'inner'), { recursive: true });
    writeFileSync(path.join(source, 'model.json'), '{}');
    writeFileSync(path.join(dir, 'outside.txt'), 'x');
    symlinkSync('/etc/passwd', path.join(source, 'inner', 'link'));
    const chunks: Buffer[] = [];
    const archive = createTar({ gzip: true, cwd: source, preservePaths: true }, [
      'model.json',
      'inner',
      '../outside.txt',
    ]);
    for await (const chunk of archive) chunks.push(Buffer.from(chunk));
    const target = path.join(dir, 'nest', 'target');
    await fetchModel(
      await storeWith({ 'm.tar.gz': Buffer.concat(chunks) }),
      { kind: 'archive', url: 's3://b/m.tar.gz', bucket: 'b', key: 'm.tar.gz' },
      target
    );
    expect(readdirSync(target, { recursive: true }).map(String).sort()).toEqual(['inner', 'model.json']);
    expect(existsSync(path.join(dir, 'nest', 'outside.txt'))).toBe(false);
  });

  test('a prefix of objects is copied as it is, and never above the folder', async () => {
    const target = path.join(dir, 'prefix');
    const store = await storeWith({
      'm/a.json': Buffer.from('1'),
      'm/sub/b': Buffer.from('2'),
      'm/../../evil': Buffer.from('3'),
    });
    await fetchModel(store, { kind: 'prefix', url: 's3://b/m/', bucket: 'b', key: 'm/' }, target);
    expect(readdirSync(target, { recursive: true }).map(String).sort()).toEqual(['a.json', 'sub', 'sub/b']);
    expect(existsSync(path.join(dir, 'evil'))).toBe(false);
  });

  test.each([
    ['s3://b/k/x', { bucket: 'b', key: 'k/x' }],
    ['s3://b', { bucket: 'b', key: '' }],
    ['https://b.s3.us-east-1.amazonaws.com/k', { bucket: 'b', key: 'k' }],
    ['https://s3.us-east-1.amazonaws.com/b/k', { bucket: 'b', key: 'k' }],
    ['https://example.org/b/k', undefined],
  ])('%s is understood as AWS does', (url, expected) => expect(parseS3Url(url)).toEqual(expected));
});

describe('deployment plans', () => {
  const fleetOf = (instances: number) => ({ instances, instanceTypes: ['ml.m5.large'] });
  const percent = (Value: number) => ({ Type: 'CAPACITY_PERCENT' as const, Value });
  const routed = (
    TrafficRoutingConfiguration: NonNullable<
      NonNullable<Parameters<typeof deploymentPlan>[0]>['BlueGreenUpdatePolicy']
    >['TrafficRoutingConfiguration']
  ) => ({ BlueGreenUpdatePolicy: { TrafficRoutingConfiguration } });
  const sharesOf = (config: Parameters<typeof deploymentPlan>[0], count: number) =>
    deploymentPlan(config, fleetOf(count)).steps.map((step) => step.greenShare);

  test('move traffic in whole instances: a fleet of one cannot canary, linear steps end at everything', () => {
    expect(sharesOf(undefined, 3)).toEqual([1]);
    expect(sharesOf(routed({ Type: 'ALL_AT_ONCE', WaitIntervalInSeconds: 60 }), 3)).toEqual([1]);
    expect(sharesOf(routed({ Type: 'CANARY', WaitIntervalInSeconds: 60, CanarySize: percent(10) }), 1)).toEqual([1]);
    expect(sharesOf(routed({ Type: 'CANARY', WaitIntervalInSeconds: 60, CanarySize: percent(10) }), 4)).toEqual([
      0.25, 1,
    ]);
    expect(
      sharesOf(
        routed({ Type: 'CANARY', WaitIntervalInSeconds: 60, CanarySize: { Type: 'INSTANCE_COUNT', Value: 1 } }),
        4
      )
    ).toEqual([0.25, 1]);
    expect(sharesOf(routed({ Type: 'LINEAR', WaitIntervalInSeconds: 60, LinearStepSize: percent(30) }), 10)).toEqual([
      0.3, 0.6, 0.9, 1,
    ]);
    expect(sharesOf({ RollingUpdatePolicy: { MaximumBatchSize: percent(50), WaitIntervalInSeconds: 0 } }, 4)).toEqual([
      0.5, 1,
    ]);
  });

  test('that SageMaker refuses are refused', () => {
    const refused = (config: Parameters<typeof deploymentPlan>[0]) =>
      expect(() => deploymentPlan(config, fleetOf(10))).toThrow();
    refused(routed({ Type: 'CANARY', WaitIntervalInSeconds: 60 }));
    refused(routed({ Type: 'CANARY', WaitIntervalInSeconds: 60, CanarySize: percent(60) }));
    refused(routed({ Type: 'LINEAR', WaitIntervalInSeconds: 60, LinearStepSize: percent(5) }));
    refused({ RollingUpdatePolicy: { MaximumBatchSize: percent(60), WaitIntervalInSeconds: 0 } });
    refused({
      ...routed({ Type: 'ALL_AT_ONCE', WaitIntervalInSeconds: 0 }),
      RollingUpdatePolicy: { MaximumBatchSize: percent(50), WaitIntervalInSeconds: 0 },
    });
    const tooLong = {
      TrafficRoutingConfiguration: { Type: 'LINEAR' as const, WaitIntervalInSeconds: 300, LinearStepSize: percent(10) },
      MaximumExecutionTimeoutInSeconds: 3_000,
    };
    refused({ BlueGreenUpdatePolicy: tooLong });
    expect(
      deploymentPlan({ BlueGreenUpdatePolicy: { ...tooLong, MaximumExecutionTimeoutInSeconds: 3_001 } }, fleetOf(10))
        .maxExecutionMs
    ).toBe(3_001_000);
  });
});
