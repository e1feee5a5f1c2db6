"""The model registry and a shadow test through the AWS CLI, as a person would type them."""
import json

from awscli_run import ROLE, answers, ok, run
from control import until

out = {}
sm = lambda *words: ok('sagemaker', *words)
complaint = lambda *words: run('sagemaker', *words)[2].split(' when calling')[0]

out['group'] = sm('create-model-package-group', '--model-package-group-name', 'reviews', '--tags', 'Key=team,Value=reviews', '--query', 'ModelPackageGroupArn')
spec = {'Containers': [{'Image': 'server:1', 'Environment': {'REPLY': 'packaged'}}]}
arn = sm('create-model-package', '--model-package-group-name', 'reviews', '--inference-specification', spec,
         '--customer-metadata-properties', 'commit=a1', '--query', 'ModelPackageArn')
out['refused'] = complaint('create-model', '--model-name', 'new', '--primary-container', f'ModelPackageName={arn}')
sm('update-model-package', '--model-package-arn', arn, '--model-approval-status', 'Approved', '--approval-description', 'good')
out['described'] = sm('describe-model-package', '--model-package-name', 'reviews/1', '--query', '[ModelApprovalStatus, ApprovalDescription, CustomerMetadataProperties.commit]')
out['listed'] = sm('list-model-packages', '--model-package-group-name', 'reviews', '--query', 'ModelPackageSummaryList[].ModelPackageVersion')
out['batch'] = sm('batch-describe-model-package', '--model-package-arn-list', arn, '--query', 'ModelPackageSummaries.*.ModelApprovalStatus')
out['groups'] = sm('list-model-package-groups', '--query', 'ModelPackageGroupSummaryList[].ModelPackageGroupName')
for name, container in (('old', {'Image': 'server:1', 'Environment': {'REPLY': 'old'}}), ('new', {'ModelPackageName': arn})):
    sm('create-model', '--model-name', name, '--execution-role-arn', ROLE, '--primary-container', container)
sm('create-endpoint-config', '--endpoint-config-name', 'c', '--production-variants',
   [{'VariantName': 'live', 'ModelName': 'old', 'InstanceType': 'ml.m5.large', 'InitialInstanceCount': 1}])
sm('create-endpoint', '--endpoint-name', 'e', '--endpoint-config-name', 'c')
sm('wait', 'endpoint-in-service', '--endpoint-name', 'e')


def variant(name, model):
    return {'VariantName': name, 'ModelName': model, 'InfrastructureConfig': {
        'InfrastructureType': 'RealTimeInference', 'RealTimeInferenceConfig': {'InstanceType': 'ml.m5.large', 'InstanceCount': 1}}}


def status(query='Status'):
    return sm('describe-inference-experiment', '--name', 'x', '--query', query)


def create(name):
    return ('create-inference-experiment', '--name', name, '--type', 'ShadowMode', '--role-arn', ROLE, '--endpoint-name', 'e',
            '--model-variants', [variant('live', 'old'), variant('dark', 'new')], '--shadow-mode-config',
            {'SourceModelVariantName': 'live', 'ShadowModelVariants': [{'ShadowModelVariantName': 'dark', 'SamplingPercentage': 50}]})


out['experiment'] = sm(*create('x'), '--query', 'InferenceExperimentArn')
until(lambda: status() == 'Running')
out['running'] = status('ModelVariants[].[VariantName, Status]')
out['conflict'] = [complaint(*create('y')), complaint('start-inference-experiment', '--name', 'x')]
sm('update-inference-experiment', '--name', 'x', '--description', 'half')
sm('stop-inference-experiment', '--name', 'x', '--model-variant-actions', 'live=Remove,dark=Promote', '--desired-state', 'Completed', '--reason', 'better')
until(lambda: status() in ('Completed', 'Cancelled'))
out['stopped'] = status('[Status, StatusReason, Description]')
out['promoted'] = sm('describe-endpoint', '--endpoint-name', 'e', '--query', 'ProductionVariants[].VariantName')
ok('sagemaker-runtime', 'invoke-endpoint', '--endpoint-name', 'e', '--body', 'eA==', 'body.txt')
out['answer'] = open('body.txt').read()
out['experiments'] = sm('list-inference-experiments', '--query', 'InferenceExperiments[].[Name, Status]')
sm('delete-inference-experiment', '--name', 'x')
out['gone'] = [complaint('describe-inference-experiment', '--name', 'x'), complaint('delete-model-package-group', '--model-package-group-name', 'reviews')]
sm('delete-model-package', '--model-package-name', arn)
sm('delete-model-package-group', '--model-package-group-name', 'reviews')
out['checked'] = [len(answers.calls), answers.checked]
out['violations'] = sorted(set(answers.violations))
print(json.dumps(out))
