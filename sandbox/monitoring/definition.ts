import type { Definition, DefinitionRecord, InlineDefinition } from './records';

/** What a definition of any kind says: the members are called after its kind, `<Kind>JobInput` and so on. */
export function definitionOf({ type, input }: DefinitionRecord): Definition {
  // The model has checked the input; its members are those of the kind, of which all have the same shapes.
  const member = <T>(suffix: string): T => input[`${type}${suffix}`] as T;
  const rest = input as unknown as Pick<InlineDefinition, 'RoleArn' | 'StoppingCondition' | 'NetworkConfig'> & {
    readonly JobResources: InlineDefinition['MonitoringResources'];
  };
  const job = member<{
    readonly EndpointInput?: Definition['endpoint'];
    readonly BatchTransformInput?: Definition['batch'];
    readonly GroundTruthS3Input?: { readonly S3Uri?: string };
  }>('JobInput');
  const baseline = member<InlineDefinition['BaselineConfig']>('BaselineConfig');
  const outputs = member<InlineDefinition['MonitoringOutputConfig']>('JobOutputConfig');
  return {
    app: member<Definition['app']>('AppSpecification'),
    endpoint: job.EndpointInput,
    batch: job.BatchTransformInput,
    groundTruthUri: job.GroundTruthS3Input?.S3Uri,
    baseline: baselineOf(baseline),
    output: outputOf(outputs),
    cluster: rest.JobResources.ClusterConfig,
    network: rest.NetworkConfig,
    roleArn: rest.RoleArn,
    maxRuntimeSeconds: rest.StoppingCondition?.MaxRuntimeInSeconds,
  };
}

/** The same of the definition that stands in a schedule itself. */
export function inlineDefinitionOf(inline: InlineDefinition): Definition {
  const [input] = inline.MonitoringInputs;
  return {
    app: { ...inline.MonitoringAppSpecification, Environment: inline.Environment },
    endpoint: input?.EndpointInput,
    batch: input?.BatchTransformInput,
    baseline: baselineOf(inline.BaselineConfig),
    output: outputOf(inline.MonitoringOutputConfig),
    cluster: inline.MonitoringResources.ClusterConfig,
    network: inline.NetworkConfig,
    roleArn: inline.RoleArn,
    maxRuntimeSeconds: inline.StoppingCondition?.MaxRuntimeInSeconds,
  };
}

function baselineOf(baseline: InlineDefinition['BaselineConfig']): Definition['baseline'] {
  return {
    constraintsUri: baseline?.ConstraintsResource?.S3Uri,
    statisticsUri: baseline?.StatisticsResource?.S3Uri,
    jobName: baseline?.BaseliningJobName,
  };
}

function outputOf({ MonitoringOutputs: outputs }: InlineDefinition['MonitoringOutputConfig']): Definition['output'] {
  const [first] = outputs;
  if (!first?.S3Output) throw new Error('a definition without an output passed its checks');
  return first.S3Output;
}
