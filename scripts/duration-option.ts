import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../spec/duration';

/** Reads an option such as `--timeout 10m`, spelled as in the rollout file, in milliseconds. */
export function durationOption(text: string): number {
  const ms = parseDuration(text);
  if (ms === null || ms === 0) throw new InvalidArgumentError('A duration looks like 90s, 10m or 2h.');
  return ms;
}
