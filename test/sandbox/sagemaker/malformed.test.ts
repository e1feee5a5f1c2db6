import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import { loadModel } from '../../../sandbox/wire/model';
import type { TestSandbox } from '../../support/sandbox/harness';
import { createEndpoint, errorOf, SIGNATURE, startTestSandbox } from '../../support/sandbox/harness';

const model = loadModel('sagemaker');
const operations = [
  ...Object.keys(model.operations),
  ...model.otherOperations.slice(0, 20),
  'NoSuchOperation',
  '',
  '__proto__',
  'constructor',
];
const members = [
  ...new Set(
    Object.values(model.operations).flatMap(({ input }) => Object.keys(model.shapes[input ?? '']?.members ?? {}))
  ),
];

describe('malformed requests', () => {
  let box: TestSandbox;
  beforeAll(async () => {
    box = await startTestSandbox();
    await createEndpoint(box.sagemaker, { name: 'victim', variants: [{ name: 'v' }] });
  });
  afterAll(() => box.stop());

  async function post(target: string, body: Buffer | string, headers: Record<string, string> = {}) {
    const response = await fetch(box.sandbox.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': target,
        authorization: SIGNATURE,
        ...headers,
      },
      body,
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  /** An answer that every AWS client can read: success, or a client error with a code and a message. */
  function expectAwsShape(answer: Awaited<ReturnType<typeof post>>): void {
    expect(answer.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
    const body: unknown = JSON.parse(answer.text);
    if (answer.status === 200) return;
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(body).toMatchObject({ __type: expect.stringMatching(/^[A-Za-z]+$/), message: expect.any(String) });
  }

  test('any JSON at any operation is answered in AWS’s shape, never with a crash', async () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom('a'.repeat(5_000), -1, 1e308, null, '', [], {}, [null], { __proto__: null }, '\u0000')
    );
    const input = fc.oneof(fc.dictionary(fc.constantFrom(...members), value, { maxKeys: 6 }), fc.jsonValue());
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...operations), input, async (operation, body) =>
        expectAwsShape(await post(`SageMaker.${operation}`, JSON.stringify(body)))
      ),
      { numRuns: 400 }
    );
  });

  test('any bytes at any operation are answered in AWS’s shape', async () => {
    const encoding = fc.constantFrom('identity', 'gzip', 'br');
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...operations),
        fc.uint8Array({ maxLength: 200 }),
        encoding,
        async (operation, bytes, contentEncoding) =>
          expectAwsShape(
            await post(`SageMaker.${operation}`, Buffer.from(bytes), { 'content-encoding': contentEncoding })
          )
      ),
      { numRuns: 150 }
    );
  });

  test('any headers and path at the runtime are answered in its shape', async () => {
    const header = fc.constantFrom(
      'target-variant',
      'inference-id',
      'custom-attributes',
      'target-model',
      'session-id',
      'inference-component'
    );
    const visible = fc.stringMatching(/^[ -~]{0,1100}$/);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('victim', 'none', '%E0%A4%A', '..%2f', 'a'.repeat(100)),
        header,
        visible,
        async (name, which, value) => {
          const response = await fetch(`${box.sandbox.url}/endpoints/${name}/invocations`, {
            method: 'POST',
            headers: { authorization: SIGNATURE, [`x-amzn-sagemaker-${which}`]: value },
            body: 'x',
          });
          const text = await response.text();
          if (response.status === 200) return;
          expect(response.status).toBe(400);
          expect(response.headers.get('x-amzn-errortype')).toBe('ValidationError');
          expect(JSON.parse(text)).toMatchObject({ message: expect.any(String) });
        }
      ),
      { numRuns: 200 }
    );
  });

  test('a refused creation leaves nothing behind', async () => {
    const before = await (await fetch(`${box.sandbox.url}/_sandbox/state`)).json();
    const variants = [
      { VariantName: 'v', ModelName: 'victim-v', InstanceType: 'ml.m5.large', InitialInstanceCount: 1 },
    ];
    await post(
      'SageMaker.CreateEndpointConfig',
      JSON.stringify({
        EndpointConfigName: 'half',
        ProductionVariants: [...variants, ...variants],
        Tags: [{ Key: 'a', Value: 'b' }],
      })
    );
    await post(
      'SageMaker.CreateEndpoint',
      JSON.stringify({ EndpointName: 'half', EndpointConfigName: 'victim', Tags: [{ Key: 'aws:x', Value: 'b' }] })
    );
    expect((await errorOf(box.sagemaker.describeEndpointConfig({ EndpointConfigName: 'half' }))).name).toBe(
      'ValidationException'
    );
    expect((await errorOf(box.sagemaker.describeEndpoint({ EndpointName: 'half' }))).name).toBe('ValidationException');
    expect(await (await fetch(`${box.sandbox.url}/_sandbox/state`)).json()).toEqual(before);
  });

  test('all violations of a request come in one message, in AWS’s words', async () => {
    const answer = await post(
      'SageMaker.CreateEndpointConfig',
      JSON.stringify({
        EndpointConfigName: 'a_b',
        ProductionVariants: [{ InitialInstanceCount: 0, ModelName: 'm' }],
        Tags: [],
      })
    );
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text)).toEqual({
      __type: 'ValidationException',
      message:
        "3 validation errors detected: Value 'a_b' at 'endpointConfigName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}; " +
        "Value '0' at 'productionVariants.1.member.initialInstanceCount' failed to satisfy constraint: Member must have value greater than or equal to 1; " +
        "Value null at 'productionVariants.1.member.variantName' failed to satisfy constraint: Member must not be null",
    });
  });

  test('a wrong type is a SerializationException, a body that is too large is refused, an unsigned call is too', async () => {
    expect(JSON.parse((await post('SageMaker.DescribeModel', '{"ModelName":7}')).text)).toEqual({
      __type: 'SerializationException',
      message: 'NUMBER_VALUE can not be converted to a String.',
    });
    expect(
      (await post('SageMaker.DescribeModel', JSON.stringify({ ModelName: 'x'.repeat(5 * 1024 * 1024) }))).status
    ).toBe(413);
    expect(
      (await post('SageMaker.DescribeModel', gzipSync(Buffer.alloc(64 * 1024 * 1024)), { 'content-encoding': 'gzip' }))
        .status
    ).toBe(413);
    expect(await post('SageMaker.ListModels', '{}', { authorization: '' })).toMatchObject({ status: 403 });
  });

  test('operations without a behaviour are refused by name', async () => {
    expect(JSON.parse((await post('SageMaker.ListMonitoringAlerts', '{}')).text)).toMatchObject({
      __type: 'UnknownOperationException',
      message: expect.stringContaining('ListMonitoringAlerts is not implemented'),
    });
    expect(JSON.parse((await post('SageMaker.CreateHyperParameterTuningJob', '{}')).text)).toMatchObject({
      message: expect.stringContaining('CreateHyperParameterTuningJob is not implemented'),
    });
    expect(JSON.parse((await post('SageMaker.Fly', '{}')).text)).toMatchObject({
      message: expect.stringContaining('Fly is not an operation'),
    });
    expect(JSON.parse((await post('DynamoDB_20120810.GetItem', '{}')).text)).toMatchObject({
      __type: 'UnknownOperationException',
    });
  });
});
