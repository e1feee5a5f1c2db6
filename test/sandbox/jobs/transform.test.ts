import type { CreateTransformJobCommandInput } from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { TestSandbox } from '../../support/sandbox/harness';
import { errorOf, ROLE, startTestSandbox, until } from '../../support/sandbox/harness';
import { below, ended, JOB_IMAGES, put, transformInput } from '../../support/sandbox/jobs';

const ARN = 'arn:aws:sagemaker:us-east-1:123456789012:transform-job';
const LINE = { input: { SplitType: 'Line' }, output: { AssembleWith: 'Line' } } as const;
const CSV = { input: LINE.input, output: { AssembleWith: 'Line', Accept: 'text/csv' } } as const;
const MB = 1024 * 1024;

interface Request {
  readonly text: string;
  readonly bytes: number;
  readonly peak: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly told: Readonly<Record<string, string>>;
}

describe('a transform job', () => {
  let box: TestSandbox;

  beforeAll(async () => {
    box = await startTestSandbox({ images: JOB_IMAGES });
    await box.s3.createBucket({ Bucket: 'data' });
    for (const [name, env] of Object.entries({
      echo: {},
      told: { PARAMETERS: '{"MaxConcurrentTransforms":3,"BatchStrategy":"SINGLE_RECORD","MaxPayloadInMB":1}' },
      stream: { STREAM: '1' },
      gone: { EXIT_AT_START: '1' },
    }))
      await box.sagemaker.createModel({
        ModelName: name,
        ExecutionRoleArn: ROLE,
        PrimaryContainer: { Image: 'batch:1', Environment: env },
      });
    await put(box.s3, { 'in/a.csv': 'a,1\nb,2\n', 'in/sub/b.csv': 'c,3', 'in/empty.csv': '' });
  });
  afterAll(() => box.stop());

  const run = async (wish: Parameters<typeof transformInput>[0]) => {
    await box.sagemaker.createTransformJob(transformInput(wish));
    return ended(box.sagemaker, wish.name);
  };
  const logOf = (name: string) => path.join(box.sandbox.dataDir, `${name}.requests`);
  const requests = (name: string): readonly Request[] =>
    // While a job runs its last line may be half written.
    readFileSync(logOf(name), 'utf8').split('\n').slice(0, -1).map((line) => JSON.parse(line)); // prettier-ignore
  const logged = (name: string) => ({ name, Environment: { LOG: logOf(name) } });

  test('gives every object an output of its name, in the order of its records', async () => {
    await box.sagemaker.createTransformJob(transformInput({ ...LINE, name: 'First' }));
    const job = await ended(box.sagemaker, 'First');
    expect(job).toMatchObject({ TransformJobArn: `${ARN}/first`, TransformJobStatus: 'Completed', ModelName: 'echo' });
    expect(job.TransformEndTime?.getTime()).toBeGreaterThanOrEqual(job.TransformStartTime?.getTime() ?? Infinity);
    expect(await below(box.s3, 'out/First/')).toEqual({
      'a.csv.out': '3,A,1\n3,B,2\n',
      'empty.csv.out': '',
      'sub/b.csv.out': '3,C,3\n',
    });
    await run({ ...LINE, name: 'prefix', from: 'in/s' });
    expect(Object.keys(await below(box.s3, 'out/prefix/'))).toEqual(['sub/b.csv.out']);
  });

  test('sends whole objects unless told to split them', async () => {
    await run({ ...logged('whole'), from: 'in/a.csv' });
    expect(await below(box.s3, 'out/whole/')).toEqual({ 'a.csv.out': '3,A,1\n3,B,2' });
    const [sent] = requests('whole');
    expect(sent).toMatchObject({
      text: 'a,1\nb,2\n',
      headers: { 'content-type': 'text/csv' },
      told: { SAGEMAKER_BATCH: 'true' },
    });
    expect(Object.keys(sent?.headers ?? {})).not.toContain('accept');
    expect(Object.keys(sent?.told ?? {})).not.toContain('SAGEMAKER_MAX_PAYLOAD_IN_MB');
  });

  test('puts as many records into a request as fit, or one', async () => {
    const lines = Array.from({ length: 2_500 }, (_, n) => `${n},${'x'.repeat(1_000)}\n`).join('');
    await put(box.s3, { 'long/l.csv': lines });
    const expected = lines.trimEnd().split('\n').map((line) => `${line.length},${line.toUpperCase()}\n`).join(''); // prettier-ignore
    const wish = { ...LINE, from: 'long/', MaxPayloadInMB: 1, MaxConcurrentTransforms: 4 };
    for (const BatchStrategy of ['MultiRecord', 'SingleRecord'] as const) {
      await run({ ...wish, ...logged(BatchStrategy), BatchStrategy });
      const sent = requests(BatchStrategy);
      expect(sent.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(lines.length);
      expect(Math.max(...sent.map(({ bytes }) => bytes))).toBeLessThanOrEqual(MB);
      expect(sent.length).toBe(BatchStrategy === 'MultiRecord' ? 3 : 2_500);
      expect(Math.max(...sent.map(({ peak }) => peak))).toBeLessThanOrEqual(4);
      expect(sent[0]?.told).toMatchObject({
        SAGEMAKER_MAX_PAYLOAD_IN_MB: '1',
        SAGEMAKER_BATCH_STRATEGY: BatchStrategy === 'MultiRecord' ? 'MULTI_RECORD' : 'SINGLE_RECORD',
        SAGEMAKER_MAX_CONCURRENT_TRANSFORMS: '4',
      });
      expect((await below(box.s3, `out/${BatchStrategy}/`))['l.csv.out']).toBe(expected);
    }
  });

  test('takes from /execution-parameters what the request leaves open', async () => {
    await put(box.s3, { 'slow/s.csv': Array.from({ length: 12 }, (_, n) => `SLOW${n}\n`).join('') });
    await run({ ...LINE, ...logged('asks'), from: 'slow/', ModelName: 'told' });
    const asked = requests('asks');
    expect([asked.length, Math.max(...asked.map(({ peak }) => peak))]).toEqual([12, 3]);
    await run({ ...LINE, ...logged('says'), from: 'slow/', ModelName: 'told', BatchStrategy: 'MultiRecord' });
    expect(requests('says')).toHaveLength(1);
    const log = await (await fetch(`${box.sandbox.url}/_sandbox/logs?endpoint=asks&container=data-log`)).text();
    expect(log).toContain('MaxConcurrentTransforms=3, MaxPayloadInMB=1, BatchStrategy=SINGLE_RECORD');
  });

  test('shares its objects among its instances', async () => {
    const objects = Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`many/${n}.csv`, `SLOW${n}`]));
    await put(box.s3, objects);
    await run({ ...LINE, name: 'shared', from: 'many/', count: 3 });
    expect(Object.keys(await below(box.s3, 'out/shared/'))).toHaveLength(6);
    const { logs } = (await (await fetch(`${box.sandbox.url}/_sandbox/logs`)).json()) as {
      logs: { endpoint: string; container: string }[];
    };
    expect(logs.filter(({ endpoint, container }) => endpoint === 'shared' && container === 'data-log')).toHaveLength(3);
  });

  test('reads manifests and packed objects', async () => {
    await put(box.s3, {
      'packed/a.gz': gzipSync('a\nb\n'),
      'packed/no.gz': 'not packed',
      'manifest.json': JSON.stringify([{ prefix: 's3://data/in/' }, 'sub/b.csv', 'a.csv']),
    });
    const source = (S3DataType: 'ManifestFile' | 'S3Prefix', key: string) => ({
      DataSource: { S3DataSource: { S3DataType, S3Uri: `s3://data/${key}` } },
    });
    await run({ ...LINE, name: 'manifest', input: { ...LINE.input, ...source('ManifestFile', 'manifest.json') } });
    expect(Object.keys(await below(box.s3, 'out/manifest/'))).toEqual(['a.csv.out', 'sub/b.csv.out']);
    const packed = { ...LINE.input, CompressionType: 'Gzip' } as const;
    const job = await run({ ...LINE, name: 'packed', input: { ...packed, ...source('S3Prefix', 'packed/') } });
    expect(await below(box.s3, 'out/packed/')).toEqual({ 'a.gz.out': '1,A\n1,B\n' });
    expect(job).toMatchObject({ TransformJobStatus: 'Failed', FailureReason: expect.stringContaining('no.gz') });
  });

  test('one bad record leaves its object without output; the others have theirs, and the job has failed', async () => {
    await put(box.s3, { 'mixed/1.csv': 'a\nb\n', 'mixed/2.csv': 'a\nBAD\nc\n', 'mixed/3.csv': 'd\n' });
    const job = await run({ ...LINE, ...logged('mixed'), from: 'mixed/', BatchStrategy: 'SingleRecord' });
    expect(job).toMatchObject({
      TransformJobStatus: 'Failed',
      FailureReason: expect.stringMatching(
        /^ClientError: See job logs for more information \(Sandbox: s3:\/\/data\/mixed\/2.csv: 400, Message: no such record/
      ),
    });
    expect(await below(box.s3, 'out/mixed/')).toEqual({ '1.csv.out': '1,A\n1,B\n', '3.csv.out': '1,D\n' });
    // What the model refuses it is not asked again.
    expect(requests('mixed').filter(({ text }) => text.includes('BAD'))).toHaveLength(1);
  });

  test('asks again when the model fails, as often as it is told, and after its container has died', async () => {
    await put(box.s3, { 'flaky/f.csv': 'FLAKY\n', 'crash/c.csv': 'a\nCRASH\nb\n', 'broken/b.csv': 'BROKEN\n' });
    expect((await run({ ...LINE, ...logged('flaky'), from: 'flaky/' })).TransformJobStatus).toBe('Completed');
    const crashed = await run({ ...LINE, ...logged('crash'), from: 'crash/', BatchStrategy: 'SingleRecord' });
    expect([crashed.TransformJobStatus, existsSync(`${logOf('crash')}.crashed`)]).toEqual(['Completed', true]);
    expect(await below(box.s3, 'out/crash/')).toEqual({ 'c.csv.out': '1,A\n5,CRASH\n1,B\n' });
    const ModelClientConfig = { InvocationsMaxRetries: 1 };
    const broken = await run({ ...LINE, ...logged('broken'), from: 'broken/', ModelClientConfig });
    expect(broken.FailureReason).toMatch(/^AlgorithmError: .*500, Message: no such record/);
    expect(requests('broken')).toHaveLength(2);
  });

  test('waits for an answer as long as it is told', async () => {
    await put(box.s3, { 'hang/h.csv': 'HANG\n' });
    const ModelClientConfig = { InvocationsMaxRetries: 0, InvocationsTimeoutInSeconds: 1 };
    const job = await run({ ...LINE, name: 'hang', from: 'hang/', ModelClientConfig });
    expect(job.FailureReason).toContain('longer than InvocationsTimeoutInSeconds');
  });

  test('a record or object above the payload fails', async () => {
    await put(box.s3, { 'large/l.csv': `a\n${'x'.repeat(MB)}\nb\n` });
    for (const wish of [{ ...LINE, name: 'record' }, { name: 'object' }])
      expect(await run({ ...wish, from: 'large/', MaxPayloadInMB: 1 })).toMatchObject({
        TransformJobStatus: 'Failed',
        FailureReason: expect.stringMatching(/^ClientError: .*maximum payload of 1048576 bytes/),
      });
  });

  test('MaxPayloadInMB 0 streams whole objects both ways', async () => {
    const part = Buffer.alloc(8 * MB, 'abcdefg\n');
    await put(box.s3, { 'huge/h.bin': Buffer.concat([part, part, part]) });
    const job = await run({ name: 'huge', from: 'huge/', ModelName: 'stream', MaxPayloadInMB: 0 });
    expect(job.TransformJobStatus).toBe('Completed');
    const head = await box.s3.headObject({ Bucket: 'data', Key: 'out/huge/h.bin.out' });
    expect(head.ContentLength).toBe(24 * MB);
  });

  test('can be stopped, and then has stored nothing', async () => {
    const slow = Array.from({ length: 2_000 }, (_, n) => `SLOW${n}\n`).join('');
    await put(box.s3, { 'stop/1.csv': 'a\n', 'stop/2.csv': slow });
    await box.sagemaker.createTransformJob(
      transformInput({ ...LINE, ...logged('stop'), from: 'stop/', BatchStrategy: 'SingleRecord' })
    );
    await until(() => existsSync(logOf('stop')) && requests('stop').length > 3);
    await box.sagemaker.stopTransformJob({ TransformJobName: 'stop' });
    const job = await ended(box.sagemaker, 'stop');
    expect([job.TransformJobStatus, job.FailureReason]).toEqual(['Stopped', undefined]);
    expect(await below(box.s3, 'out/stop/')).toEqual({});
  });

  test('filters records, joins results to them, and filters what comes of it', async () => {
    await put(box.s3, {
      'csv/c.csv': '7,a,"x,y"\n8,b,z\n',
      'json/j.jsonl': '{"id":1,"f":{"a":1,"b":2}}\n{"id":2,"f":{"a":3}}\n',
      'one/o.json': '[{"a":1}]',
    });
    const data = (DataProcessing: CreateTransformJobCommandInput['DataProcessing']) => ({ DataProcessing });
    const jsonl = {
      input: { SplitType: 'Line', ContentType: 'application/jsonlines' },
      output: { AssembleWith: 'Line', Accept: 'application/jsonlines' },
    } as const;
    const joined = data({ InputFilter: '$[1:]', JoinSource: 'Input', OutputFilter: '$[0,-1]' });
    await run({ ...CSV, name: 'csv', from: 'csv/', ...joined });
    expect(await below(box.s3, 'out/csv/')).toEqual({ 'c.csv.out': '7,"X,Y"\n8,Z\n' });
    await run({ ...CSV, name: 'all', from: 'csv/', ...data({ JoinSource: 'Input' }) });
    expect((await below(box.s3, 'out/all/'))['c.csv.out']).toBe('7,a,"x,y",9,7,A,"X,Y"\n8,b,z,5,8,B,Z\n');
    const chosen = data({ InputFilter: '$.f', JoinSource: 'Input', OutputFilter: `$['id','SageMakerOutput']` });
    await run({ ...jsonl, name: 'json', from: 'json/', ...chosen });
    expect((await below(box.s3, 'out/json/'))['j.jsonl.out']).toBe(
      '{"id":1,"SageMakerOutput":{"keys":2}}\n{"id":2,"SageMakerOutput":{"keys":1}}\n'
    );
    const whole = { input: { ContentType: 'application/json' }, output: { Accept: 'application/json' } };
    await run({ ...whole, name: 'one', from: 'one/', ...data({ JoinSource: 'Input' }) });
    expect((await below(box.s3, 'out/one/'))['o.json.out']).toBe(
      '{"SageMakerInput":[{"a":1}],"SageMakerOutput":{"keys":1}}'
    );
    await put(box.s3, { 'short/s.csv': 'SHORT\nb\n' });
    const short = await run({ ...CSV, name: 'short', from: 'short/', ...data({ JoinSource: 'Input' }) });
    expect(short.FailureReason).toContain('answered 2 records with 1 results');
  });

  test('captures what it read and wrote as manifests, with ids to join labels to', async () => {
    const DataCaptureConfig = { DestinationS3Uri: 's3://data/captured', GenerateInferenceId: true };
    const job = await run({ ...CSV, name: 'captured', from: 'in/', DataCaptureConfig });
    const hour = job.TransformStartTime?.toISOString().slice(0, 13).replace(/[-T]/g, '/');
    const manifests = await below(box.s3, 'captured/');
    const [input = '', output = ''] = Object.keys(manifests);
    expect([path.dirname(input), path.dirname(output)]).toEqual([`input/${hour}`, `output/${hour}`]);
    expect(JSON.parse(manifests[input] ?? '')).toEqual([
      { prefix: 's3://data/in/' },
      'a.csv',
      'empty.csv',
      'sub/b.csv',
    ]);
    expect(JSON.parse(manifests[output] ?? '')[0]).toEqual({ prefix: 's3://data/out/captured/' });
    const lines = (await below(box.s3, 'out/captured/'))['a.csv.out'] ?? '';
    expect(lines).toMatch(/^3,A,1,[0-9a-f-]{36},\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n3,B,2,/);
  });

  test.each([
    ['no objects', { from: 'none/' }, /^ClientError: Data download failed:No S3 objects found/],
    ['a container that ends at once', { ModelName: 'gone' }, /^AlgorithmError: See job logs/],
    ['a bucket that is missing', { output: { S3OutputPath: 's3://missing/' } }, /^ClientError: Failed to upload/],
  ])('fails for %s', async (title, wish, reason) => {
    const job = await run({ name: title.replaceAll(' ', '-'), ...wish });
    expect([job.TransformJobStatus, job.FailureReason]).toEqual(['Failed', expect.stringMatching(reason)]);
  });

  test.each([
    [{ name: 'x', ModelName: 'none' }, /^Could not find model "arn:.*:model\/none"\.$/],
    [{ name: 'x', MaxPayloadInMB: 60, MaxConcurrentTransforms: 2 }, /must not be greater than 100 MB, and is 120 MB/],
    [{ name: 'x', DataProcessing: { InputFilter: '$.a[' } }, /^InputFilter "\$\.a\[" is not a JSONPath/],
    [{ name: 'x', DataProcessing: { JoinSource: 'Input' as const } }, /requires the SplitType Line/],
    [{ ...LINE, name: 'x', DataProcessing: { JoinSource: 'Input' as const } }, /requires that Accept is/],
    [{ name: 'x', input: { DataSource: { S3DataSource: { S3DataType: 'AugmentedManifestFile' as const, S3Uri: 's3://data/m' } } } }, /AugmentedManifestFile/], // prettier-ignore
  ])('refuses %o', async (wish, message) => {
    expect(await errorOf(box.sagemaker.createTransformJob(transformInput(wish)))).toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(message),
    });
    expect(await errorOf(box.sagemaker.describeTransformJob({ TransformJobName: 'x' }))).toMatchObject({
      message: 'Could not find requested job with name: x',
    });
  });

  test('is listed, and its name is used once', async () => {
    const page = await box.sagemaker.listTransformJobs({ NameContains: 'irst', StatusEquals: 'Completed' });
    expect(page.TransformJobSummaries?.map((job) => job.TransformJobName)).toEqual(['First']);
    expect(await errorOf(box.sagemaker.createTransformJob(transformInput({ name: 'first' })))).toMatchObject({
      name: 'ResourceInUse',
    });
  });

  test('fault rules strike its invocations', async () => {
    const match = { resource: 'struck' };
    box.sandbox.faults.set([
      { id: 'bad', match, when: { nth: 2 }, then: { fault: 'badInvocation', status: 500 } },
      { id: 'crash', match, when: { nth: 4 }, then: { fault: 'crash', at: 'invocation' } },
    ]);
    const job = await run({ ...LINE, name: 'struck', from: 'slow/', BatchStrategy: 'SingleRecord' });
    expect(box.sandbox.faults.list().map(({ hits }) => hits)).toEqual([1, 1]);
    box.sandbox.faults.clear();
    expect(job.TransformJobStatus).toBe('Completed');
    expect((await below(box.s3, 'out/struck/'))['s.csv.out']?.split('\n')).toHaveLength(13);
  });

  test('fault rules strike the objects that it streams, each once: they cannot be sent again', async () => {
    await put(box.s3, { 'streamed/1.bin': 'one', 'streamed/2.bin': 'two', 'streamed/3.bin': 'three', 'streamed/4.bin': 'four' }); // prettier-ignore
    const match = { resource: 'streamed' };
    box.sandbox.faults.set([
      { id: 'bad', match, when: { nth: 1 }, then: { fault: 'badInvocation', status: 500, body: 'no' } },
      { id: 'crash', match, when: { nth: 2 }, then: { fault: 'crash', at: 'invocation' } },
      { id: 'instead', match, when: { nth: 1 }, then: { fault: 'badInvocation', status: 200, body: '?' } },
      { id: 'slow', match, when: { nth: 4 }, then: { fault: 'slowInvocation', byMs: 20 } },
    ]);
    const job = await run({ name: 'streamed', from: 'streamed/', ModelName: 'stream', MaxPayloadInMB: 0, MaxConcurrentTransforms: 1 }); // prettier-ignore
    const hits = Object.fromEntries(box.sandbox.faults.list().map(({ id, hits: n }) => [id, n]));
    box.sandbox.faults.clear();
    // A rule counts what those before it have left: the third object is the first that `instead` is asked about.
    expect(hits).toEqual({ bad: 1, crash: 1, instead: 1, slow: 1 });
    expect(job).toMatchObject({
      TransformJobStatus: 'Failed',
      FailureReason: expect.stringMatching(/1\.bin and 1 more of 4 objects: 500, Message: no/),
    });
    expect(await below(box.s3, 'out/streamed/')).toEqual({ '3.bin.out': '?', '4.bin.out': 'four' });
  });
});
