"""A transform job, a processing job and a monitor through the AWS CLI, as a person would type them."""
import json

from awscli_run import ROLE, answers, ok, run
from control import advance, start_hour, until

out = {}
sm = lambda *words: ok('sagemaker', *words)
complaint = lambda *words: run('sagemaker', *words)[2].split(' when calling')[0]
CLUSTER = 'ClusterConfig={InstanceCount=1,InstanceType=ml.m5.large,VolumeSizeInGB=1}'

with open('a.csv', 'w') as file:
    file.write('a\nb\n')
ok('s3', 'mb', 's3://jobs')
ok('s3', 'cp', 'a.csv', 's3://jobs/in/a.csv')
sm('create-model', '--model-name', 'batch', '--execution-role-arn', ROLE, '--primary-container', 'Image=batch:1')
sm('create-transform-job', '--transform-job-name', 't', '--model-name', 'batch', '--batch-strategy', 'MultiRecord', '--transform-input',
   {'DataSource': {'S3DataSource': {'S3DataType': 'S3Prefix', 'S3Uri': 's3://jobs/in/'}}, 'ContentType': 'text/csv', 'SplitType': 'Line'},
   '--transform-output', 'S3OutputPath=s3://jobs/out,AssembleWith=Line', '--transform-resources', 'InstanceType=ml.m5.large,InstanceCount=1')
sm('wait', 'transform-job-completed-or-stopped', '--transform-job-name', 't')
ok('s3', 'cp', 's3://jobs/out/a.csv.out', 'a.out')
out['transformed'] = [sm('describe-transform-job', '--transform-job-name', 't', '--query', 'TransformJobStatus'), open('a.out').read()]
out['missing'] = complaint('describe-transform-job', '--transform-job-name', 'none')

sm('create-processing-job', '--processing-job-name', 'p', '--role-arn', ROLE, '--app-specification', 'ImageUri=job:1', '--environment', 'MESSAGE=well',
   '--processing-resources', CLUSTER)
sm('wait', 'processing-job-completed-or-stopped', '--processing-job-name', 'p')
out['processed'] = sm('list-processing-jobs', '--status-equals', 'Completed', '--query', 'ProcessingJobSummaries[].[ProcessingJobName, ExitMessage]')
sm('create-processing-job', '--processing-job-name', 'q', '--role-arn', ROLE, '--app-specification', 'ImageUri=job:1', '--environment', 'UNTIL=/never',
   '--processing-resources', CLUSTER)
sm('stop-processing-job', '--processing-job-name', 'q')
sm('wait', 'processing-job-completed-or-stopped', '--processing-job-name', 'q')
sm('delete-processing-job', '--processing-job-name', 'q')
out['deleted'] = complaint('describe-processing-job', '--processing-job-name', 'q')

sm('create-endpoint-config', '--endpoint-config-name', 'e', '--production-variants', 'VariantName=v,ModelName=batch,InstanceType=ml.m5.large,InitialInstanceCount=1',
   '--data-capture-config', 'InitialSamplingPercentage=100,DestinationS3Uri=s3://jobs/capture,CaptureOptions=[{CaptureMode=Input}]')
sm('create-endpoint', '--endpoint-name', 'e', '--endpoint-config-name', 'e')
sm('wait', 'endpoint-in-service', '--endpoint-name', 'e')
sm('create-data-quality-job-definition', '--job-definition-name', 'd', '--data-quality-app-specification', 'ImageUri=job:1', '--role-arn', ROLE,
   '--data-quality-job-input', 'EndpointInput={EndpointName=e,LocalPath=/opt/ml/processing/input}', '--job-resources', CLUSTER,
   '--data-quality-job-output-config', {'MonitoringOutputs': [{'S3Output': {'S3Uri': 's3://jobs/reports', 'LocalPath': '/opt/ml/processing/output'}}]})
start_hour()
sm('create-monitoring-schedule', '--monitoring-schedule-name', 's', '--monitoring-schedule-config',
   {'MonitoringJobDefinitionName': 'd', 'MonitoringType': 'DataQuality', 'ScheduleConfig': {'ScheduleExpression': 'cron(0 * ? * * *)'}})
until(lambda: sm('describe-monitoring-schedule', '--monitoring-schedule-name', 's', '--query', 'MonitoringScheduleStatus') == 'Scheduled')
advance(3600)
runs = lambda: sm('list-monitoring-executions', '--monitoring-schedule-name', 's', '--query', 'MonitoringExecutionSummaries[].[MonitoringExecutionStatus, FailureReason]')
until(lambda: [r[0] for r in runs()] == ['Failed'])
out['runs'] = runs()
sm('stop-monitoring-schedule', '--monitoring-schedule-name', 's')
sm('delete-monitoring-schedule', '--monitoring-schedule-name', 's')
sm('delete-data-quality-job-definition', '--job-definition-name', 'd')
out['left'] = [sm('list-monitoring-schedules')['MonitoringScheduleSummaries'], sm('list-data-quality-job-definitions')['JobDefinitionSummaries']]
out['checked'] = [len(answers.calls), answers.checked]
out['violations'] = sorted(set(answers.violations))
print(json.dumps(out))
