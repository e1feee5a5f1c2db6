import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import path from 'node:path';
import { askEndpoint, checkTransforms, compileTransforms, type TransformCheck } from '../../gateway';
import { EXIT } from '../exit-codes';
import type { ExitCode } from '../exit-codes';
import { Mistake } from '../mistakes';
import { readText } from '../rollout-file';
import { print, printJson } from '../verb';
import type { VerbContext } from '../verb';
import { loadTransforms } from './transforms-file';

export interface CheckOptions {
  readonly transforms: string;
  readonly samples: string;
  readonly model: string;
  readonly pipeline: string;
  readonly json?: boolean;
}

/** `sluice gateway check`: 0 when every sample gives the same bytes both ways, 2 when not. */
export async function checkGateway(context: VerbContext, options: CheckOptions): Promise<ExitCode> {
  const transforms = compileTransforms(await loadTransforms(context, options.transforms));
  const text = await readText(path.resolve(context.cwd, options.samples), options.samples);
  const bodies = text.split('\n').filter((line) => line.trim() !== '');
  const runtime = new SageMakerRuntimeClient({});
  try {
    const check = await checkTransforms({
      transforms,
      samples: bodies.map((body) => ({ body, contentType: 'application/json' })),
      model: askEndpoint(runtime, { endpoint: options.model }),
      pipeline: askEndpoint(runtime, { endpoint: options.pipeline }),
    });
    if (options.json === true) printJson(context, check);
    else print(context, ...linesOf(check, bodies));
    return check.ok ? EXIT.done : EXIT.badInput;
  } catch (cause) {
    const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw new Mistake(`The endpoints cannot be asked: ${why}`, EXIT.unreachable, { cause });
  } finally {
    runtime.destroy();
  }
}

function linesOf(check: TransformCheck, bodies: readonly string[]): readonly string[] {
  return [
    check.reason,
    ...check.differences.flatMap(({ sample, gateway, pipeline, firstByte }) => [
      '',
      `sample ${sample + 1}  ${bodies[sample]?.slice(0, 200) ?? ''}`,
      `  gateway   ${gateway}`,
      `  pipeline  ${pipeline}`,
      firstByte === null ? '  the status differs' : `  byte ${firstByte} differs first`,
    ]),
  ];
}
