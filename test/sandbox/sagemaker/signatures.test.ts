import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { S3 } from '@aws-sdk/client-s3';
import { SageMaker } from '@aws-sdk/client-sagemaker';
import { SageMakerRuntime } from '@aws-sdk/client-sagemaker-runtime';
import { STS } from '@aws-sdk/client-sts';
import { createHash, createHmac } from 'node:crypto';
import type { TestSandbox } from '../../support/sandbox/harness';
import { errorOf, startTestSandbox } from '../../support/sandbox/harness';

const KEYS = { accessKeyId: 'AKIDTEST', secretAccessKey: 'a/secret+of=ours' };

describe('with signatures verified', () => {
  let box: TestSandbox;
  beforeAll(async () => void (box = await startTestSandbox({ verifySignatures: { credentials: [KEYS] } })));
  afterAll(() => box.stop());

  function clients(credentials: typeof KEYS) {
    const config = { endpoint: box.sandbox.url, region: 'eu-central-1', credentials, maxAttempts: 1 };
    return {
      sagemaker: new SageMaker(config),
      runtime: new SageMakerRuntime(config),
      s3: new S3(config),
      cloudWatch: new CloudWatch(config),
      sts: new STS(config),
    };
  }

  /** One call of every service, with names and bodies that have to be escaped, compressed or streamed. */
  function calls(made: ReturnType<typeof clients>) {
    const { sagemaker, runtime, s3, cloudWatch, sts } = made;
    const MetricData = Array.from({ length: 300 }, (_, index) => ({ MetricName: `metric ${index}`, Value: index }));
    return {
      list: () => sagemaker.listModels({ NameContains: 'x' }),
      invoke: () => runtime.invokeEndpoint({ EndpointName: 'none', Body: 'x', CustomAttributes: 'a  b' }),
      bucket: () => s3.createBucket({ Bucket: 'signed' }),
      put: () =>
        s3.putObject({ Bucket: 'signed', Key: "a b/ü+(1)*'!~.txt", Body: 'content', Metadata: { note: 'x  y' } }),
      get: () => s3.getObject({ Bucket: 'signed', Key: "a b/ü+(1)*'!~.txt" }),
      find: () => s3.listObjectsV2({ Bucket: 'signed', Prefix: 'a b/', Delimiter: '/' }),
      compressed: () => cloudWatch.putMetricData({ Namespace: 'Own', MetricData }),
      whoami: () => sts.getCallerIdentity({}),
    };
  }

  test('every SDK client is let through with the right secret', async () => {
    const made = clients(KEYS);
    const { invoke, ...others } = calls(made);
    for (const call of Object.values(others)) await call();
    // The endpoint does not exist, and it is the runtime that says so.
    expect((await errorOf(invoke())).name).toBe('ValidationError');
    Object.values(made).forEach((client) => client.destroy());
  });

  test('a wrong secret and an unknown key are refused in the words of each service', async () => {
    const wrong = clients({ ...KEYS, secretAccessKey: 'guess' });
    const unknown = clients({ ...KEYS, accessKeyId: 'AKIDOTHER' });
    const names = async (made: ReturnType<typeof clients>) => {
      const { list, invoke, bucket, compressed, whoami } = calls(made);
      const said: string[] = [];
      for (const call of [list, invoke, bucket, compressed, whoami]) {
        const error = await errorOf(call());
        expect(error.$metadata?.httpStatusCode).toBe(403);
        said.push(error.name);
      }
      return said;
    };
    expect(await names(wrong)).toEqual([
      'InvalidSignatureException',
      'InvalidSignatureException',
      'SignatureDoesNotMatch',
      'InvalidSignatureException',
      'SignatureDoesNotMatch',
    ]);
    expect(await names(unknown)).toEqual([
      'UnrecognizedClientException',
      'UnrecognizedClientException',
      'InvalidAccessKeyId',
      'UnrecognizedClientException',
      'InvalidClientTokenId',
    ]);
    for (const made of [wrong, unknown]) Object.values(made).forEach((client) => client.destroy());
  });

  test('what was changed on the way, never signed, or signed at another time is refused', async () => {
    const made = clients(KEYS);
    made.sagemaker.middlewareStack.add(
      (next) => (call) => {
        const request = call.request as { body: Uint8Array };
        request.body = Buffer.from(Buffer.concat([request.body]).toString('utf8').replace('mine', 'ours'));
        return next(call);
      },
      { step: 'finalizeRequest', priority: 'low', name: 'tamper' }
    );
    expect((await errorOf(made.sagemaker.listModels({ NameContains: 'mine' }))).name).toBe('InvalidSignatureException');
    Object.values(made).forEach((client) => client.destroy());
    const anonymous = await fetch(`${box.sandbox.url}/signed?list-type=2`);
    expect([anonymous.status, await anonymous.text()]).toEqual([403, expect.stringContaining('AccessDenied')]);
    const late = clients(KEYS);
    box.sandbox.clock.advance(6 * 60_000);
    expect((await errorOf(late.sagemaker.listModels({}))).message).toMatch(/^Signature expired/);
    Object.values(late).forEach((client) => client.destroy());
    box.sandbox.clock.set(Date.now());
  });

  test('a presigned URL opens its object until it expires, and no other', async () => {
    const made = clients(KEYS);
    await made.s3.createBucket({ Bucket: 'presigned' });
    await made.s3.putObject({ Bucket: 'presigned', Key: 'one', Body: 'content' });
    await made.s3.putObject({ Bucket: 'presigned', Key: 'two', Body: 'secret' });
    Object.values(made).forEach((client) => client.destroy());
    const url = presigned(box.sandbox.url, '/presigned/one', 60);
    const read = async (address: string) => {
      const answer = await fetch(address);
      return [answer.status, (await answer.text()).replace(/^<.*<Code>(.*)<\/Code>.*$/s, '$1')];
    };
    expect(await read(url)).toEqual([200, 'content']);
    expect(await read(url.replace('/one', '/two'))).toEqual([403, 'SignatureDoesNotMatch']);
    expect(await read(url.replace('X-Amz-Expires=60', 'X-Amz-Expires=6000'))).toEqual([403, 'SignatureDoesNotMatch']);
    box.sandbox.clock.advance(61_000);
    expect(await read(url)).toEqual([403, 'AccessDenied']);
    box.sandbox.clock.set(Date.now());
  });
});

/** A URL signed as the documentation of Signature Version 4 says, step by step. */
function presigned(base: string, path: string, seconds: number): string {
  const now = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${now.slice(0, 8)}/us-east-1/s3/aws4_request`;
  const query = [
    'X-Amz-Algorithm=AWS4-HMAC-SHA256',
    `X-Amz-Credential=${encodeURIComponent(`${KEYS.accessKeyId}/${scope}`)}`,
    `X-Amz-Date=${now}`,
    `X-Amz-Expires=${seconds}`,
    'X-Amz-SignedHeaders=host',
  ].join('&');
  const request = `GET\n${path}\n${query}\nhost:${new URL(base).host}\n\nhost\nUNSIGNED-PAYLOAD`;
  const hash = createHash('sha256').update(request).digest('hex');
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${KEYS.secretAccessKey}`);
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${now}\n${scope}\n${hash}`).toString('hex');
  return `${base}${path}?${query}&X-Amz-Signature=${signature}`;
}
