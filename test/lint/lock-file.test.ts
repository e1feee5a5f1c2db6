import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';

interface Locked {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

test('the lock file holds the native packages of every platform, not only of the one it was written on', () => {
  const text = readFileSync(path.resolve(__dirname, '../../package-lock.json'), 'utf8');
  const { packages } = JSON.parse(text) as { readonly packages: Readonly<Record<string, Locked>> };
  const wanted = Object.entries(packages).flatMap(([at, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).map((name) => [`${at}/node_modules/${name}`, `node_modules/${name}`])
  );
  expect(wanted.length).toBeGreaterThan(10);
  expect(wanted.filter((places) => !places.some((place) => place in packages))).toEqual([]);
});
