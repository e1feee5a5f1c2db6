import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { BadOptions } from '../bad-options';
import { parseFaults } from './parse';
import type { FaultRule } from './rule';

/** Reads rules from a YAML or JSON file. Throws BadOptions, with every mistake that is in it. */
export function readFaultsFile(file: string): readonly FaultRule[] {
  return parseFaults(contentOf(file), file);
}

function contentOf(file: string): unknown {
  try {
    return parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new BadOptions(`cannot read ${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
