import type { Answer, Exchange, Service } from '../http/service';
import { deleteAlarms, disableAlarmActions, enableAlarmActions, setAlarmState } from './alarms/change';
import { describeAlarmHistory, describeAlarms, describeAlarmsForMetric } from './alarms/describe';
import { putCompositeAlarm, putMetricAlarm } from './alarms/put';
import { listTagsForResource, tagResource, untagResource } from './alarms/tags';
import type { CloudWatchContext } from './context';
import { getMetricData } from './data/get-metric-data';
import { getMetricStatistics } from './data/get-metric-statistics';
import { listMetrics } from './data/list-metrics';
import { putMetricData } from './data/put-metric-data';
import { CloudWatchError } from './errors';
import { checkTypes } from './wire/check';
import { findOperation } from './wire/model';
import { protocolOf, type Protocol } from './wire/protocol';

/** CloudWatch takes bodies up to 1 MB; unpacked ones may be larger. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** The operations this server implements. The rest of the model is refused by name. */
const OPERATIONS = {
  DeleteAlarms: deleteAlarms,
  DescribeAlarmHistory: describeAlarmHistory,
  DescribeAlarms: describeAlarms,
  DescribeAlarmsForMetric: describeAlarmsForMetric,
  DisableAlarmActions: disableAlarmActions,
  EnableAlarmActions: enableAlarmActions,
  GetMetricData: getMetricData,
  GetMetricStatistics: getMetricStatistics,
  ListMetrics: listMetrics,
  ListTagsForResource: listTagsForResource,
  PutCompositeAlarm: putCompositeAlarm,
  PutMetricAlarm: putMetricAlarm,
  PutMetricData: putMetricData,
  SetAlarmState: setAlarmState,
  TagResource: tagResource,
  UntagResource: untagResource,
};

type Operation = (input: never, context: CloudWatchContext) => object;
const byName = new Map<string, Operation>(Object.entries(OPERATIONS));

/** Names of the implemented operations, in alphabetical order. */
export const IMPLEMENTED: readonly string[] = [...byName.keys()];

/** CloudWatch as a service of the shared port, in the three protocols that AWS's clients speak. */
export function createCloudWatchService(context: Omit<CloudWatchContext, 'region'>): Service {
  return {
    name: 'monitoring',
    handle: async (exchange) => {
      let protocol = protocolOf(exchange, Buffer.alloc(0));
      try {
        const body = await exchange.body(MAX_BODY_BYTES);
        protocol = protocolOf(exchange, body);
        return withId(await run(protocol, body, { ...context, region: exchange.region }), exchange);
      } catch (cause) {
        return withId(protocol.refuse(asRefusal(cause)), exchange);
      }
    },
  };
}

async function run(protocol: Protocol, body: Buffer, context: CloudWatchContext): Promise<Answer> {
  const operation = findOperation(protocol.operation);
  if (!operation)
    throw new CloudWatchError('InvalidAction', `The action ${protocol.operation} is not valid for this endpoint.`);
  const implementation = byName.get(operation.name);
  if (!implementation) {
    throw new CloudWatchError(
      'UnknownOperationException',
      `The sandbox does not implement CloudWatch's ${operation.name}.`
    );
  }
  const input = operation.input.isUnitSchema() ? {} : await protocol.decode(operation.input, body);
  if (!operation.input.isUnitSchema()) checkTypes(operation.input, input);
  // The input was decoded and checked by the schema of this very name, so its type is the operation's own.
  return protocol.encode(operation, implementation(input as never, context));
}

function asRefusal(cause: unknown): CloudWatchError {
  if (cause instanceof CloudWatchError) return cause;
  if (cause instanceof Error && cause.name === 'BodyTooLarge')
    return new CloudWatchError('RequestEntityTooLarge', 'The request body is too large.');
  if (cause instanceof Error && cause.name === 'BodyUnreadable') {
    return new CloudWatchError('SerializationException', 'The request body could not be read.');
  }
  throw cause;
}

function withId(answered: Answer, { requestId }: Exchange): Answer {
  return { ...answered, headers: { ...answered.headers, 'x-amzn-requestid': requestId } };
}
