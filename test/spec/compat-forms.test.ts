import { describe, expect, test } from '@jest/globals';
import { FORM_RULES, formOf } from '../../spec/compat-forms';
import type { GuardSpec } from '../../spec/types';
import { BY_FORM, CANARY, candidates, complaintsAbout, ERRORS, FORMS, GOAL, ONE, stage } from './stage-support';

describe('each form of stage, demand by demand', () => {
  test('the forms are told apart', () => {
    expect(FORMS.map((form) => formOf(BY_FORM[form]))).toEqual(FORMS);
    expect(Object.keys(FORM_RULES)).toEqual(FORMS);
  });

  test.each(FORMS)('%s stands in a file of its own kind', (form) => {
    const own = BY_FORM[form];
    const stages = FORM_RULES[form].place === 'last' ? [CANARY, own] : [own, CANARY];
    const routing = { by: 'gateway', to: 's3://a', expiresMs: 1_000 } as const;
    expect(complaintsAbout({ stages, routing })).toEqual([]);
  });

  test.each(FORMS)('%s by weights, where it needs a gateway', (form) => {
    const own = BY_FORM[form];
    const stages = FORM_RULES[form].place === 'last' ? [CANARY, own] : [own, CANARY];
    const told = complaintsAbout({ stages });
    const message = `\`stages[0]\` (${form}) needs a gateway, but the traffic is split by variant weights.`;
    expect(told.map((one) => one.replace(/^\S+ /, ''))).toEqual(
      FORM_RULES[form].routing === 'gateway' ? [message] : []
    );
  });

  test.each(FORMS)('%s on Inf1', (form) => {
    const own = BY_FORM[form];
    const stages = FORM_RULES[form].place === 'last' ? [CANARY, own] : [own, CANARY];
    const routing = { by: 'gateway', to: 's3://a', expiresMs: 1_000 } as const;
    const inf1 = { ...ONE, instance: { type: 'ml.inf1.xlarge', count: 4 } };
    const told = complaintsAbout({ stages, routing, candidates: [inf1] });
    expect(told.map((one) => /is not for ml\.inf1\.xlarge/.test(one))).toEqual(
      FORM_RULES[form].inf1 === 'no' ? [true] : []
    );
  });

  test.each(FORMS)('%s at another place', (form) => {
    const own = BY_FORM[form];
    const { place } = FORM_RULES[form];
    const stages = place === 'last' ? [own, CANARY] : [CANARY, own];
    const routing = { by: 'gateway', to: 's3://a', expiresMs: 1_000 } as const;
    const told = complaintsAbout({ stages, routing });
    expect(told.map((one) => new RegExp(`must be the ${place} stage`).test(one))).toEqual(
      place === 'any' ? [] : [true]
    );
  });

  test.each(FORMS)('%s with two candidates, before and after one is chosen', (form) => {
    const own = BY_FORM[form];
    const rules = FORM_RULES[form];
    const choice = stage('bandit');
    const routing = { by: 'gateway', to: 's3://a', expiresMs: 1_000 } as const;
    const more = { routing, candidates: candidates(2), guards: [ERRORS as GuardSpec, GOAL] };
    const isRefused = (told: readonly string[]): boolean => told.some((one) => one.includes('takes one candidate'));
    expect(isRefused(complaintsAbout({ ...more, stages: [own, choice] }))).toBe(rules.candidates !== 'any');
    expect(isRefused(complaintsAbout({ ...more, stages: [choice, own] }))).toBe(rules.candidates === 'alone');
  });
});
