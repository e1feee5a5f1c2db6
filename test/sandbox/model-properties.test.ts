import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { loadModel } from '../../sandbox/wire/model';
import type { TestSandbox } from '../support/sandbox/harness';
import { createEndpoint, SIGNATURE, startTestSandbox } from '../support/sandbox/harness';
import { breakages, breakInput, validInput } from '../support/sandbox/inputs';

const SAID: Readonly<Record<string, readonly [code: string, sentence: RegExp]>> = {
  'wrong type': ['SerializationException', /can not be converted|not expected|Unexpected token/],
  missing: ['ValidationException', /Member must not be null/],
  'too long': ['ValidationException', /length less than or equal to/],
  'too many': ['ValidationException', /length less than or equal to/],
  'out of range': ['ValidationException', /value (less|greater) than or equal to/],
  'not in the enum': ['ValidationException', /enum value set/],
  'bad pattern': ['ValidationException', /regular expression pattern|length greater than/],
};

const SERVICES = [
  { model: loadModel('sagemaker'), scope: 'sagemaker', real: {}, rare: [] },
  {
    model: loadModel('application-autoscaling'),
    scope: 'application-autoscaling',
    // Of the many targets that its model allows, the one that is there.
    real: {
      ServiceNamespace: 'sagemaker',
      ScalableDimension: 'sagemaker:variant:DesiredInstanceCount',
      ResourceId: 'endpoint/victim/variant/v',
    },
    // Its model sets hardly a limit on numbers and lists.
    rare: ['out of range', 'too many'],
  },
] as const;

const ALL = { MaxResults: 100 };
const SCALING = { ServiceNamespace: 'sagemaker' };

/** Lists of all that the operations make. */
const LISTS: Readonly<Record<string, object>> = {
  'SageMaker.ListModels': ALL,
  'SageMaker.ListEndpointConfigs': ALL,
  'SageMaker.ListEndpoints': ALL,
  'SageMaker.ListModelPackageGroups': ALL,
  'SageMaker.ListModelPackages': { ...ALL, ModelPackageType: 'Both' },
  'SageMaker.ListInferenceExperiments': ALL,
  'SageMaker.ListTransformJobs': ALL,
  'SageMaker.ListProcessingJobs': ALL,
  'SageMaker.ListDataQualityJobDefinitions': ALL,
  'SageMaker.ListModelQualityJobDefinitions': ALL,
  'SageMaker.ListModelBiasJobDefinitions': ALL,
  'SageMaker.ListModelExplainabilityJobDefinitions': ALL,
  'SageMaker.ListMonitoringSchedules': ALL,
  'SageMaker.ListTags': { ResourceArn: 'arn:aws:sagemaker:us-east-1:123456789012:endpoint/victim' },
  'AnyScaleFrontendService.DescribeScalableTargets': SCALING,
  'AnyScaleFrontendService.DescribeScalingPolicies': SCALING,
  'AnyScaleFrontendService.DescribeScheduledActions': SCALING,
};

describe.each(SERVICES)('every operation of $scope, from the model', ({ model, scope, real, rare }) => {
  let box: TestSandbox;
  let operations: readonly string[];
  const broken = new Map<string, number>();

  beforeAll(async () => {
    box = await startTestSandbox();
    await createEndpoint(box.sagemaker, { name: 'victim', variants: [{ name: 'v' }] });
    // Nothing changes by itself: what changes, a call has changed.
    box.sandbox.clock.setSpeed(1e-6);
    const answers = await Promise.all(
      Object.keys(model.operations).map(async (name) => [name, (await call(name, {})).code] as const)
    );
    operations = answers.filter(([, code]) => code !== 'UnknownOperationException').map(([name]) => name);
  });
  afterAll(() => box.stop());

  function inputsOf(operation: string): fc.Arbitrary<object> | undefined {
    const shape = model.operations[operation]?.input;
    const inputs = shape === undefined ? undefined : validInput(model, shape);
    return inputs?.map((input) => {
      const given: object = Object(input);
      return { ...given, ...Object.fromEntries(Object.entries(real).filter(([name]) => Object.hasOwn(given, name))) };
    });
  }

  async function call(operation: string, input: unknown) {
    const response = await fetch(box.sandbox.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `${model.targetPrefix}.${operation}`,
        authorization: SIGNATURE.replace('/sagemaker/', `/${scope}/`),
      },
      body: JSON.stringify(input),
    });
    const body = JSON.parse(await response.text());
    return { status: response.status, code: String(body.__type ?? ''), message: String(body.message ?? ''), body };
  }

  /** All there is, by the services' own lists; without the SDK, which would take most of the time. */
  async function everything(): Promise<unknown> {
    const answers = Object.entries(LISTS).map(async ([target, input]) => {
      const service = target.startsWith('SageMaker.') ? 'sagemaker' : 'application-autoscaling';
      const response = await fetch(box.sandbox.url, {
        method: 'POST',
        headers: { 'x-amz-target': target, authorization: SIGNATURE.replace('/sagemaker/', `/${service}/`) },
        body: JSON.stringify(input),
      });
      return [target, await response.json()];
    });
    return Promise.all(answers);
  }

  test('an input with one mistake is refused with that mistake, and changes nothing', async () => {
    const before = await everything();
    for (const operation of operations) {
      const shape = model.operations[operation]?.input;
      const inputs = inputsOf(operation);
      if (shape === undefined || !inputs) continue;
      const cases = inputs.chain((input) => {
        const ways = breakages(model, shape, input);
        return ways.length === 0 ? fc.constant(undefined) : fc.constantFrom(...ways).map((way) => ({ input, way }));
      });
      await fc.assert(
        fc.asyncProperty(cases, async (one) => {
          if (one === undefined) return;
          const { way } = one;
          const answer = await call(operation, breakInput(one.input, way));
          const [code, sentence] = SAID[way.kind] ?? ['', /^$/];
          expect({ operation, ...way, status: answer.status, said: [answer.code, answer.message] }).toEqual({
            operation,
            ...way,
            status: 400,
            said: [code, expect.stringMatching(sentence)],
          });
          const member = way.path.filter((step) => typeof step === 'string').at(-1) ?? '';
          if (way.kind !== 'wrong type')
            expect(answer.message).toContain(member.charAt(0).toLowerCase() + member.slice(1));
          broken.set(way.kind, (broken.get(way.kind) ?? 0) + 1);
        }),
        { numRuns: 40 }
      );
    }
    expect(await everything()).toEqual(before);
    // Each kind of mistake was really made.
    const common = Object.keys(SAID).filter((kind) => !rare.some((one) => one === kind));
    expect(common.filter((kind) => !broken.has(kind))).toEqual([]);
  });

  test('an input that the model allows is served, or refused without leaving a part behind', async () => {
    let served = 0;
    let tried = 0;
    let known = await everything();
    for (const operation of operations) {
      const inputs = inputsOf(operation);
      if (!inputs) continue;
      await fc.assert(
        fc.asyncProperty(inputs, async (input) => {
          const { status, code, message } = await call(operation, input);
          tried += 1;
          const after = await everything();
          if (status === 200) {
            served += 1;
            known = after;
          } else {
            expect({ operation, status, code, message }).toEqual({
              operation,
              status: 400,
              code: expect.stringMatching(/^[A-Z][A-Za-z]+$/),
              message: expect.stringMatching(/./),
            });
            expect(code).not.toBe('SerializationException');
            expect(message).not.toMatch(/validation errors? detected/);
            expect(after).toEqual(known);
          }
        }),
        { numRuns: 10 }
      );
    }
    expect(served).toBeGreaterThan(0);
    expect(tried).toBeGreaterThan(10 * 10);
  });
});
