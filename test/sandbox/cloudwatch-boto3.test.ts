import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createSts } from '../../sandbox/sts';
import { findBoto3, runPython } from '../support/boto3';
import { startCloudWatch, type CloudWatchFixture } from '../support/cloudwatch';
import { hostService, type ServiceHost } from '../support/service-host';

const python = findBoto3();

const SCRIPT = `
import boto3, botocore.loaders, datetime, json, os
from botocore.exceptions import ClientError
load = botocore.loaders.Loader.load_service_model
def load_with_protocol(self, service, *args, **kwargs):
    model = load(self, service, *args, **kwargs)
    if service == 'cloudwatch' and 'metadata' in model:
        model['metadata']['protocols'] = [os.environ['PROTOCOL']]
    return model
botocore.loaders.Loader.load_service_model = load_with_protocol
cw = boto3.client('cloudwatch', endpoint_url=os.environ['CLOUDWATCH'])
noon = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.timezone.utc)
dims = [{'Name': 'VariantName', 'Value': 'v'}]
cw.put_metric_data(Namespace='N', MetricData=[
    {'MetricName': 'm', 'Dimensions': dims, 'Values': [1.0, 2.5], 'Counts': [3.0, 1.0], 'Unit': 'Count', 'Timestamp': noon},
    {'MetricName': 'm', 'Dimensions': dims, 'StatisticValues': {'SampleCount': 2, 'Sum': 4, 'Minimum': 2, 'Maximum': 2},
     'Unit': 'Count', 'Timestamp': noon + datetime.timedelta(minutes=1)},
] + [{'MetricName': 'filler-%d' % n, 'Value': n} for n in range(900)])
out = {'protocol': cw.meta.service_model.resolved_protocol}
span = {'StartTime': noon, 'EndTime': noon + datetime.timedelta(minutes=5)}
stats = cw.get_metric_statistics(Namespace='N', MetricName='m', Dimensions=dims, Period=60,
    Statistics=['Sum', 'Average'], ExtendedStatistics=['p50'], **span)
out['stats'] = sorted([p['Timestamp'].isoformat(), p['Sum'], p['Average'], p['ExtendedStatistics']['p50']] for p in stats['Datapoints'])
pages = cw.get_paginator('get_metric_data').paginate(MetricDataQueries=[
    {'Id': 'm', 'ReturnData': False, 'MetricStat': {'Metric': {'Namespace': 'N', 'MetricName': 'm', 'Dimensions': dims}, 'Period': 60, 'Stat': 'Sum'}},
    {'Id': 'e', 'Expression': 'm * 2'}], ScanBy='TimestampAscending', **span)
out['data'] = [v for p in pages for r in p['MetricDataResults'] for v in r['Values']]
out['metrics'] = sum(len(p['Metrics']) for p in cw.get_paginator('list_metrics').paginate(Namespace='N'))
cw.put_metric_alarm(AlarmName='a', Namespace='N', MetricName='m', Dimensions=dims, Statistic='Sum', Period=60,
    EvaluationPeriods=1, Threshold=5.0, ComparisonOperator='GreaterThanThreshold')
cw.put_composite_alarm(AlarmName='c', AlarmRule='ALARM(a)')
cw.set_alarm_state(AlarmName='a', StateValue='ALARM', StateReason='drill')
cw.get_waiter('alarm_exists').wait(AlarmNames=['a'])
alarm = cw.describe_alarms(AlarmNames=['a'])['MetricAlarms'][0]
out['alarm'] = [alarm['StateValue'], alarm['StateReason'], alarm['Threshold'], alarm['AlarmArn']]
out['history'] = [i['HistorySummary'] for i in cw.describe_alarm_history(AlarmName='a')['AlarmHistoryItems']]
def code(call, **args):
    try:
        call(**args)
    except ClientError as e:
        return [e.response['Error']['Code'], e.response['Error']['Message']]
out['errors'] = [
    code(cw.set_alarm_state, AlarmName='none', StateValue='OK', StateReason='r'),
    code(cw.put_metric_data, Namespace='N', MetricData=[{'MetricName': 'm', 'Value': float('nan')}]),
    code(cw.put_dashboard, DashboardName='d', DashboardBody='{}'),
]
sts = boto3.client('sts', endpoint_url=os.environ['STS'])
who = sts.get_caller_identity()
out['who'] = [who['Account'], who['Arn']]
out['sts'] = code(sts.get_session_token)
print(json.dumps(out))
`;

(python === undefined ? describe.skip : describe)('boto3', () => {
  let cloudWatch: CloudWatchFixture;
  let sts: ServiceHost;

  beforeEach(async () => {
    cloudWatch = await startCloudWatch();
    sts = await hostService(createSts({ accountId: '111122223333' }));
  });

  afterEach(async () => {
    expect(cloudWatch.host.failures).toEqual([]);
    await cloudWatch.close();
    await sts.close();
  });

  const protocols = ['smithy-rpc-v2-cbor', 'json', 'query'];

  test.each(protocols)('puts, reads, pages, alarms and meets the same errors, over %s', async (protocol) => {
    const env = { CLOUDWATCH: cloudWatch.host.url, STS: sts.url, PROTOCOL: protocol };
    expect(await runPython(python ?? '', SCRIPT, env)).toEqual({
      protocol,
      stats: [
        ['2026-03-01T12:00:00+00:00', 5.5, 1.375, 1],
        ['2026-03-01T12:01:00+00:00', 4, 2, 2],
      ],
      data: [11, 8],
      metrics: 901,
      alarm: ['ALARM', 'drill', 5, 'arn:aws:cloudwatch:us-east-1:123456789012:alarm:a'],
      history: ['Alarm updated from INSUFFICIENT_DATA to ALARM', 'Alarm "a" created'],
      errors: [
        ['ResourceNotFound', 'The alarm none does not exist.'],
        ['InvalidParameterValue', 'The value NaN for parameter MetricData.member.1.Value is invalid.'],
        ['UnknownOperationException', "The sandbox does not implement CloudWatch's PutDashboard."],
      ],
      who: ['111122223333', 'arn:aws:iam::111122223333:user/sandbox'],
      sts: ['InvalidAction', "The sandbox does not implement STS's GetSessionToken."],
    });
  });
});
