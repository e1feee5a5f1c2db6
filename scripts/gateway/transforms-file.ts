import path from 'node:path';
import { compileTransforms, type TransformDefinition } from '../../gateway';
import type { Surroundings } from '../environment';
import { EXIT } from '../exit-codes';
import { Mistake } from '../mistakes';
import { readText } from '../rollout-file';

/** A transform definition in JSON. Throws a `Mistake` with all that is wrong in it. */
export async function loadTransforms({ cwd }: Surroundings, fileName: string): Promise<TransformDefinition> {
  const text = await readText(path.resolve(cwd, fileName), fileName);
  try {
    const definition = JSON.parse(text) as TransformDefinition;
    compileTransforms(definition);
    return definition;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Mistake(`${fileName}: ${why}`, EXIT.badInput, { cause });
  }
}
