"""The model registry and a scheduled shadow test through boto3. Prints what was seen, and every answer that breaks botocore's model."""
import datetime
import json

import boto3
from botocore.exceptions import ClientError
from control import advance, until
from model_check import Answers

session = boto3.Session()
answers = Answers(session._session)
sm, runtime = session.client('sagemaker'), session.client('sagemaker-runtime')
session.client('s3').create_bucket(Bucket='captured')
ROLE = 'arn:aws:iam::123456789012:role/sandbox-test'
TYPES = {'SupportedTransformInstanceTypes': ['ml.m5.large'], 'SupportedRealtimeInferenceInstanceTypes': ['ml.m5.large'],
         'SupportedContentTypes': ['text/csv'], 'SupportedResponseMIMETypes': ['text/csv']}
out = {}


def error(call, **args):
    try:
        call(**args)
    except ClientError as e:
        return e.response['Error']['Code']


report = lambda name: {'ContentType': 'application/json', 'S3Uri': f's3://metrics/{name}.json'}
spec = lambda reply: {'Containers': [{'Image': 'server:1', 'Environment': {'REPLY': reply}}], **TYPES}
group = {'ModelPackageGroupName': 'reviews'}
sm.create_model_package_group(**group, ModelPackageGroupDescription='sentiment', Tags=[{'Key': 'team', 'Value': 'reviews'}])
sm.describe_model_package_group(**group)
policy = json.dumps({'Version': '2012-10-17', 'Statement': []})
out['policy'] = [error(sm.get_model_package_group_policy, **group)]
sm.put_model_package_group_policy(**group, ResourcePolicy=policy)
out['policy'] += [sm.get_model_package_group_policy(**group)['ResourcePolicy'] == policy, sm.delete_model_package_group_policy(**group) is not None]
arns = [sm.create_model_package(**group, InferenceSpecification=spec(f'v{n}'), ClientToken=f'token-{n}', SkipModelValidation='All', Domain='OTHER',
                                ModelMetrics={'ModelQuality': {'Statistics': report('statistics')}, 'Bias': {'PreTrainingReport': report('bias')}},
                                DriftCheckBaselines={'ModelDataQuality': {'Statistics': report('s'), 'Constraints': report('c')}},
                                MetadataProperties={'CommitId': 'abc'}, CustomerMetadataProperties={'n': str(n)})['ModelPackageArn'] for n in (1, 2)]
out['arns'] = arns
sm.update_model_package(ModelPackageArn=arns[1], ModelApprovalStatus='Approved', ApprovalDescription='better',
                        ModelLifeCycle={'Stage': 'Production', 'StageStatus': 'Approved'},
                        AdditionalInferenceSpecificationsToAdd=[{'Name': 'small', 'Containers': [{'Image': 'server:1'}]}])
out['described'] = {k: v for k, v in sm.describe_model_package(ModelPackageName=arns[1]).items()
                    if k in ('ModelPackageVersion', 'ModelApprovalStatus', 'ApprovalDescription', 'ModelPackageStatusDetails')}
pages = sm.get_paginator('list_model_packages').paginate(**group, MaxResults=1)
out['listed'] = [[p['ModelPackageVersion'], p['ModelApprovalStatus']] for page in pages for p in page['ModelPackageSummaryList']]
out['groups'] = [g['ModelPackageGroupName'] for p in sm.get_paginator('list_model_package_groups').paginate() for g in p['ModelPackageGroupSummaryList']]
batch = sm.batch_describe_model_package(ModelPackageArnList=[*arns, arns[0][:-1] + '9'])
out['batch'] = [len(batch['ModelPackageSummaries']), [e['ErrorCode'] for e in batch['BatchDescribeModelPackageErrorMap'].values()]]
sm.create_model_package(ModelPackageName='single', InferenceSpecification=spec('single'), Tags=[{'Key': 'a', 'Value': 'b'}])
until(lambda: sm.describe_model_package(ModelPackageName='single')['ModelPackageStatus'] == 'Completed')
out['refused'] = error(sm.create_model, ModelName='v1', ExecutionRoleArn=ROLE, PrimaryContainer={'ModelPackageName': arns[0]})
sm.update_model_package(ModelPackageArn=arns[0], ModelApprovalStatus='Approved')
for n, arn in enumerate(arns, 1):
    sm.create_model(ModelName=f'v{n}', ExecutionRoleArn=ROLE, PrimaryContainer={'ModelPackageName': arn})
    sm.describe_model(ModelName=f'v{n}')

sm.create_endpoint_config(EndpointConfigName='c', ProductionVariants=[
    {'VariantName': 'live', 'ModelName': 'v1', 'InstanceType': 'ml.m5.large', 'InitialInstanceCount': 1}])
sm.create_endpoint(EndpointName='e', EndpointConfigName='c')
sm.get_waiter('endpoint_in_service').wait(EndpointName='e', WaiterConfig={'Delay': 0.05, 'MaxAttempts': 1200})
status = lambda: sm.describe_inference_experiment(Name='x')['Status']
variant = lambda name, model: {'VariantName': name, 'ModelName': model, 'InfrastructureConfig': {
    'InfrastructureType': 'RealTimeInference', 'RealTimeInferenceConfig': {'InstanceType': 'ml.m5.large', 'InstanceCount': 1}}}
shadow = lambda pct: {'SourceModelVariantName': 'live', 'ShadowModelVariants': [{'ShadowModelVariantName': 'dark', 'SamplingPercentage': pct}]}
start = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
experiment = {'Name': 'x', 'Type': 'ShadowMode', 'RoleArn': ROLE, 'EndpointName': 'e', 'ModelVariants': [variant('live', 'v1'), variant('dark', 'v2')],
              'ShadowModeConfig': shadow(10), 'DataStorageConfig': {'Destination': 's3://captured/x'}, 'Description': 'shadow',
              'Schedule': {'StartTime': start, 'EndTime': start + datetime.timedelta(days=2)}}
sm.create_inference_experiment(**experiment)
until(lambda: status() == 'Created')
sm.update_inference_experiment(Name='x', ShadowModeConfig=shadow(20))
until(lambda: status() == 'Created')
advance(3600)
until(lambda: status() == 'Running')
shadows = sm.describe_endpoint(EndpointName='e')['ShadowProductionVariants']
out['shadow'] = [[v['VariantName'], round(v['CurrentWeight'], 6)] for v in shadows]
sm.update_inference_experiment(Name='x', ShadowModeConfig=shadow(30))
until(lambda: status() == 'Running')
out['answer'] = runtime.invoke_endpoint(EndpointName='e', Body=b'x')['Body'].read().decode()
out['conflicts'] = [error(sm.start_inference_experiment, Name='x'), error(sm.delete_inference_experiment, Name='x'),
                    error(sm.create_inference_experiment, **experiment), error(sm.describe_inference_experiment, Name='none')]
advance(2 * 86400)
until(lambda: status() in ('Completed', 'Cancelled'))
out['over'] = [status(), sm.describe_endpoint(EndpointName='e')['EndpointConfigName']]
out['experiments'] = [e['Status'] for e in sm.list_inference_experiments(Type='ShadowMode')['InferenceExperiments']]
sm.delete_inference_experiment(Name='x')
out['full'] = error(sm.delete_model_package_group, **group)
for name in (*arns, 'single'):
    sm.delete_model_package(ModelPackageName=name)
sm.delete_model_package_group(**group)
out['checked'] = [len(answers.calls), answers.checked]
out['violations'] = sorted(set(answers.violations))
print(json.dumps(out))
