"""Transform jobs, processing jobs and monitoring through boto3. Prints what was seen, and every answer that breaks botocore's model."""
import datetime
import json

import boto3
from botocore.exceptions import ClientError
from control import advance, now_ms, start_hour, until
from model_check import Answers

session = boto3.Session()
answers = Answers(session._session)
sm, s3 = session.client('sagemaker'), session.client('s3')
ROLE = 'arn:aws:iam::123456789012:role/sandbox-test'
CLUSTER = {'ClusterConfig': {'InstanceCount': 1, 'InstanceType': 'ml.m5.large', 'VolumeSizeInGB': 1}}
out = {}


def wait(name, **args):
    sm.get_waiter(name).wait(WaiterConfig={'Delay': 0.05, 'MaxAttempts': 1200}, **args)


def error(call, **args):
    try:
        call(**args)
    except ClientError as e:
        return [e.response['Error']['Code'], e.response['Error']['Message'].split(' (')[0]]


def objects(prefix):
    found = s3.list_objects_v2(Bucket='jobs', Prefix=prefix).get('Contents', [])
    return {o['Key'][len(prefix):]: s3.get_object(Bucket='jobs', Key=o['Key'])['Body'].read().decode() for o in found}


s3.create_bucket(Bucket='jobs')
for key, body in (('in/a.csv', 'a\nb\n'), ('in/b.csv', 'c\n'), ('bad/a.csv', 'BAD\n')):
    s3.put_object(Bucket='jobs', Key=key, Body=body.encode())

# Transform
sm.create_model(ModelName='batch', ExecutionRoleArn=ROLE, PrimaryContainer={'Image': 'batch:1'})


def transform(name, source='in/', **more):
    return sm.create_transform_job(
        TransformJobName=name, ModelName='batch', BatchStrategy='SingleRecord', MaxConcurrentTransforms=2, MaxPayloadInMB=1,
        TransformInput={'DataSource': {'S3DataSource': {'S3DataType': 'S3Prefix', 'S3Uri': 's3://jobs/' + source}},
                        'ContentType': 'text/csv', 'SplitType': 'Line'},
        TransformOutput={'S3OutputPath': 's3://jobs/out', 'Accept': 'text/csv', 'AssembleWith': 'Line'},
        DataProcessing={'InputFilter': '$', 'JoinSource': 'Input', 'OutputFilter': '$[0,-1]'},
        TransformResources={'InstanceType': 'ml.m5.large', 'InstanceCount': 1}, **more)


transform('t', Tags=[{'Key': 'team', 'Value': 'reviews'}], ModelClientConfig={'InvocationsMaxRetries': 1, 'InvocationsTimeoutInSeconds': 60},
          DataCaptureConfig={'DestinationS3Uri': 's3://jobs/captured'})
out['again'] = error(transform, name='t')
wait('transform_job_completed_or_stopped', TransformJobName='t')
out['transformed'] = [sm.describe_transform_job(TransformJobName='t')['TransformJobStatus'], objects('out/')]
transform('bad', 'bad/')
until(lambda: sm.describe_transform_job(TransformJobName='bad')['TransformJobStatus'] == 'Failed')
out['bad'] = sm.describe_transform_job(TransformJobName='bad')['FailureReason'].split(' (')[0]
out['missing'] = error(sm.describe_transform_job, TransformJobName='none')
out['ended'] = error(sm.stop_transform_job, TransformJobName='t')[0]
out['transforms'] = [j['TransformJobName'] for p in sm.get_paginator('list_transform_jobs').paginate(
    SortBy='Name', SortOrder='Ascending', MaxResults=1) for j in p['TransformJobSummaries']]


# Processing
def process(name, **environment):
    return sm.create_processing_job(
        ProcessingJobName=name, RoleArn=ROLE, AppSpecification={'ImageUri': 'job:1'}, ProcessingResources=CLUSTER, Environment=environment,
        ProcessingInputs=[{'InputName': 'i', 'S3Input': {'S3Uri': 's3://jobs/in', 'LocalPath': '/opt/ml/processing/input', 'S3DataType': 'S3Prefix',
                                                         'S3InputMode': 'File', 'S3DataDistributionType': 'ShardedByS3Key'}}],
        ProcessingOutputConfig={'Outputs': [{'OutputName': 'o', 'S3Output': {'S3Uri': f's3://jobs/p/{name}', 'LocalPath': '/opt/ml/processing/output',
                                                                             'S3UploadMode': 'EndOfJob'}}]})


process('p', MESSAGE='well')
wait('processing_job_completed_or_stopped', ProcessingJobName='p')
out['processed'] = [sm.describe_processing_job(ProcessingJobName='p')['ExitMessage'], sorted(objects('p/p/'))]
process('stopping', UNTIL='/never')
sm.stop_processing_job(ProcessingJobName='stopping')
wait('processing_job_completed_or_stopped', ProcessingJobName='stopping')
out['stopped'] = sm.describe_processing_job(ProcessingJobName='stopping')['ProcessingJobStatus']
out['processings'] = sorted(j['ProcessingJobName'] for p in sm.get_paginator('list_processing_jobs').paginate(MaxResults=1)
                            for j in p['ProcessingJobSummaries'])

# Monitoring
sm.create_endpoint_config(EndpointConfigName='watched', ProductionVariants=[
    {'VariantName': 'v', 'ModelName': 'batch', 'InstanceType': 'ml.m5.large', 'InitialInstanceCount': 1}], DataCaptureConfig={
    'InitialSamplingPercentage': 100, 'DestinationS3Uri': 's3://jobs/capture', 'CaptureOptions': [{'CaptureMode': 'Input'}],
    'CaptureContentTypeHeader': {'CsvContentTypes': ['text/csv']}})
sm.create_endpoint(EndpointName='watched', EndpointConfigName='watched')
wait('endpoint_in_service', EndpointName='watched')
job = {'EndpointInput': {'EndpointName': 'watched', 'LocalPath': '/opt/ml/processing/input'}}
report = {'MonitoringOutputs': [{'S3Output': {'S3Uri': 's3://jobs/reports', 'LocalPath': '/opt/ml/processing/output', 'S3UploadMode': 'EndOfJob'}}]}
common = {'JobResources': CLUSTER, 'RoleArn': ROLE, 'StoppingCondition': {'MaxRuntimeInSeconds': 1800}}
analyzer = '156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer'
truth = {'GroundTruthS3Input': {'S3Uri': 's3://jobs/labels'}}
config = {'ConfigUri': 's3://jobs/analysis_config.json'}
seen = []
for kind, snake, more_app, more_job in (
        ('DataQuality', 'data_quality', {}, {}), ('ModelQuality', 'model_quality', {'ProblemType': 'Regression'}, truth),
        ('ModelBias', 'model_bias', config, truth), ('ModelExplainability', 'model_explainability', config, {})):
    def call(verb, **args):
        return getattr(sm, f'{verb}_{snake}_job_definition' + ('s' if verb == 'list' else ''))(**args)
    call('create', JobDefinitionName='d', **common, **{
        kind + 'AppSpecification': {'ImageUri': analyzer, **more_app}, kind + 'JobInput': {**job, **more_job}, kind + 'JobOutputConfig': report})
    described = call('describe', JobDefinitionName='d')
    seen.append([described['JobDefinitionArn'].split(':')[-1], len(call('list', EndpointName='watched')['JobDefinitionSummaries'])])
    if kind != 'DataQuality':
        call('delete', JobDefinitionName='d')
out['definitions'] = seen


def status():
    return sm.describe_monitoring_schedule(MonitoringScheduleName='s')['MonitoringScheduleStatus']


def runs():
    pages = sm.get_paginator('list_monitoring_executions').paginate(MonitoringScheduleName='s', SortBy='ScheduledTime', SortOrder='Ascending', MaxResults=1)
    return [[e['MonitoringExecutionStatus'], e.get('FailureReason')] for p in pages for e in p['MonitoringExecutionSummaries']]


hourly = {'MonitoringScheduleConfig': {'MonitoringJobDefinitionName': 'd', 'MonitoringType': 'DataQuality',
                                       'ScheduleConfig': {'ScheduleExpression': 'cron(0 * ? * * *)'}}}
start_hour()
sm.create_monitoring_schedule(MonitoringScheduleName='s', **hourly)
until(lambda: status() == 'Scheduled')
now = datetime.datetime.fromtimestamp(now_ms() / 1000, datetime.timezone.utc)
line = {'captureData': {'endpointInput': {'observedContentType': 'text/csv', 'mode': 'INPUT', 'data': '1,2', 'encoding': 'CSV'}},
        'eventMetadata': {'eventId': 'e', 'inferenceTime': now.strftime('%Y-%m-%dT%H:%M:%SZ')}, 'eventVersion': '0'}
s3.put_object(Bucket='jobs', Key=now.strftime('capture/watched/v/%Y/%m/%d/%H/a.jsonl'), Body=json.dumps(line).encode())
advance(3600)
until(lambda: [r[0] for r in runs()] == ['Completed'])
advance(3600)
until(lambda: len(runs()) == 2 and runs()[1][0] == 'Failed')
out['runs'] = runs()
sm.stop_monitoring_schedule(MonitoringScheduleName='s')
out['stopped_schedule'] = status()
sm.start_monitoring_schedule(MonitoringScheduleName='s')
sm.update_monitoring_schedule(MonitoringScheduleName='s', **hourly)
until(lambda: status() == 'Scheduled')
out['schedules'] = [s['MonitoringScheduleName'] for p in sm.get_paginator('list_monitoring_schedules').paginate() for s in p['MonitoringScheduleSummaries']]
out['in_use'] = error(sm.delete_data_quality_job_definition, JobDefinitionName='d')[0]
sm.delete_monitoring_schedule(MonitoringScheduleName='s')
sm.delete_data_quality_job_definition(JobDefinitionName='d')
out['gone'] = [error(sm.describe_monitoring_schedule, MonitoringScheduleName='s'), error(sm.describe_data_quality_job_definition, JobDefinitionName='d')[0]]
out['checked'] = [len(answers.calls), answers.checked]
out['violations'] = sorted(set(answers.violations))
print(json.dumps(out))
