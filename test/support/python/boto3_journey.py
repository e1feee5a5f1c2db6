"""An endpoint's whole life through boto3. Prints what was seen at each step, and every answer that breaks botocore's model."""
import base64
import datetime
import io
import json
import tarfile

import boto3
from botocore.exceptions import ClientError, WaiterError
from control import advance, flush, speed, until
from model_check import Answers

session = boto3.Session()
answers = Answers(session._session)
sm, runtime, s3, cw = (session.client(name) for name in ('sagemaker', 'sagemaker-runtime', 's3', 'cloudwatch'))
ROLE = 'arn:aws:iam::123456789012:role/sandbox-test'
out = {}


def wait(name, **args):
    sm.get_waiter(name).wait(WaiterConfig={'Delay': 0.05, 'MaxAttempts': 1200}, **args)


def error(call, **args):
    try:
        call(**args)
    except ClientError as e:
        return [e.response['Error']['Code'], e.response['Error']['Message']]


def model(name, reply, **environment):
    sm.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={
        'Image': 'server:1', 'ModelDataUrl': 's3://models/model.tar.gz', 'Environment': {'REPLY': reply, **environment}})


def variant(name, model_name, weight=1.0):
    return {'VariantName': name, 'ModelName': model_name, 'InstanceType': 'ml.m5.large', 'InitialInstanceCount': 1,
            'InitialVariantWeight': weight}


def described():
    answer = sm.describe_endpoint(EndpointName='journey')
    variants = {v['VariantName']: [v.get('CurrentWeight'), v.get('CurrentInstanceCount')] for v in answer.get('ProductionVariants', [])}
    return [answer['EndpointStatus'], answer['EndpointConfigName'], variants]


def invoke(**args):
    try:
        answer = runtime.invoke_endpoint(EndpointName='journey', Body=b'x', ContentType='text/plain', **args)
        return [answer['Body'].read().decode(), answer['InvokedProductionVariant']]
    except ClientError as e:
        return [e.response['Error']['Code'], e.response.get('OriginalStatusCode')]


# Create
s3.create_bucket(Bucket='models')
s3.create_bucket(Bucket='captured')
archive = io.BytesIO()
with tarfile.open(fileobj=archive, mode='w:gz') as tar:
    content = b'{"version":1}'
    entry = tarfile.TarInfo('model.json')
    entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content))
s3.put_object(Bucket='models', Key='model.tar.gz', Body=archive.getvalue())
for name in ('a', 'b', 'good'):
    model(name, name)
model('bad', 'never', STATUS='500')
sm.create_endpoint_config(EndpointConfigName='first', ProductionVariants=[variant('a', 'a', 3), variant('b', 'b')],
                          Tags=[{'Key': 'team', 'Value': 'reviews'}],
                          DataCaptureConfig={'EnableCapture': True, 'InitialSamplingPercentage': 100, 'DestinationS3Uri': 's3://captured/all',
                                             'CaptureOptions': [{'CaptureMode': 'Input'}, {'CaptureMode': 'Output'}]})
sm.create_endpoint(EndpointName='journey', EndpointConfigName='first', Tags=[{'Key': 'stage', 'Value': 'test'}])
out['again'] = error(sm.create_endpoint, EndpointName='journey', EndpointConfigName='first')
wait('endpoint_in_service', EndpointName='journey')
out['created'] = described()
sm.add_tags(ResourceArn=sm.describe_endpoint(EndpointName='journey')['EndpointArn'], Tags=[{'Key': 'stage', 'Value': 'live'}])
out['tags'] = [t for p in sm.get_paginator('list_tags').paginate(ResourceArn=sm.describe_endpoint(EndpointName='journey')['EndpointArn']) for t in p['Tags']]

# Invoke
out['invoked'] = [invoke(TargetVariant='a'), invoke(TargetVariant='b', InferenceId='i-1', CustomAttributes='c')]
out['unknown'] = [error(runtime.invoke_endpoint, EndpointName='none', Body=b'x'), invoke(TargetVariant='z')]

# Shift weights
weights = [{'VariantName': 'a', 'DesiredWeight': 0}, {'VariantName': 'b', 'DesiredWeight': 1}]
sm.update_endpoint_weights_and_capacities(EndpointName='journey', DesiredWeightsAndCapacities=weights)
wait('endpoint_in_service', EndpointName='journey')
out['shifted'] = [described(), sorted({invoke()[0] for _ in range(20)})]
out['stranger'] = error(sm.update_endpoint_weights_and_capacities, EndpointName='journey', DesiredWeightsAndCapacities=[{'VariantName': 'z', 'DesiredWeight': 1}])

# Update behind guardrails: the alarm rings on the new fleet's own errors, and the old one comes back
cw.put_metric_alarm(AlarmName='journey-5xx', Namespace='AWS/SageMaker', MetricName='Invocation5XXErrors', Statistic='Sum', Period=60,
                    EvaluationPeriods=1, Threshold=0, ComparisonOperator='GreaterThanThreshold', TreatMissingData='notBreaching',
                    Dimensions=[{'Name': 'EndpointName', 'Value': 'journey'}, {'Name': 'VariantName', 'Value': 'a'}])


def update(config, wait_seconds):
    sm.update_endpoint(EndpointName='journey', EndpointConfigName=config, RetainAllVariantProperties=False, DeploymentConfig={
        'BlueGreenUpdatePolicy': {'TrafficRoutingConfiguration': {'Type': 'CANARY', 'CanarySize': {'Type': 'INSTANCE_COUNT', 'Value': 1},
                                                                  'WaitIntervalInSeconds': wait_seconds}},
        'AutoRollbackConfiguration': {'Alarms': [{'AlarmName': 'journey-5xx'}]}})


for name in ('bad', 'good'):
    sm.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant('a', name), variant('b', name)])
# The hour in which it bakes is to be longer than what is done in it
speed(100)
update('bad', 3600)
out['meanwhile'] = error(sm.delete_endpoint, EndpointName='journey')
until(lambda: invoke(TargetVariant='a')[0] == 'ModelError')
pending = sm.describe_endpoint(EndpointName='journey').get('PendingDeploymentSummary', {})
out['pending'] = [pending.get('EndpointConfigName'), [s['Status'] for v in pending.get('ProductionVariants', []) for s in v['VariantStatus']]]
flush()
advance(60)
until(lambda: described()[0] == 'InService')
speed(1000)
out['rolled_back'] = [described(), 'journey-5xx' in sm.describe_endpoint(EndpointName='journey').get('FailureReason', ''),
                      cw.describe_alarms(AlarmNames=['journey-5xx'])['MetricAlarms'][0]['StateValue'], invoke()[0]]

# The same with a fleet that is well
until(lambda: (advance(60), cw.describe_alarms(AlarmNames=['journey-5xx'])['MetricAlarms'][0]['StateValue'] == 'OK')[1])
update('good', 60)
wait('endpoint_in_service', EndpointName='journey')
out['updated'] = [described(), invoke(), 'PendingDeploymentSummary' in sm.describe_endpoint(EndpointName='journey')]

# Scale
sm.update_endpoint_weights_and_capacities(EndpointName='journey', DesiredWeightsAndCapacities=[{'VariantName': 'a', 'DesiredInstanceCount': 3}])
wait('endpoint_in_service', EndpointName='journey')
out['scaled'] = described()
aas = session.client('application-autoscaling')
target = {'ServiceNamespace': 'sagemaker', 'ResourceId': 'endpoint/journey/variant/b', 'ScalableDimension': 'sagemaker:variant:DesiredInstanceCount'}
aas.register_scalable_target(**target, MinCapacity=2, MaxCapacity=4)
aas.put_scaling_policy(**target, PolicyName='load', PolicyType='TargetTrackingScaling', TargetTrackingScalingPolicyConfiguration={
    'TargetValue': 100.0, 'PredefinedMetricSpecification': {'PredefinedMetricType': 'SageMakerVariantInvocationsPerInstance'}})
until(lambda: described() == ['InService', 'good', {'a': [1.0, 3], 'b': [1.0, 2]}])


def scaled():
    pages = aas.get_paginator('describe_scaling_activities').paginate(ServiceNamespace='sagemaker')
    return [[a['StatusCode'], a['Description']] for p in pages for a in p['ScalingActivities']][-1:]


# The scaler learns that its fleet is there when it looks again, after anybody who asks the endpoint
until(lambda: scaled()[0][0] not in ('Pending', 'InProgress'))
out['autoscaled'] = scaled()
out['policies'] = [len(p['Alarms']) for p in aas.describe_scaling_policies(ServiceNamespace='sagemaker')['ScalingPolicies']]
out['targets'] = [t['MaxCapacity'] for t in aas.describe_scalable_targets(ServiceNamespace='sagemaker')['ScalableTargets']]
aas.deregister_scalable_target(**target)

# What it left behind: captured requests, metrics
flush()
captured = s3.list_objects_v2(Bucket='captured', Prefix='all/journey/b/')['Contents']
records = [json.loads(line) for o in captured for line in s3.get_object(Bucket='captured', Key=o['Key'])['Body'].read().splitlines()]
out['captured'] = sorted({base64.b64decode(r['captureData']['endpointOutput']['data']).decode() for r in records})
names = {m['MetricName'] for p in cw.get_paginator('list_metrics').paginate(Namespace='AWS/SageMaker') for m in p['Metrics']}
out['metrics'] = sorted(names & {'Invocations', 'ModelLatency', 'OverheadLatency', 'Invocation5XXErrors'})
now = datetime.datetime.now(datetime.timezone.utc)
counted = cw.get_metric_data(StartTime=now - datetime.timedelta(hours=1), EndTime=now + datetime.timedelta(days=1), MetricDataQueries=[
    {'Id': 'n', 'MetricStat': {'Metric': {'Namespace': 'AWS/SageMaker', 'MetricName': 'Invocations', 'Dimensions': [
        {'Name': 'EndpointName', 'Value': 'journey'}, {'Name': 'VariantName', 'Value': 'b'}]}, 'Period': 60, 'Stat': 'Sum'}}])
out['counted'] = sum(counted['MetricDataResults'][0]['Values']) >= 21
out['listed'] = [sorted(i[k] for p in sm.get_paginator(o).paginate(MaxResults=1) for i in p[l]) for o, l, k in [
    ('list_models', 'Models', 'ModelName'), ('list_endpoint_configs', 'EndpointConfigs', 'EndpointConfigName'),
    ('list_endpoints', 'Endpoints', 'EndpointName')]]
for name in ('a', 'bad'):
    sm.describe_model(ModelName=name)
for name in ('first', 'good'):
    sm.describe_endpoint_config(EndpointConfigName=name)
session.client('sts').get_caller_identity()

# Delete
sm.delete_endpoint(EndpointName='journey')
wait('endpoint_deleted', EndpointName='journey')
out['deleted'] = [error(sm.describe_endpoint, EndpointName='journey'), invoke()[0]]
try:
    wait('endpoint_in_service', EndpointName='journey')
except WaiterError as e:
    out['waiter'] = str(e)
for name in ('first', 'bad', 'good'):
    sm.delete_endpoint_config(EndpointConfigName=name)
for name in ('a', 'b', 'good', 'bad'):
    sm.delete_model(ModelName=name)
out['left'] = [len(sm.list_models()['Models']), len(sm.list_endpoint_configs()['EndpointConfigs']), len(sm.list_endpoints()['Endpoints'])]
out['checked'] = [len(answers.calls), answers.checked]
out['violations'] = sorted(set(answers.violations))
print(json.dumps(out))
