import { describe, expect, test } from '@jest/globals';
import { readReleaseFile } from '../../spec/release-file';

describe('a release file', () => {
  test('lists rollouts in their order; a list within the list runs side by side', () => {
    const read = readReleaseFile('release: spring\nrollouts:\n  - a.yaml\n  - [b.yaml, c.yaml]\n');
    expect(read).toEqual({ ok: true, file: { release: 'spring', waves: [['a.yaml'], ['b.yaml', 'c.yaml']] } });
  });

  test('has all its mistakes told at once, each with what to write', () => {
    const read = readReleaseFile('release: "spring time"\nrollout: x\nrollouts: [7, a.yaml]\n');
    expect(read.ok ? [] : read.problems).toEqual([
      '`release` takes letters, digits and inner hyphens, at most 63.',
      '`rollouts[0]` is no path and no list of paths: write `- reviews.yaml` or `- [a.yaml, b.yaml]`.',
      'Unknown `rollout`: a release has `release` and `rollouts`.',
    ]);
  });

  test.each(['', 'release: x', 'release: x\nrollouts: []', 'a: [', '- x'])(
    'without what it needs is refused: %j',
    (text) => {
      const read = readReleaseFile(text);
      expect(read.ok ? [] : read.problems).not.toEqual([]);
    }
  );
});
