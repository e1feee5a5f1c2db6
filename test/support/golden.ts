import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from '@jest/globals';

/** Compares output with a text file that a person has read. `UPDATE_GOLDEN=1` writes the file instead; a missing one fails. */
export function expectGolden(file: string, text: string): void {
  const golden = path.resolve(__dirname, '..', file);
  if (process.env.UPDATE_GOLDEN === '1') {
    mkdirSync(path.dirname(golden), { recursive: true });
    writeFileSync(golden, `${text}\n`);
  }
  expect(existsSync(golden) ? readFileSync(golden, 'utf8') : `${golden} is missing`).toBe(`${text}\n`);
}
