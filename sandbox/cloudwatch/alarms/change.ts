import type {
  DeleteAlarmsInput,
  DisableAlarmActionsInput,
  EnableAlarmActionsInput,
  SetAlarmStateInput,
} from '@aws-sdk/client-cloudwatch';
import type { CloudWatchContext } from '../context';
import { CloudWatchError, invalid, required } from '../errors';
import { rulesChildren } from './describe';
import { ALARM_STATES } from './types';

/** Sets a state until the next evaluation finds another. */
export function setAlarmState(input: SetAlarmStateInput, { alarms, clock }: CloudWatchContext): object {
  const name = required(input.AlarmName, 'AlarmName');
  const value = ALARM_STATES.find((state) => state === required(input.StateValue, 'StateValue'));
  if (!value) {
    throw new CloudWatchError(
      'ValidationError',
      `1 validation error detected: Value '${input.StateValue}' at 'stateValue' failed to satisfy constraint: Member must satisfy enum value set: [${ALARM_STATES.join(', ')}]`
    );
  }
  const reason = required(input.StateReason, 'StateReason');
  if (reason.length > 1023) throw invalid('The parameter StateReason must be shorter than 1024 characters.');
  if (input.StateReasonData !== undefined && !isJson(input.StateReasonData)) {
    throw new CloudWatchError('InvalidFormat', 'StateReasonData was not syntactically valid JSON');
  }
  const alarm = alarms.get(name);
  if (!alarm) throw new CloudWatchError('ResourceNotFound', `The alarm ${name} does not exist.`);
  const data = input.StateReasonData === undefined ? {} : { reasonData: input.StateReasonData };
  alarms.setState(alarm, { value, reason, ...data }, clock.now());
  return {};
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Deletes alarms; those that do not exist are no mistake. None goes while a composite alarm that stays looks at it. */
export function deleteAlarms(input: DeleteAlarmsInput, { alarms, clock }: CloudWatchContext): object {
  const names = new Set(required(input.AlarmNames, 'AlarmNames'));
  if (names.size > 100) throw invalid('The collection AlarmNames must not have a size greater than 100.');
  for (const parent of alarms.all()) {
    const child = names.has(parent.name)
      ? undefined
      : rulesChildren(parent).find((name) => names.has(name) && alarms.get(name));
    if (child !== undefined) {
      throw new CloudWatchError(
        'ValidationError',
        `Cannot delete ${child} as there are composite alarm(s) depending on it: ${parent.name}`
      );
    }
  }
  for (const name of names) {
    const alarm = alarms.get(name);
    if (alarm) alarms.delete(alarm, clock.now());
  }
  return {};
}

export function enableAlarmActions(input: EnableAlarmActionsInput, context: CloudWatchContext): object {
  return switchActions(input.AlarmNames, true, context);
}

export function disableAlarmActions(input: DisableAlarmActionsInput, context: CloudWatchContext): object {
  return switchActions(input.AlarmNames, false, context);
}

function switchActions(
  names: readonly string[] | undefined,
  actionsEnabled: boolean,
  { alarms, clock }: CloudWatchContext
): object {
  for (const name of required(names, 'AlarmNames')) {
    const alarm = alarms.get(name);
    if (!alarm || alarm.actionsEnabled === actionsEnabled) continue;
    const summary = `Alarm "${name}" updated`;
    const data = JSON.stringify({ version: '1.0', type: 'Update', actionsEnabled });
    alarms.put({ ...alarm, actionsEnabled, configuredMs: clock.now() }, { summary, data });
  }
  return {};
}
