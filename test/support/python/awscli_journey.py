"""An endpoint's whole life through the AWS CLI, as a person would type it."""
import json

from awscli_run import ROLE, answers, ok, run
from control import advance, flush, speed, until

out = {}


def described(query='[EndpointStatus, EndpointConfigName, ProductionVariants[].[VariantName, CurrentWeight, CurrentInstanceCount]]'):
    return ok('sagemaker', 'describe-endpoint', '--endpoint-name', 'cli', '--query', query)


def invoke(*more):
    code, answer, complaint = run('sagemaker-runtime', 'invoke-endpoint', '--endpoint-name', 'cli', '--content-type', 'text/plain',
                                  '--body', 'eA==', *more, 'body.txt')
    return [code, complaint.split(' when calling')[0]] if code else [answer['InvokedProductionVariant'], open('body.txt').read()]


def variants(*models):
    return [{'VariantName': f'v{n}', 'ModelName': m, 'InstanceType': 'ml.m5.large', 'InitialInstanceCount': 1} for n, m in enumerate(models)]


out['who'] = ok('sts', 'get-caller-identity', '--query', 'Account')
with open('note.txt', 'w') as file:
    file.write('kept')
ok('s3', 'mb', 's3://cli')
ok('s3', 'cp', 'note.txt', 's3://cli/notes/note.txt')
ok('s3', 'cp', 's3://cli/notes/note.txt', 'back.txt')
out['copied'] = [open('back.txt').read(), ok('s3', 'ls', 's3://cli/notes/').split()[-1]]
for name, extra in (('a', {}), ('b', {}), ('bad', {'STATUS': '500'})):
    ok('sagemaker', 'create-model', '--model-name', name, '--execution-role-arn', ROLE,
       '--primary-container', {'Image': 'server:1', 'Environment': {'REPLY': name, **extra}})
for name, models in (('one', ['a', 'b']), ('two', ['bad', 'bad']), ('three', ['b', 'b'])):
    ok('sagemaker', 'create-endpoint-config', '--endpoint-config-name', name, '--production-variants', variants(*models))
ok('sagemaker', 'create-endpoint', '--endpoint-name', 'cli', '--endpoint-config-name', 'one', '--tags', 'Key=team,Value=reviews')
ok('sagemaker', 'wait', 'endpoint-in-service', '--endpoint-name', 'cli')
out['created'] = [described(), invoke('--target-variant', 'v1'), invoke('--target-variant', 'none')]

ok('sagemaker', 'update-endpoint-weights-and-capacities', '--endpoint-name', 'cli', '--desired-weights-and-capacities',
   'VariantName=v0,DesiredWeight=0', 'VariantName=v1,DesiredWeight=1,DesiredInstanceCount=2')
ok('sagemaker', 'wait', 'endpoint-in-service', '--endpoint-name', 'cli')
out['shifted'] = [described(), invoke()]

ok('cloudwatch', 'put-metric-alarm', '--alarm-name', 'cli-5xx', '--namespace', 'AWS/SageMaker', '--metric-name', 'Invocation5XXErrors',
   '--statistic', 'Sum', '--period', '60', '--evaluation-periods', '1', '--threshold', '0', '--comparison-operator', 'GreaterThanThreshold',
   '--treat-missing-data', 'notBreaching', '--dimensions', 'Name=EndpointName,Value=cli', 'Name=VariantName,Value=v0')


def update(config, seconds):
    return run('sagemaker', 'update-endpoint', '--endpoint-name', 'cli', '--endpoint-config-name', config, '--deployment-config', {
        'BlueGreenUpdatePolicy': {'TrafficRoutingConfiguration': {'Type': 'LINEAR', 'LinearStepSize': {'Type': 'CAPACITY_PERCENT', 'Value': 50},
                                                                  'WaitIntervalInSeconds': seconds}},
        'AutoRollbackConfiguration': {'Alarms': [{'AlarmName': 'cli-5xx'}]}})[0]


def alarm_state():
    return ok('cloudwatch', 'describe-alarms', '--alarm-names', 'cli-5xx', '--query', 'MetricAlarms[0].StateValue')


# The hour in which it bakes is to be longer than what is done in it
speed(100)
out['update'] = update('two', 3600)
out['refused'] = run('sagemaker', 'delete-endpoint', '--endpoint-name', 'cli')[2].split(' when calling')[0]
until(lambda: 'ModelError' in str(invoke('--target-variant', 'v0')))
flush()
advance(60)
until(lambda: described('EndpointStatus') == 'InService')
speed(1000)
out['rolled_back'] = [described(), alarm_state(), invoke('--target-variant', 'v0')]
until(lambda: (advance(60), alarm_state() == 'OK')[1])
out['update'] += update('three', 60)
ok('sagemaker', 'wait', 'endpoint-in-service', '--endpoint-name', 'cli')
out['updated'] = [described(), invoke('--target-variant', 'v0')]
out['listed'] = ok('sagemaker', 'list-models', '--page-size', '1', '--sort-by', 'Name', '--sort-order', 'Ascending', '--query', 'Models[].ModelName')

ok('sagemaker', 'delete-endpoint', '--endpoint-name', 'cli')
ok('sagemaker', 'wait', 'endpoint-deleted', '--endpoint-name', 'cli')
out['deleted'] = [run('sagemaker', 'wait', 'endpoint-in-service', '--endpoint-name', 'cli')[0], invoke()]
out['unimplemented'] = run('sagemaker', 'list-hyper-parameter-tuning-jobs')[2].split(' when calling')[0]
ok('s3', 'rb', 's3://cli', '--force')
out['checked'] = [len(answers.calls), answers.checked]
out['violations'] = sorted(set(answers.violations))
print(json.dumps(out))
