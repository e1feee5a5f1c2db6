import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { contentHash, resourceNames } from '../../sagemaker/names';
import type { ModelSource } from '../../spec/types';
import { aSpec } from '../support/spec';

const [V2] = aSpec().candidates;
/** SageMaker's own rule for models, endpoint configs and endpoints. */
const ALLOWED = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/;
const name = fc.stringMatching(/^[a-zA-Z0-9](-?[a-zA-Z0-9]){0,62}$/).filter((text) => text.length <= 63);

function namesOf(endpoint: string, candidate: string, number = 1): readonly string[] {
  const { models, single, ...configs } = resourceNames(
    aSpec({ endpoint, candidates: [{ ...V2, name: candidate }] }),
    number
  );
  return [...Object.values(models), ...Object.values(single), ...Object.values(configs)];
}

describe('names of what a rollout makes', () => {
  test('are accepted by SageMaker, however long endpoint and candidate are called', () => {
    fc.assert(
      fc.property(name, name, fc.integer({ min: 1, max: 1e9 }), (endpoint, candidate, number) => {
        for (const made of namesOf(endpoint, candidate, number)) expect(made).toMatch(ALLOWED);
      })
    );
  });

  test('can be read: endpoint, candidate, rollout', () => {
    const { models, split, shadowed, sliced, single } = resourceNames(aSpec(), 7);
    expect(models.v2).toMatch(/^product-reviews-v2-[0-9a-f]{8}$/);
    expect([split, shadowed, sliced]).toEqual(
      ['split', 'shadow', 'slices'].map((kind) => `product-reviews-v2-r7-${kind}`)
    );
    expect(single).toEqual({ v2: 'product-reviews-v2-r7' });
  });

  test('of long names that begin alike stay apart', () => {
    const long = 'x'.repeat(60);
    expect(namesOf(`${long}a`, 'v2')).not.toEqual(namesOf(`${long}b`, 'v2'));
    expect(new Set([...namesOf(`${long}a`, 'v2'), ...namesOf(`${long}b`, 'v2')]).size).toBe(10);
  });

  test('of the same model are the same in every rollout, and others for other content, whatever its shape', () => {
    const nameOf = (model: ModelSource, number: number): string | undefined =>
      resourceNames(aSpec({ candidates: [{ ...V2, model }] }), number).models.v2;
    const one = { image: 'sentiment:2', environment: {} };
    const many = { ...one, artifacts: 's3://models/reviews' };
    const models: readonly ModelSource[] = [
      { kind: 'container', container: one },
      { kind: 'container', container: { ...one, image: 'sentiment:3' } },
      { kind: 'pipeline', containers: [one, one] },
      { kind: 'pipeline', containers: [one, { ...one, environment: { SIDE: 'response' } }] },
      { kind: 'multiModel', container: many },
      { kind: 'multiModel', container: { ...many, artifacts: 's3://models/others' } },
      { kind: 'package', package: 'reviews/7' },
      { kind: 'package', package: 'reviews/8' },
    ];
    expect(models.map((model) => nameOf(model, 9))).toEqual(models.map((model) => nameOf(model, 1)));
    expect(new Set(models.map((model) => nameOf(model, 1))).size).toBe(models.length);
  });
});

test('a content hash does not depend on the order of keys, but on every value', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const reversed = Object.fromEntries(Object.entries(value).reverse());
      expect(contentHash(reversed)).toBe(contentHash(value));
      expect(contentHash({ ...value, more: 1 })).not.toBe(contentHash({ ...value, more: 2 }));
    })
  );
});
