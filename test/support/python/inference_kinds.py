"""Asynchronous, streaming and serverless inference through boto3, and the asynchronous one through the AWS CLI as well."""
import contextlib
import io
import json
import urllib.request

import boto3
from botocore.exceptions import ClientError, EventStreamError
from control import URL, until
from model_check import Answers

session = boto3.Session()
answers = Answers(session._session)
sm, runtime, s3 = (session.client(name) for name in ('sagemaker', 'sagemaker-runtime', 's3'))
ROLE = 'arn:aws:iam::123456789012:role/sandbox-test'
TOPIC = 'arn:aws:sns:us-east-1:123456789012:done'
out = {}


def endpoint(name, variant, **config):
    sm.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[{'VariantName': 'v', 'ModelName': 'm', **variant}], **config)
    sm.create_endpoint(EndpointName=name, EndpointConfigName=name)
    sm.get_waiter('endpoint_in_service').wait(EndpointName=name, WaiterConfig={'Delay': 0.05, 'MaxAttempts': 1200})


def stored(uri):
    bucket, key = uri[len('s3://'):].split('/', 1)

    def get():
        try:
            return s3.get_object(Bucket=bucket, Key=key)['Body'].read().decode()
        except ClientError:
            return None
    return until(get)


for bucket in ('inputs', 'outputs'):
    s3.create_bucket(Bucket=bucket)
sm.create_model(ModelName='m', ExecutionRoleArn=ROLE, PrimaryContainer={'Image': 'server:1'})
instance = {'InstanceType': 'ml.m5.large', 'InitialInstanceCount': 1}
endpoint('later', instance, AsyncInferenceConfig={
    'ClientConfig': {'MaxConcurrentInvocationsPerInstance': 2},
    'OutputConfig': {'S3OutputPath': 's3://outputs/good', 'S3FailurePath': 's3://outputs/bad', 'NotificationConfig': {'SuccessTopic': TOPIC}}})
out['described'] = sm.describe_endpoint(EndpointName='later')['AsyncInferenceConfig']['OutputConfig']['S3OutputPath']
s3.put_object(Bucket='inputs', Key='a', Body=b'hello')
accepted = runtime.invoke_endpoint_async(EndpointName='later', InputLocation='s3://inputs/a', ContentType='text/plain', RequestTTLSeconds=600,
                                         InvocationTimeoutSeconds=30)
out['answered'] = [accepted['ResponseMetadata']['HTTPStatusCode'], stored(accepted['OutputLocation'])]
s3.put_object(Bucket='inputs', Key='b', Body=b'{"status":500}')
failed = runtime.invoke_endpoint_async(EndpointName='later', InputLocation='s3://inputs/b')
out['failed'] = stored(failed['FailureLocation'])
notified = until(lambda: json.load(urllib.request.urlopen(f'{URL}/_sandbox/notifications'))['notifications'])
out['notified'] = [notified[0]['topicArn'] == TOPIC, notified[0]['message']['responseParameters']['outputLocation'] == accepted['OutputLocation']]
try:
    runtime.invoke_endpoint(EndpointName='later', Body=b'x')
except ClientError as e:
    out['synchronous'] = e.response['Error']['Code']

endpoint('now', instance)


def streamed(body):
    parts = []
    answer = runtime.invoke_endpoint_with_response_stream(EndpointName='now', Body=json.dumps(body))
    try:
        for event in answer['Body']:
            parts.append(event['PayloadPart']['Bytes'].decode())
    except EventStreamError as e:
        return [parts, e.response['Error']['Code']]
    # Parts that come in a busy moment come together
    return [''.join(parts), answer['ContentType']]


out['streamed'] = streamed({'parts': ['a', 'b', 'c']})
out['cut'] = streamed({'parts': ['a'], 'then': 'cut'})

endpoint('bursts', {'ServerlessConfig': {'MemorySizeInMB': 1024, 'MaxConcurrency': 5}})
out['serverless'] = [sm.describe_endpoint(EndpointName='bursts')['ProductionVariants'][0]['CurrentServerlessConfig'],
                     runtime.invoke_endpoint(EndpointName='bursts', Body=b'x')['Body'].read().decode()]
out['checked'] = sorted(name for name in answers.calls if name.startswith('sagemaker-runtime'))
out['violations'] = answers.violations

from awscli.clidriver import create_clidriver  # noqa: E402 - it changes how timestamps are parsed, so boto3 comes first

said = io.StringIO()
with contextlib.redirect_stdout(said):
    code = create_clidriver().main(['sagemaker-runtime', 'invoke-endpoint-async', '--endpoint-name', 'later', '--input-location', 's3://inputs/a',
                                    '--inference-id', 'cli', '--output', 'json'])
answer = json.loads(said.getvalue())
out['cli'] = [code, answer['InferenceId'], stored(answer['OutputLocation'])]
print(json.dumps(out))
