import { summaryLine, rolloutView } from '../../report';
import { startRollout } from '../../rollout';
import { EXIT } from '../exit-codes';
import { loadRolloutFile } from '../rollout-file';
import { examples, print, printJson } from '../verb';
import type { Verb } from '../verb';

/** `sluice validate`: every mistake in a rollout file at once; connects to nothing and changes nothing. */
export const validateVerb: Verb = {
  declare(command, context) {
    command
      .argument('<file>', 'rollout file (YAML)')
      .option('--json', 'print the problems, or the file with all defaults, as JSON');
    command.action(
      context.action(async (file: string, options: { readonly json?: boolean }) => {
        const spec = await loadRolloutFile(context, { file, json: options.json ?? false });
        if (spec === null) return EXIT.badInput;
        if (options.json) {
          printJson(context, { file, problems: [], spec });
          return EXIT.done;
        }
        const planned = startRollout({ id: file, number: 0, spec, atMs: 0 });
        print(context, `${file} is valid: ${summaryLine(rolloutView(planned, 0))}`);
        return EXIT.done;
      })
    );
    examples(command, [
      ['sluice validate rollout.yaml', 'each mistake with its line, what is allowed, and the nearest name'],
      ['sluice validate rollout.yaml --json', 'the file as Sluice understands it, defaults filled in'],
    ]);
  },
};
