import path from 'node:path';
import { summaryLine, rolloutView } from '../../report';
import { startRollout } from '../../rollout';
import { isReleaseFile } from '../../spec/release-file';
import type { RolloutSpec } from '../../spec/types';
import { EXIT } from '../exit-codes';
import type { ExitCode } from '../exit-codes';
import { loadReleaseFile } from '../release-file';
import { loadRolloutFile, readText } from '../rollout-file';
import { examples, print, printJson } from '../verb';
import type { Verb, VerbContext } from '../verb';

/** `sluice validate`: every mistake in a rollout or release file at once; connects to nothing and changes nothing. */
export const validateVerb: Verb = {
  declare(command, context) {
    command
      .argument('<file>', 'rollout or release file (YAML)')
      .option('--json', 'print the problems, or the file with all defaults, as JSON');
    command.action(
      context.action(async (file: string, options: { readonly json?: boolean }) => {
        const json = options.json ?? false;
        if (isReleaseFile(await readText(path.resolve(context.cwd, file), file)))
          return validateRelease(context, { file, json });
        const spec = await loadRolloutFile(context, { file, json });
        if (spec === null) return EXIT.badInput;
        if (json) {
          printJson(context, { file, problems: [], spec });
          return EXIT.done;
        }
        print(context, `${file} is valid: ${stepsOf(spec, file)}`);
        return EXIT.done;
      })
    );
    examples(command, [
      ['sluice validate rollout.yaml', 'each mistake with its line, what is allowed, and the nearest name'],
      ['sluice validate release.yaml', 'a release, and every rollout file that it lists'],
      ['sluice validate rollout.yaml --json', 'the file as Sluice understands it, defaults filled in'],
    ]);
  },
};

async function validateRelease(
  context: VerbContext,
  { file, json }: { readonly file: string; readonly json: boolean }
): Promise<ExitCode> {
  const release = await loadReleaseFile(context, { file, json });
  if (release === null) return EXIT.badInput;
  if (json) {
    printJson(context, { file, problems: [], release });
    return EXIT.done;
  }
  print(
    context,
    `${file} is valid: release ${release.name}`,
    ...release.waves.flatMap((wave, i) => wave.map((spec) => `  ${i + 1}  ${stepsOf(spec, file)}`))
  );
  return EXIT.done;
}

function stepsOf(spec: RolloutSpec, id: string): string {
  return summaryLine(rolloutView(startRollout({ id, number: 0, spec, atMs: 0 }), 0));
}
