import type { PutScalingPolicyCommandInput } from '@aws-sdk/client-application-auto-scaling';
import {
  paginateDescribeScalableTargets,
  paginateDescribeScalingPolicies,
} from '@aws-sdk/client-application-auto-scaling';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { steppedCapacity, trackedCapacity } from '../../../sandbox/autoscaling/capacity';
import { loadModel } from '../../../sandbox/wire/model';
import { compilePattern } from '../../../sandbox/wire/patterns';
import type { ScalingSandbox } from '../../support/sandbox/auto-scaling';
import { DIMENSION, startScalingSandbox, targetOf } from '../../support/sandbox/auto-scaling';
import { createEndpoint, errorOf } from '../../support/sandbox/harness';

describe('the API of Application Auto Scaling', () => {
  let box: ScalingSandbox;
  beforeAll(async () => {
    box = await startScalingSandbox();
    await createEndpoint(box.sagemaker, { name: 'e', variants: [{ name: 'v' }, { name: 'w' }] });
    await box.scaling.registerScalableTarget({ ...targetOf('e'), MinCapacity: 1, MaxCapacity: 2 });
  });
  afterAll(() => box.stop());

  test.each([
    [
      'an unknown endpoint',
      targetOf('nowhere'),
      { MinCapacity: 1, MaxCapacity: 2 },
      'does not exist: endpoint/nowhere/variant/v',
    ],
    [
      'an unknown variant',
      targetOf('e', 'x'),
      { MinCapacity: 1, MaxCapacity: 2 },
      'does not exist: endpoint/e/variant/x',
    ],
    ['no limits', targetOf('e', 'w'), {}, 'MinCapacity and MaxCapacity must both be specified'],
    ['limits that cross', targetOf('e', 'w'), { MinCapacity: 3, MaxCapacity: 2 }, 'cannot be less than minimum'],
    ['no instance at all', targetOf('e', 'w'), { MinCapacity: 0, MaxCapacity: 2 }, 'greater than 0'],
    [
      'another shape of resource',
      { ...targetOf('e'), ResourceId: 'variant/v' },
      { MinCapacity: 1, MaxCapacity: 2 },
      'Unsupported service namespace, resource type or scalable dimension',
    ],
    [
      'a dimension that does not exist',
      { ...targetOf('e'), ScalableDimension: 'sagemaker:variant:Size' as typeof DIMENSION },
      { MinCapacity: 1, MaxCapacity: 2 },
      "Value 'sagemaker:variant:Size' at 'scalableDimension' failed to satisfy constraint: Member must satisfy enum value set",
    ],
  ])('%s is not registered', async (_, target, limits, message) => {
    const error = await errorOf(box.scaling.registerScalableTarget({ ...target, ...limits }));
    expect(error.name).toBe('ValidationException');
    expect(error.message).toContain(message);
    const { ScalableTargets } = await box.scaling.describeScalableTargets({ ServiceNamespace: 'sagemaker' });
    expect(ScalableTargets).toHaveLength(1);
  });

  test('a target is described as it was registered, and again changed in part', async () => {
    const first = await box.scaling.registerScalableTarget({
      ...targetOf('e', 'w'),
      MinCapacity: 1,
      MaxCapacity: 4,
      Tags: { team: 'reviews' },
    });
    const again = await box.scaling.registerScalableTarget({ ...targetOf('e', 'w'), MaxCapacity: 3 });
    expect(again.ScalableTargetARN).toBe(first.ScalableTargetARN);
    const { ScalableTargets } = await box.scaling.describeScalableTargets({
      ServiceNamespace: 'sagemaker',
      ResourceIds: [targetOf('e', 'w').ResourceId],
      ScalableDimension: DIMENSION,
    });
    expect(ScalableTargets).toEqual([
      {
        ...targetOf('e', 'w'),
        MinCapacity: 1,
        MaxCapacity: 3,
        RoleARN: expect.stringContaining('AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint'),
        CreationTime: expect.any(Date),
        ScalableTargetARN: expect.stringMatching(
          /^arn:aws:application-autoscaling:us-east-1:123456789012:scalable-target\/0s/
        ),
        SuspendedState: {
          DynamicScalingInSuspended: false,
          DynamicScalingOutSuspended: false,
          ScheduledScalingSuspended: false,
        },
      },
    ]);
    expect((await box.scaling.listTagsForResource({ ResourceARN: first.ScalableTargetARN })).Tags).toEqual({
      team: 'reviews',
    });
  });

  test('what is not registered is not found, by the code and the text that tools look for', async () => {
    const target = targetOf('e', 'x');
    const calls = [
      [box.scaling.deregisterScalableTarget(target), 'No scalable target found for'],
      [box.scaling.deleteScalingPolicy({ ...target, PolicyName: 'p' }), 'No scaling policy found for'],
      [box.scaling.putScalingPolicy(tracking({ target })), 'No scalable target registered for'],
    ] as const;
    for (const [call, beginning] of calls) {
      const error = await errorOf(call);
      expect(error.name).toBe('ObjectNotFoundException');
      expect(error.message).toBe(
        `${beginning} service namespace: sagemaker, resource ID: endpoint/e/variant/x, scalable dimension: ${DIMENSION}`
      );
    }
  });

  const predefined = { PredefinedMetricType: 'SageMakerVariantInvocationsPerInstance' } as const;
  function tracking(
    policy: {
      readonly target?: ReturnType<typeof targetOf>;
      readonly configuration?: Partial<PutScalingPolicyCommandInput['TargetTrackingScalingPolicyConfiguration']>;
    } = {}
  ): PutScalingPolicyCommandInput {
    return {
      ...(policy.target ?? targetOf('e')),
      PolicyName: 'p',
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 10,
        PredefinedMetricSpecification: predefined,
        ...policy.configuration,
      },
    };
  }
  const steps = (StepScalingPolicyConfiguration: object): PutScalingPolicyCommandInput => ({
    ...targetOf('e'),
    PolicyName: 's',
    PolicyType: 'StepScaling',
    StepScalingPolicyConfiguration,
  });
  const change = { AdjustmentType: 'ChangeInCapacity' };
  const highResolution = { PredefinedMetricType: 'SageMakerVariantConcurrentRequestsPerModelHighResolution' } as const;

  test.each<[string, PutScalingPolicyCommandInput, string]>([
    ['a target of nothing', tracking({ configuration: { TargetValue: 0 } }), 'TargetValue must be greater than 0'],
    [
      'two metrics',
      tracking({
        configuration: { CustomizedMetricSpecification: { MetricName: 'm', Namespace: 'n', Statistic: 'Sum' } },
      }),
      'Exactly one of',
    ],
    [
      'half a metric',
      tracking({
        configuration: { PredefinedMetricSpecification: undefined, CustomizedMetricSpecification: { MetricName: 'm' } },
      }),
      'needs MetricName, Namespace and Statistic',
    ],
    [
      'a metric of another service',
      tracking({
        configuration: { PredefinedMetricSpecification: { PredefinedMetricType: 'ECSServiceAverageCPUUtilization' } },
      }),
      'is not supported for service namespace: sagemaker',
    ],
    [
      'a metric that this sandbox does not measure',
      tracking({ configuration: { PredefinedMetricSpecification: highResolution } }),
      'is not implemented by this sandbox',
    ],
    [
      'steps without a kind',
      steps({ StepAdjustments: [{ ScalingAdjustment: 1 }] }),
      'AdjustmentType must be specified',
    ],
    ['no steps', steps(change), 'At least one StepAdjustment'],
    [
      'steps that overlap',
      steps({
        ...change,
        StepAdjustments: [
          { MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 20, ScalingAdjustment: 1 },
          { MetricIntervalLowerBound: 10, ScalingAdjustment: 2 },
        ],
      }),
      'must not overlap',
    ],
    [
      'steps with a gap',
      steps({
        ...change,
        StepAdjustments: [
          { MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 5, ScalingAdjustment: 1 },
          { MetricIntervalLowerBound: 10, ScalingAdjustment: 2 },
        ],
      }),
      'must not have gaps',
    ],
    [
      'a policy that predicts',
      { ...targetOf('e'), PolicyName: 'p', PolicyType: 'PredictiveScaling' },
      'PredictiveScaling is not implemented by this sandbox',
    ],
    ['a name with a tab', { ...tracking(), PolicyName: 'a\tb' }, 'regular expression pattern: \\p{Print}+'],
  ])('a policy with %s is refused and leaves neither policy nor alarm', async (_, policy, message) => {
    const error = await errorOf(box.scaling.putScalingPolicy(policy));
    expect(error.name).toBe('ValidationException');
    expect(error.message).toContain(message);
    expect((await box.scaling.describeScalingPolicies(targetOf('e'))).ScalingPolicies).toEqual([]);
    expect((await box.cloudWatch.describeAlarms({})).MetricAlarms).toEqual([]);
  });

  test('lists come in pages that neither skip nor repeat', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `page-${String(index).padStart(2, '0')}`);
    for (const PolicyName of names) {
      const StepAdjustments = [{ MetricIntervalLowerBound: 0, ScalingAdjustment: 1 }];
      await box.scaling.putScalingPolicy({
        ...steps({ ...change, StepAdjustments }),
        PolicyName,
      });
    }
    const listed: string[] = [];
    for await (const page of paginateDescribeScalingPolicies({ client: box.scaling, pageSize: 5 }, targetOf('e')))
      listed.push(...(page.ScalingPolicies ?? []).map(({ PolicyName = '' }) => PolicyName));
    expect(listed).toEqual(names);
    let targets = 0;
    const client = box.scaling;
    for await (const page of paginateDescribeScalableTargets(
      { client, pageSize: 1 },
      { ServiceNamespace: 'sagemaker' }
    )) {
      expect(page.ScalableTargets?.length).toBeLessThanOrEqual(1);
      targets += page.ScalableTargets?.length ?? 0;
    }
    expect(targets).toBe(2);
    const foreign = await errorOf(
      client.describeScalingPolicies({ ServiceNamespace: 'sagemaker', NextToken: 'foreign' })
    );
    expect(foreign.name).toBe('InvalidNextTokenException');
    const tooMany = await errorOf(client.describeScalableTargets({ ServiceNamespace: 'sagemaker', MaxResults: 51 }));
    expect(tooMany.message).toContain('between 1 and 50');
    expect((await client.describeScalableTargets({ ServiceNamespace: 'ecs' })).ScalableTargets).toEqual([]);
    for (const PolicyName of names) await client.deleteScalingPolicy({ ...targetOf('e'), PolicyName });
  });

  test('tags are added, replaced and removed; a foreign ARN is not found', async () => {
    const { ScalableTargets } = await box.scaling.describeScalableTargets({ ServiceNamespace: 'sagemaker' });
    const ResourceARN = ScalableTargets?.[0]?.ScalableTargetARN ?? '';
    await box.scaling.tagResource({ ResourceARN, Tags: { a: '1', b: '2' } });
    await box.scaling.tagResource({ ResourceARN, Tags: { b: '3' } });
    await box.scaling.untagResource({ ResourceARN, TagKeys: ['a'] });
    expect((await box.scaling.listTagsForResource({ ResourceARN })).Tags).toEqual({ b: '3' });
    const foreign = ResourceARN.replace(/[^/]+$/, 'other');
    expect((await errorOf(box.scaling.listTagsForResource({ ResourceARN: foreign }))).name).toBe(
      'ResourceNotFoundException'
    );
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, '']));
    expect((await errorOf(box.scaling.tagResource({ ResourceARN, Tags: many }))).name).toBe('TooManyTagsException');
  });

  test('deregistering takes policies and actions along', async () => {
    const target = targetOf('e', 'w');
    await box.scaling.putScalingPolicy(tracking({ target }));
    await box.scaling.putScheduledAction({
      ...target,
      ScheduledActionName: 'a',
      Schedule: 'rate(1 day)',
      ScalableTargetAction: { MinCapacity: 1 },
    });
    await box.scaling.deregisterScalableTarget(target);
    expect((await box.scaling.describeScalingPolicies(target)).ScalingPolicies).toEqual([]);
    expect((await box.scaling.describeScheduledActions(target)).ScheduledActions).toEqual([]);
    expect((await box.cloudWatch.describeAlarms({})).MetricAlarms).toEqual([]);
  });

  test('an operation that is not implemented is refused by name', async () => {
    const error = await errorOf(
      box.scaling.getPredictiveScalingForecast({
        ...targetOf('e'),
        PolicyName: 'p',
        StartTime: new Date(0),
        EndTime: new Date(1),
      })
    );
    expect(error.message).toBe('GetPredictiveScalingForecast is not implemented by this sandbox.');
  });
});

describe('the arithmetic of scaling', () => {
  test('target tracking rounds up, so that no instance is above its target', () => {
    expect(trackedCapacity({ capacity: 2, metric: 101, target: 100 })).toBe(3);
    expect(trackedCapacity({ capacity: 3, metric: 100, target: 100 })).toBe(3);
    expect(trackedCapacity({ capacity: 10, metric: 0.3, target: 0.1 })).toBe(30);
    expect(trackedCapacity({ capacity: 4, metric: 0, target: 100 })).toBe(0);
  });

  const percent = (ScalingAdjustment: number, rest: object = {}) => ({
    AdjustmentType: 'PercentChangeInCapacity' as const,
    StepAdjustments: [{ ScalingAdjustment }],
    ...rest,
  });
  const now = { metric: 5, threshold: 0 };

  test('percentages round towards zero, but a change of less than one instance is one', () => {
    expect(steppedCapacity(percent(25), { ...now, capacity: 10 })).toBe(12);
    expect(steppedCapacity(percent(5), { ...now, capacity: 10 })).toBe(11);
    expect(steppedCapacity(percent(-5), { ...now, capacity: 10 })).toBe(9);
    expect(steppedCapacity(percent(-67), { ...now, capacity: 10 })).toBe(4);
    expect(steppedCapacity(percent(25, { MinAdjustmentMagnitude: 2 }), { ...now, capacity: 4 })).toBe(6);
  });

  test('a bound belongs to the step above the threshold that begins there, and below it to the one that ends there', () => {
    const step = {
      AdjustmentType: 'ExactCapacity' as const,
      StepAdjustments: [
        { MetricIntervalUpperBound: -10, ScalingAdjustment: 1 },
        { MetricIntervalLowerBound: -10, MetricIntervalUpperBound: 0, ScalingAdjustment: 2 },
        { MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 10, ScalingAdjustment: 3 },
        { MetricIntervalLowerBound: 10, ScalingAdjustment: 4 },
      ],
    };
    const at = (metric: number) => steppedCapacity(step, { capacity: 9, metric, threshold: 50 });
    expect([39, 40, 41, 49, 50, 59, 60].map(at)).toEqual([1, 1, 2, 2, 3, 3, 4]);
    const above = { ...step, StepAdjustments: [{ MetricIntervalLowerBound: 5, ScalingAdjustment: 4 }] };
    expect(steppedCapacity(above, { capacity: 1, metric: 52, threshold: 50 })).toBeUndefined();
  });
});

describe('the model of Application Auto Scaling', () => {
  test('holds no pattern that JavaScript cannot express', () => {
    for (const [name, shape] of Object.entries(loadModel('application-autoscaling').shapes))
      if (shape.pattern !== undefined)
        expect({ name, regex: compilePattern(shape.pattern) }).toEqual({ name, regex: expect.any(RegExp) });
    expect(compilePattern('\\p{Print}+')?.test('any name')).toBe(true);
    expect(compilePattern('\\p{Print}+')?.test('tab\t')).toBe(false);
  });
});
