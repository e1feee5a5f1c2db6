import { ApplicationFailure, proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { MonitoringActivities, MonitorOutcome, MonitorTask } from '../activities/monitoring/types';
import { baselineOptions, datasetAsData, jobsOf, TRAINED_BASELINE } from '../rollout';
import type { Baselines } from '../rollout';
import { BEATS } from './beats';
import { FINAL_TYPES } from './final-types';
import { forOwner } from './tell-owner';
import type { BaselineDataset, MonitorSpec, RolloutSpec } from '../spec/types';

/** Reading a training set takes as long as it is large. */
const core = proxyActivities<MonitoringActivities>({
  startToCloseTimeout: '12 hours',
  heartbeatTimeout: BEATS.waiting,
  retry: {
    initialInterval: '2 seconds',
    backoffCoefficient: 2,
    maximumInterval: '1 minute',
    maximumAttempts: 8,
    nonRetryableErrorTypes: FINAL_TYPES,
  },
});

export interface BaselineInput {
  readonly spec: RolloutSpec;
  readonly number: number;
}

/**
 * What the monitors of a candidate will compare with: statistics and constraints of its training data, one baseline for each kind of monitor that
 * the file has. They lie in S3 under the candidate's name, and the incumbent pointer will carry their addresses.
 */
export async function baseline(input: BaselineInput): Promise<Baselines> {
  return forOwner(
    input.spec.endpoint,
    () => makeBaselines(input),
    (baselines) => ({ kind: 'baselines', baselines })
  );
}

async function makeBaselines(input: BaselineInput): Promise<Baselines> {
  const { spec } = input;
  const { data } = spec.baseline;
  if (data === undefined) return {};
  const made: Record<string, string> = {};
  const lines = [`## Baselines of ${spec.candidates[0].name}, made of ${data.dataset}`, ''];
  for (const monitor of wanted(spec, data)) {
    const task = taskOf(input, data, monitor);
    const outcome = await make({ spec, task, monitor }, `${monitor.kind} of ${data.dataset}`);
    if (outcome.verdict === 'error')
      throw ApplicationFailure.nonRetryable(`No ${monitor.kind} baseline: ${outcome.reason}`, 'NoEvidence');
    made[monitor.kind] = task.output;
    lines.push(`- ${monitor.kind}: ${outcome.rows.used} rows, ${task.output}`);
    setCurrentDetails(lines.join('\n'));
  }
  return made;
}

type Wanted = Pick<MonitorSpec, 'kind' | 'options'> & { readonly by?: MonitorSpec };

/** By the engine of the monitor that will compare with it: what outgrows a worker outgrows it here, too. */
function make(
  of: { readonly spec: RolloutSpec; readonly task: MonitorTask; readonly monitor: Wanted },
  summary: string
): Promise<MonitorOutcome> {
  const { spec, task, monitor } = of;
  if (monitor.by === undefined)
    return core.runMonitor.executeWithOptions({ summary, heartbeatTimeout: BEATS.working }, [task]);
  const asked = { ...task, jobs: jobsOf(monitor.by, spec) };
  switch (monitor.by.engine) {
    case 'worker':
      return core.runMonitor.executeWithOptions({ summary, heartbeatTimeout: BEATS.working }, [task]);
    case 'processing':
      return core.runProcessing.executeWithOptions({ summary: `${summary}, by Processing` }, [asked]);
    case 'modelMonitor':
      return core.runModelMonitor.executeWithOptions({ summary: `${summary}, by Model Monitor` }, [asked]);
  }
}

/** Data quality always; the model's quality where the data have its answers; else what the file's monitors ask for. */
function wanted({ monitors = [] }: RolloutSpec, { label, prediction }: BaselineDataset): readonly Wanted[] {
  const usual: Wanted[] = [{ kind: 'dataQuality', options: {} }];
  if (label !== undefined && prediction !== undefined) usual.push({ kind: 'modelQuality', options: {} });
  const asked = monitors.filter(({ kind, baseline: own }) => own === undefined && TRAINED_BASELINE.includes(kind));
  return [...usual, ...asked.map((by) => ({ kind: by.kind, options: by.options, by }))].reduce<readonly Wanted[]>(
    // The file's own options win over the usual ones.
    (all, one) => [...all.filter(({ kind }) => kind !== one.kind), one],
    []
  );
}

function taskOf({ spec, number }: BaselineInput, { dataset, to }: BaselineDataset, monitor: Wanted): MonitorTask {
  return {
    monitor: monitor.kind,
    options: baselineOptions(monitor, spec),
    data: datasetAsData(dataset),
    reading: { hasHeader: true },
    window: null,
    baseline: null,
    output: `${to}/${spec.endpoint}/baselines/${spec.candidates[0].name}-r${number}/${monitor.kind}`,
  };
}
