import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { IMPLEMENTED_CLOUDWATCH_OPERATIONS } from '../../sandbox/cloudwatch';
import type { TestSandbox } from '../support/sandbox/harness';
import { createEndpoint, errorOf, invoke, SIGNATURE, startTestSandbox } from '../support/sandbox/harness';

const scope = (service: string) => ({ authorization: SIGNATURE.replace('/sagemaker/', `/${service}/`) });
const JSON_BODY = { 'content-type': 'application/x-amz-json-1.1' };
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

describe('clients that are broken, huge or slow', () => {
  let box: TestSandbox;

  beforeAll(async () => {
    box = await startTestSandbox();
    await box.s3.createBucket({ Bucket: 'bucket' });
    await box.s3.putObject({ Bucket: 'bucket', Key: 'kept', Body: 'x' });
    await createEndpoint(box.sagemaker, { name: 'victim', variants: [{ name: 'v' }] });
  });
  afterAll(() => box.stop());

  async function send(method: string, path: string, headers: Record<string, string>, body?: Buffer | string) {
    const init = { method, headers, ...(body === undefined ? {} : { body }) };
    const response = await fetch(`${box.sandbox.url}${path}`, init);
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  /** An error that one of AWS's protocols reads a code from: a header, JSON, XML or CBOR. */
  function expectAwsError(answer: Awaited<ReturnType<typeof send>>, isHead = false): void {
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status === 501 || answer.status < 500).toBe(true);
    expect(answer.headers.get('x-amzn-requestid') ?? answer.headers.get('x-amz-request-id')).toMatch(/./);
    if (isHead) return;
    const code = /"__type":"[\w.#]+"|<Code>\w+<\/Code>|f__type/.exec(answer.text)?.[0];
    // AWS's own front door answers 413 without a code.
    expect(code ?? answer.headers.get('x-amzn-errortype') ?? String(answer.status)).toMatch(/[A-Za-z]+|^413$/);
  }

  const cloudWatchTarget = (operation: string) => ({ 'x-amz-target': `GraniteServiceVersion20100801.${operation}` });

  test.each<[string, string, string, Record<string, string>, (Buffer | string)?]>([
    ['GET with an awsJson target', 'GET', '/', { ...scope('sagemaker'), 'x-amz-target': 'SageMaker.ListModels' }],
    ['PUT with an awsJson target', 'PUT', '/', { ...scope('sagemaker'), 'x-amz-target': 'SageMaker.ListModels' }, '{}'],
    ['XML to awsJson', 'POST', '/', { ...scope('sagemaker'), 'x-amz-target': 'SageMaker.ListModels' }, '<a/>'],
    ['a form to awsJson', 'POST', '/', { ...scope('sagemaker'), ...FORM, 'x-amz-target': 'SageMaker.ListModels' }, 'Action=ListModels'],
    ['CBOR to awsJson', 'POST', '/', { ...scope('sagemaker'), 'x-amz-target': 'SageMaker.ListModels' }, Buffer.from([0xa0])],
    ['RPC v2 CBOR to SageMaker', 'POST', '/service/SageMaker/operation/ListModels', { ...scope('sagemaker'), 'smithy-protocol': 'rpc-v2-cbor' }, Buffer.from([0xa0])],
    ['Query to SageMaker', 'POST', '/', { ...scope('sagemaker'), ...FORM }, 'Action=ListModels&Version=2017-07-24'],
    ['an unknown target', 'POST', '/', { ...scope('dynamodb'), ...JSON_BODY, 'x-amz-target': 'DynamoDB_20120810.GetItem' }, '{}'],
    ['a bare target', 'POST', '/', { ...scope('sagemaker'), ...JSON_BODY, 'x-amz-target': 'SageMaker.' }, '{}'],
    ['JSON to Query', 'POST', '/', { ...scope('monitoring'), ...FORM }, '{}'],
    ['Query without an action', 'POST', '/', { ...scope('sts'), ...FORM }, 'Version=2011-06-15'],
    ['XML to CBOR', 'POST', '/service/GraniteServiceVersion20100801/operation/PutMetricData', { ...scope('monitoring'), 'smithy-protocol': 'rpc-v2-cbor' }, '<a/>'],
    ['truncated CBOR', 'POST', '/service/GraniteServiceVersion20100801/operation/PutMetricData', { ...scope('monitoring'), 'smithy-protocol': 'rpc-v2-cbor' }, Buffer.from([0xbf, 0x69])],
    ['GET of invocations', 'GET', '/endpoints/victim/invocations', scope('sagemaker')],
    ['DELETE of invocations', 'DELETE', '/endpoints/victim/invocations', scope('sagemaker')],
    ['invocations of a path inside', 'POST', '/endpoints/victim/invocations/more', scope('sagemaker'), 'x'],
    ['JSON where S3 wants XML', 'POST', '/bucket?delete', scope('s3'), '{"Objects":[]}'],
    ['a method that S3 does not have', 'PATCH', '/bucket/key', scope('s3'), 'x'],
    ['an upload that does not exist', 'POST', '/bucket/key?uploadId=none', scope('s3'), '<CompleteMultipartUpload/>'],
    ['a bad percent sign', 'GET', '/bucket/%zz', scope('s3')],
  ])('%s is refused in a shape that AWS’s clients read', async (...[, method, path, headers, body]) => {
    expectAwsError(await send(method, path, headers, body));
  }); // prettier-ignore

  test('whatever a CloudWatch client sends is answered in AWS’s shape, in all three protocols', async () => {
    const member = fc.constantFrom('AlarmName', 'MetricData', 'Namespace', 'Dimensions', 'MetricDataQueries', 'StartTime', 'Period', 'Metrics', 'AlarmRule', 'Threshold', 'NextToken', 'Tags'); // prettier-ignore
    const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom('a'.repeat(5_000), -1, 1e308, '', [], {}));
    const operation = fc.constantFrom(...IMPLEMENTED_CLOUDWATCH_OPERATIONS);
    const check = (answer: Awaited<ReturnType<typeof send>>) => answer.status === 200 || expectAwsError(answer);
    await fc.assert(
      fc.asyncProperty(operation, fc.dictionary(member, value, { maxKeys: 5 }), async (name, input) => {
        check(await send('POST', '/', { ...scope('monitoring'), ...cloudWatchTarget(name) }, JSON.stringify(input)));
        const form = new URLSearchParams({ Action: name, Version: '2010-08-01' });
        for (const [key, one] of Object.entries(input)) form.set(`${key}.member.1`, JSON.stringify(one));
        check(await send('POST', '/', { ...scope('monitoring'), ...FORM }, form.toString()));
      }),
      { numRuns: 150 }
    );
    await fc.assert(
      fc.asyncProperty(operation, fc.uint8Array({ maxLength: 60 }), async (name, bytes) => {
        const headers = {
          ...scope('monitoring'),
          'smithy-protocol': 'rpc-v2-cbor',
          'content-type': 'application/cbor',
        };
        check(
          await send('POST', `/service/GraniteServiceVersion20100801/operation/${name}`, headers, Buffer.from(bytes))
        );
      }),
      { numRuns: 150 }
    );
  });

  test('whatever an S3 client asks is answered in S3’s shape', async () => {
    const method = fc.constantFrom('GET', 'HEAD', 'PUT', 'POST', 'DELETE');
    const path = fc.constantFrom(
      '/',
      '/none',
      '/none/key',
      '/bucket',
      '/bucket/none',
      '/A_b',
      '/bucket/a%00b',
      '/bucket//'
    );
    const word = fc.constantFrom('uploads', 'uploadId=x', 'partNumber=0', 'list-type=2', 'tagging', 'acl', 'delete', 'versioning', 'max-keys=-1', 'max-keys=x', 'continuation-token=!', 'versionId=x', 'encoding-type=url', 'attributes'); // prettier-ignore
    const header = fc.constantFrom<[string, string]>(
      ['range', 'bytes=9-1'], ['if-match', '*'], ['x-amz-copy-source', '/none/x'], ['x-amz-copy-source', '%'], ['content-md5', 'x'],
      ['x-amz-checksum-crc32', 'x'], ['x-amz-tagging', '%%%'], ['x-amz-content-sha256', 'x'], ['x-amz-decoded-content-length', '-1'],
      ['content-encoding', 'aws-chunked'], ['x-amz-object-attributes', 'x'], ['x-amz-acl', 'x']
    ); // prettier-ignore
    await fc.assert(
      fc.asyncProperty(method, path, fc.array(word, { maxLength: 3 }), fc.array(header, { maxLength: 2 }), async (verb, at, words, given) => {
        const hasBody = verb === 'PUT' || verb === 'POST';
        // Nothing may be made in the bucket that is watched.
        const target = verb === 'PUT' && at.startsWith('/bucket/') ? '/none/key' : at;
        const answer = await send(verb, `${target}?${words.join('&')}`, { ...scope('s3'), ...Object.fromEntries(given) }, hasBody ? 'x' : undefined);
        if (answer.status >= 400) expectAwsError(answer, verb === 'HEAD');
      }),
      { numRuns: 250 }
    ); // prettier-ignore
  });

  test.each<[string, string, string, Record<string, string>, number]>([
    ['Application Auto Scaling', 'POST', '/', { ...scope('application-autoscaling'), 'x-amz-target': 'AnyScaleFrontendService.PutScalingPolicy' }, 5],
    ['CloudWatch', 'POST', '/', { ...scope('monitoring'), ...cloudWatchTarget('PutMetricData') }, 17],
    ['STS', 'POST', '/', { ...scope('sts'), ...FORM }, 2],
    ['the runtime', 'POST', '/endpoints/victim/invocations', scope('sagemaker'), 7],
    ['an S3 document', 'POST', '/bucket?delete', scope('s3'), 9],
  ])('a body too large for %s is refused, packed or not', async (_, method, path, headers, mebibytes) => {
    const body = Buffer.alloc(mebibytes * 1024 * 1024, 'a');
    expectAwsError(await send(method, path, headers, body));
    if (path.startsWith('/bucket')) return;
    expectAwsError(await send(method, path, { ...headers, 'content-encoding': 'gzip' }, gzipSync(Buffer.alloc(64 * 1024 * 1024))));
  }); // prettier-ignore

  /** A connection on which a client says what it likes. */
  async function open(): Promise<Socket> {
    const socket = connect(Number(new URL(box.sandbox.url).port), '127.0.0.1');
    await once(socket, 'connect');
    // A server may reset what it was sent in pieces.
    socket.on('error', () => undefined);
    return socket;
  }

  test('clients that stop in the middle keep nobody waiting, and what they began is not done', async () => {
    const head = (service: string) => `authorization: ${scope(service).authorization}\r\nhost: h\r\n`;
    const model = JSON.stringify({ ModelName: 'half', PrimaryContainer: { Image: 'server:1' } });
    const beginnings = [
      'POST / HT',
      `POST / HTTP/1.1\r\n${head('sagemaker')}x-amz-target: SageMaker.CreateModel\r\ncontent-length: ${model.length}\r\n\r\n${model.slice(0, -1)}`,
      `PUT /bucket/half HTTP/1.1\r\n${head('s3')}content-length: 100\r\n\r\nonly this`,
      `PUT /bucket/chunked HTTP/1.1\r\n${head('s3')}transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n`,
      `POST / HTTP/1.1\r\n${head('monitoring')}x-amz-target: GraniteServiceVersion20100801.PutMetricAlarm\r\ncontent-length: 500\r\n\r\n{`,
      `POST /endpoints/victim/invocations HTTP/1.1\r\n${head('sagemaker')}content-length: 9\r\n\r\nhalf`,
    ];
    const sockets = await Promise.all(Array.from({ length: 60 }, () => open()));
    sockets.forEach((socket, index) => socket.write(beginnings[index % beginnings.length] ?? ''));
    // The others are served meanwhile.
    expect((await invoke(box.runtime, 'victim')).text).toBe('v');
    expect((await box.sagemaker.listModels({ NameContains: 'half' })).Models).toEqual([]);
    for (const socket of sockets) socket.destroy();
    expect((await errorOf(box.sagemaker.describeModel({ ModelName: 'half' }))).name).toBe('ValidationException');
    expect((await errorOf(box.s3.headObject({ Bucket: 'bucket', Key: 'half' }))).name).toBe('NotFound');
    expect((await errorOf(box.s3.headObject({ Bucket: 'bucket', Key: 'chunked' }))).name).toBe('NotFound');
  });

  test('a client that sends one byte at a time is served like any other', async () => {
    const socket = await open();
    socket.setNoDelay(true);
    const request = `POST /endpoints/victim/invocations HTTP/1.1\r\nauthorization: ${SIGNATURE}\r\nhost: h\r\ncontent-length: 3\r\nconnection: close\r\n\r\nabc`;
    for (const byte of request) {
      socket.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nv$/);
  });

  test('bytes that are no HTTP end that connection and no other', async () => {
    for (const nonsense of ['\u0016\u0003\u0001', 'GET\r\n\r\n', 'POST / HTTP/9.9\r\n\r\n', 'x'.repeat(100_000)]) {
      const socket = await open();
      socket.end(nonsense);
      socket.resume();
      await once(socket, 'close');
    }
    expect((await invoke(box.runtime, 'victim')).text).toBe('v');
  });

  test('after all that everybody is served, and nothing was made or lost', async () => {
    expect((await invoke(box.runtime, 'victim', { body: 'alive' })).text).toBe('v');
    expect((await box.sagemaker.listModels({})).Models?.map(({ ModelName }) => ModelName)).toEqual(['victim-v']);
    expect((await box.s3.listObjectsV2({ Bucket: 'bucket' })).Contents?.map(({ Key }) => Key)).toEqual(['kept']);
    expect((await box.s3.listBuckets({})).Buckets?.map(({ Name }) => Name)).toEqual(['bucket']);
    expect((await box.cloudWatch.describeAlarms({})).MetricAlarms).toEqual([]);
  });
});
