import { createInterface } from 'node:readline/promises';
import type { Surroundings } from './environment';
import { notice } from './verb';

/** Asks a person at a terminal; nobody's silence is a yes, and whoever is no person was not asked. */
export async function confirm(surroundings: Surroundings, question: string): Promise<boolean> {
  if (!surroundings.out.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal: surroundings.stop });
    return /^y(es)?$/i.test(answer.trim());
  } catch {
    notice(surroundings, '');
    return false;
  } finally {
    terminal.close();
  }
}
