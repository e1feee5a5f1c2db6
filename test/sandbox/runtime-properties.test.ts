import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadModel, memberShapeName } from '../../sandbox/wire/model';
import { compilePattern } from '../../sandbox/wire/patterns';
import type { TestSandbox } from '../support/sandbox/harness';
import { createEndpoint, ROLE, settledEndpoint, SIGNATURE, startTestSandbox } from '../support/sandbox/harness';
import { breakages } from '../support/sandbox/inputs';

const model = loadModel('sagemaker-runtime');
const PATHS: Readonly<Record<string, string>> = {
  InvokeEndpoint: '/endpoints/victim/invocations',
  InvokeEndpointAsync: '/endpoints/queue/async-invocations',
  InvokeEndpointWithResponseStream: '/endpoints/victim/invocations-response-stream',
};
/** What a header can carry and no pattern of the model allows. */
const ODD = ['-', '_/_', '\u00a7'];
const SAID: Readonly<Record<string, RegExp>> = {
  'too long': /length less than or equal to/,
  'out of range': /value (less|greater) than or equal to/,
  'bad pattern': /regular expression pattern|length greater than/,
  'no number': /must be an integer/,
};

interface Case {
  readonly operation: string;
  readonly member: string;
  readonly header: string;
  readonly kind: string;
  readonly value: string;
}

/** Every limit of the model on what an operation takes in headers, broken once. */
function casesOf(operation: string): readonly Case[] {
  const input = model.operations[operation]?.input ?? '';
  return Object.entries(model.shapes[input]?.members ?? {}).flatMap(([member, facts]) => {
    if (typeof facts === 'string' || facts.location !== 'header') return [];
    const shapeName = memberShapeName(facts);
    const shape = model.shapes[shapeName];
    const isNumber = shape?.type === 'integer';
    const one = (kind: string, value: unknown) => ({
      ...{ operation, member, header: facts.locationName ?? '', kind, value: String(value) },
    });
    const broken = breakages(model, shapeName, isNumber ? shape.min : 'a')
      .filter(({ kind }) => kind !== 'bad pattern')
      .map(({ kind, value }) => one(kind, value));
    const pattern = shape?.pattern;
    const odd = pattern === undefined ? undefined : ODD.find((text) => compilePattern(pattern)?.test(text) === false);
    return [
      ...broken,
      ...(odd === undefined ? [] : [one('bad pattern', odd)]),
      ...(isNumber ? [one('no number', 'soon')] : []),
    ];
  });
}

const CASES = Object.keys(PATHS).flatMap(casesOf);

describe('the three operations of the runtime, from the model', () => {
  let box: TestSandbox;
  beforeAll(async () => {
    box = await startTestSandbox();
    await box.s3.createBucket({ Bucket: 'out' });
    await createEndpoint(box.sagemaker, { name: 'victim', variants: [{ name: 'v' }] });
    const PrimaryContainer = { Image: 'server:1' };
    await box.sagemaker.createModel({ ModelName: 'queue', ExecutionRoleArn: ROLE, PrimaryContainer });
    await box.sagemaker.createEndpointConfig({
      EndpointConfigName: 'queue',
      ProductionVariants: [
        { VariantName: 'v', ModelName: 'queue', InstanceType: 'ml.m5.large', InitialInstanceCount: 1 },
      ],
      AsyncInferenceConfig: { OutputConfig: { S3OutputPath: 's3://out/' } },
    });
    await box.sagemaker.createEndpoint({ EndpointName: 'queue', EndpointConfigName: 'queue' });
    await settledEndpoint(box.sagemaker, 'queue');
  });
  afterAll(() => box.stop());

  async function send(path: string, init: RequestInit = {}) {
    const headers = { authorization: SIGNATURE, ...(init.headers as Record<string, string> | undefined) };
    const response = await fetch(`${box.sandbox.url}${path}`, { method: 'POST', body: 'x', ...init, headers });
    return { status: response.status, code: response.headers.get('x-amzn-errortype'), text: await response.text() };
  }
  const written = async () => (await box.s3.listObjectsV2({ Bucket: 'out' })).KeyCount;

  test('every kind of mistake is among the cases of each operation that has such limits', () => {
    const kinds = (operation: string) =>
      [...new Set(CASES.filter((one) => one.operation === operation).map(({ kind }) => kind))].sort();
    expect(kinds('InvokeEndpoint')).toEqual(['bad pattern', 'too long']);
    expect(kinds('InvokeEndpointAsync')).toEqual(['bad pattern', 'no number', 'out of range', 'too long']);
    expect(kinds('InvokeEndpointWithResponseStream')).toEqual(['bad pattern', 'too long']);
  });

  test.each(CASES)('$operation refuses $member: $kind', async ({ operation, member, header, kind, value }) => {
    const answer = await send(PATHS[operation] ?? '', { headers: { [header]: value } });
    expect({ ...answer, text: undefined }).toEqual({ status: 400, code: 'ValidationError', text: undefined });
    expect(answer.text).toMatch(SAID[kind] ?? /^$/);
    expect(answer.text).toContain(`'${member.charAt(0).toLowerCase()}${member.slice(1)}'`);
  });

  test.each(Object.entries(PATHS))('%s refuses other methods, unknown endpoints and huge bodies', async (_, path) => {
    for (const method of ['GET', 'PUT', 'DELETE'])
      expect((await send(path, { method, ...(method === 'PUT' ? {} : { body: null }) })).status).toBe(404);
    expect(await send(path.replace(/victim|queue/, 'none'))).toMatchObject({ status: 400, code: 'ValidationError' });
    expect((await send(path, { headers: { authorization: '' } })).status).toBe(403);
    expect((await send(path, { body: Buffer.alloc(7 * 1024 * 1024) })).status).toBe(413);
  });

  test('what does not fit together is refused too, and of all that nothing was queued', async () => {
    const path = PATHS['InvokeEndpointAsync'] ?? '';
    const at = { 'x-amzn-sagemaker-inputlocation': 's3://out/in' };
    for (const init of [{ headers: at }, { body: '' }, { body: 'x'.repeat(200_000) }])
      expect(await send(path, init)).toMatchObject({ status: 400, code: 'ValidationError' });
    expect(await written()).toBe(0);
    // The queue works: an answer comes behind all of these.
    expect((await send(path)).status).toBe(202);
    while ((await written()) !== 1) await new Promise((resolve) => setTimeout(resolve, 10));
  });
});
