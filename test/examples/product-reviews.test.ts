import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { packArtifact } from '../../examples/product-reviews/artifact';
import { loadReviews, normalise } from '../../examples/product-reviews/data';
import { artifactKey, packageVersions } from '../../examples/product-reviews/package';
import { buildVersions, versionNames, type VersionName } from '../../examples/product-reviews/versions';
import { startFakeAws } from '../gateway/fake-aws';

const reviews = loadReviews();
const versions = buildVersions(reviews);

function version(name: VersionName) {
  const found = versions.find((v) => v.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

describe('the reviews', () => {
  test('that measure a model were never seen in training', () => {
    const trained = new Set(reviews.training.map((review) => normalise(review.text)));
    expect(reviews.heldOut.filter((review) => trained.has(normalise(review.text)))).toEqual([]);
  });

  test('are distinct, labelled, and enough of both kinds', () => {
    const all = [...reviews.heldOut, ...reviews.training];
    expect(new Set(all.map((review) => normalise(review.text))).size).toBe(all.length);
    expect(all.every((review) => review.text !== '')).toBe(true);
    expect(reviews.heldOut.length).toBeGreaterThan(350);
    expect(reviews.training.length).toBeGreaterThan(2_500);
    for (const part of [reviews.heldOut, reviews.training]) {
      const share = part.filter((review) => review.label === 'positive').length / part.length;
      expect(share).toBeGreaterThan(0.45);
      expect(share).toBeLessThan(0.55);
    }
  });
});

describe('the versions', () => {
  test.each([
    ['v1', 'the lexicon that takes silence for praise', 0.7, 0.77],
    ['v2', 'the trained model, a clear step up', 0.82, 0.88],
    ['v3', 'the trained model behind a foreign cleaning step', 0.6, 0.68],
    ['v4', 'the trained model, where it answers', 0.82, 0.88],
  ] as const)('%s is %s', (name, _, least, most) => {
    expect(version(name).quality.accuracy).toBeGreaterThan(least);
    expect(version(name).quality.accuracy).toBeLessThan(most);
  });

  test('fail on no review, but for v4, which throws on 5 to 15 of a hundred', () => {
    expect(versions.filter((v) => v.name !== 'v4').map((v) => v.quality.errorRate)).toEqual([0, 0, 0]);
    expect(version('v4').quality.errorRate).toBeGreaterThan(0.05);
    expect(version('v4').quality.errorRate).toBeLessThan(0.15);
  });

  test('v2 and v3 share every weight: only the code beside them differs', () => {
    const model = (name: VersionName) => version(name).files.find((file) => file.path === 'model.json');
    expect(model('v3')).toEqual(model('v2'));
  });
});

describe('an artifact', () => {
  test('has the same bytes whenever and in whatever order it is packed', () => {
    const files = version('v2').files;
    const again = buildVersions(loadReviews()).find((v) => v.name === 'v2')?.files ?? [];
    const artifact = packArtifact(files);
    expect(sha256(packArtifact([...again].reverse()))).toBe(sha256(artifact));
    // Bytes 4 to 7 of a gzip file are its time (RFC 1952).
    expect([...artifact.slice(4, 8)]).toEqual([0, 0, 0, 0]);
  });

  test('refuses a path that it could not store whole', () => {
    expect(() => packArtifact([{ path: `code/${'x'.repeat(300)}.js`, content: '' }])).toThrow('ustar');
  });

  test('of each version is uploaded to where the rollout files expect it, with what was measured', async () => {
    const aws = await startFakeAws({});
    try {
      const result = await packageVersions({ s3: aws.s3, bucket: 'reviews-models' });
      expect(result.versions.map(({ name, uri }) => [name, uri])).toEqual(
        versionNames.map((name) => [name, `s3://reviews-models/product-reviews/${name}/model.tar.gz`])
      );
      expect([...aws.objects.keys()].sort()).toEqual(versionNames.map((name) => `reviews-models/${artifactKey(name)}`));
      expect(result.versions.map((v) => v.quality)).toEqual(versions.map((v) => v.quality));
    } finally {
      await aws.close();
    }
  });
});

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
