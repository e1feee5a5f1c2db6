import type { PutCompositeAlarmInput, PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch';
import { CloudWatchError, invalid, required } from '../errors';
import type { CloudWatchContext } from '../context';
import { childrenOf, parseRule } from './rule';
import { toTags } from './tags';
import type { Alarm, StateRecord } from './types';
import { toWatch } from './watch';

const MAX_ACTIONS = 5;
const MAX_RULE_LENGTH = 10_240;

/** Creates or redefines a metric alarm; an update keeps the state. */
export function putMetricAlarm(input: PutMetricAlarmInput, context: CloudWatchContext): object {
  const { Tags, AlarmName, ActionsEnabled, ...definition } = input;
  const common = commonOf('metric', { AlarmName, ActionsEnabled, Tags, actions: input }, context);
  toWatch(definition);
  put({ ...common, kind: 'metric', definition }, context);
  return {};
}

/** Creates or redefines a composite alarm. Its rule may look at existing alarms only. */
export function putCompositeAlarm(input: PutCompositeAlarmInput, context: CloudWatchContext): object {
  const { Tags, AlarmName, ActionsEnabled, ...definition } = input;
  const common = commonOf('composite', { AlarmName, ActionsEnabled, Tags, actions: input }, context);
  const text = required(definition.AlarmRule, 'AlarmRule');
  if (text.length > MAX_RULE_LENGTH)
    throw new CloudWatchError('LimitExceeded', `AlarmRule must not exceed ${MAX_RULE_LENGTH} characters.`);
  const unknown = childrenOf(parseRule(text)).filter((child) => child === common.name || !context.alarms.get(child));
  if (unknown.length > 0) {
    throw new CloudWatchError(
      'ValidationError',
      `Could not save the composite alarm as alarms [${unknown.join(', ')}] in the alarm rule do not exist`
    );
  }
  const unsupported = (['ActionsSuppressor', 'ActionConfiguration'] as const).find(
    (member) => definition[member] !== undefined
  );
  if (unsupported !== undefined) throw invalid(`The parameter ${unsupported} is not implemented by this sandbox.`);
  put({ ...common, kind: 'composite', definition }, context);
  return {};
}

type Actions = Pick<PutMetricAlarmInput, 'OKActions' | 'AlarmActions' | 'InsufficientDataActions'>;

function commonOf(
  kind: Alarm['kind'],
  own: Pick<PutMetricAlarmInput, 'AlarmName' | 'ActionsEnabled' | 'Tags'> & { readonly actions: Actions },
  context: CloudWatchContext
): Omit<Alarm, 'kind' | 'definition'> {
  const name = required(own.AlarmName, 'AlarmName');
  if (name.length > 255)
    throw new CloudWatchError('ValidationError', 'The parameter AlarmName must be shorter than 256 characters.');
  for (const member of ['OKActions', 'AlarmActions', 'InsufficientDataActions'] as const) {
    const arns = own.actions[member] ?? [];
    if (arns.length > MAX_ACTIONS)
      throw invalid(`The collection ${member} must not have a size greater than ${MAX_ACTIONS}.`);
    const wrong = arns.find((arn) => !arn.startsWith('arn:'));
    if (wrong !== undefined) throw new CloudWatchError('ValidationError', `Invalid arn syntax: ${wrong}`);
  }
  const existing = context.alarms.get(name);
  if (existing && existing.kind !== kind) {
    throw new CloudWatchError('ValidationError', `An alarm of the other type is already named ${name}.`);
  }
  const nowMs = context.clock.now();
  return {
    name,
    configuredMs: nowMs,
    actionsEnabled: own.ActionsEnabled ?? true,
    // Tags given to an existing alarm are ignored, as by CloudWatch.
    tags: existing?.tags ?? toTags(own.Tags),
    state: existing?.state ?? initialState(nowMs),
  };
}

function initialState(nowMs: number): StateRecord {
  return {
    value: 'INSUFFICIENT_DATA',
    reason: 'Unchecked: Initial alarm creation',
    changedMs: nowMs,
    updatedMs: nowMs,
  };
}

function put(alarm: Alarm, { alarms }: CloudWatchContext): void {
  const isNew = !alarms.get(alarm.name);
  const data = JSON.stringify({
    version: '1.0',
    type: isNew ? 'Create' : 'Update',
    alarmName: alarm.name,
    ...alarm.definition,
  });
  alarms.put(alarm, { summary: `Alarm "${alarm.name}" ${isNew ? 'created' : 'updated'}`, data });
}
