import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findBoto3, runPython } from '../support/boto3';
import { startS3, type S3Fixture } from '../support/s3';

const python = findBoto3();

const SCRIPT = `
import boto3, io, json, os, urllib.request
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError
s3 = boto3.client('s3', endpoint_url=os.environ['URL'])
out = {}
s3.create_bucket(Bucket='boto')
s3.get_waiter('bucket_exists').wait(Bucket='boto')
body = os.urandom(11 * 1024 * 1024)
config = TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20)
s3.upload_fileobj(io.BytesIO(body), 'boto', 'big/file', Config=config, ExtraArgs={'Metadata': {'k': 'v'}})
got = io.BytesIO()
s3.download_fileobj('boto', 'big/file', got, Config=config)
out['transfer'] = got.getvalue() == body
out['head'] = s3.head_object(Bucket='boto', Key='big/file')['Metadata']
s3.put_object(Bucket='boto', Key='odd/ü +%\\u0001😀', Body=b'odd')
for n in range(7):
    s3.put_object(Bucket='boto', Key='n/%d' % n, Body=b'x' * n, ChecksumAlgorithm='SHA256')
pages = s3.get_paginator('list_objects_v2').paginate(Bucket='boto', PaginationConfig={'PageSize': 2})
out['keys'] = [o['Key'] for p in pages for o in p.get('Contents', [])]
out['prefixes'] = [p['Prefix'] for p in s3.list_objects(Bucket='boto', Delimiter='/')['CommonPrefixes']]
out['odd'] = s3.get_object(Bucket='boto', Key='odd/ü +%\\u0001😀')['Body'].read().decode()
url = s3.generate_presigned_url('get_object', Params={'Bucket': 'boto', 'Key': 'n/3'})
out['presigned'] = urllib.request.urlopen(url).read().decode()
put = s3.generate_presigned_url('put_object', Params={'Bucket': 'boto', 'Key': 'presigned'})
urllib.request.urlopen(urllib.request.Request(put, data=b'through a url', method='PUT'))
out['presigned_put'] = s3.get_object(Bucket='boto', Key='presigned')['Body'].read().decode()
def code(call, **args):
    try:
        call(**args)
    except ClientError as e:
        return [e.response['Error']['Code'], e.response['ResponseMetadata']['HTTPStatusCode']]
out['errors'] = [
    code(s3.get_object, Bucket='boto', Key='none'),
    code(s3.head_object, Bucket='boto', Key='none'),
    code(s3.get_object, Bucket='none-such', Key='x'),
    code(s3.put_object, Bucket='boto', Key='n/1', Body=b'', IfNoneMatch='*'),
    code(s3.get_bucket_acl, Bucket='boto'),
    code(s3.delete_bucket, Bucket='boto'),
]
out['location'] = s3.get_bucket_location(Bucket='boto')['LocationConstraint']
# Expat cannot read the answer of a batch deletion that names a control character, from S3 neither.
s3.delete_object(Bucket='boto', Key='odd/ü +%\\u0001😀')
bucket = boto3.resource('s3', endpoint_url=os.environ['URL']).Bucket('boto')
bucket.objects.all().delete()
s3.delete_bucket(Bucket='boto')
out['left'] = [b['Name'] for b in s3.list_buckets()['Buckets']]
print(json.dumps(out))
`;

(python === undefined ? describe.skip : describe)('boto3', () => {
  let fixture: S3Fixture;

  beforeAll(async () => {
    fixture = await startS3();
  });

  afterAll(async () => {
    expect(fixture.host.failures).toEqual([]);
    await fixture.close();
  });

  test('transfers, lists, presigns, meets the same errors and cleans up', async () => {
    expect(await runPython(python ?? '', SCRIPT, { URL: fixture.host.url })).toEqual({
      transfer: true,
      head: { k: 'v' },
      keys: ['big/file', 'n/0', 'n/1', 'n/2', 'n/3', 'n/4', 'n/5', 'n/6', 'odd/ü +%\u0001😀'],
      prefixes: ['big/', 'n/', 'odd/'],
      odd: 'odd',
      presigned: 'xxx',
      presigned_put: 'through a url',
      errors: [
        ['NoSuchKey', 404],
        ['404', 404],
        ['NoSuchBucket', 404],
        ['PreconditionFailed', 412],
        ['NotImplemented', 501],
        ['BucketNotEmpty', 409],
      ],
      location: null,
      left: [],
    });
  });
});
