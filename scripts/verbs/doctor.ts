import pc from 'picocolors';
import { diagnose } from '../../worker/doctor';
import { readConnectionSettings } from '../../worker/connection-settings';
import { wantsColor } from '../environment';
import { EXIT } from '../exit-codes';
import { temporalOptions } from '../temporal';
import type { TemporalOptions } from '../temporal';
import { examples, print, printJson } from '../verb';
import type { Verb } from '../verb';

/** `sluice doctor`: everything that a rollout needs, what was found, and what to do where it is wrong. Changes nothing. */
export const doctorVerb: Verb = {
  declare(command, context) {
    command.option('--json', 'print the checks as JSON');
    temporalOptions(command).action(
      context.action(async (options: TemporalOptions & { readonly json?: boolean }) => {
        const { env, out } = context;
        const checks = await diagnose({ env, settings: readConnectionSettings({ ...options, env }) });
        const allFine = checks.every(({ ok }) => ok);
        if (options.json) {
          printJson(context, { ok: allFine, checks });
        } else {
          const { green, red, dim } = pc.createColors(wantsColor(env, out));
          const width = Math.max(...checks.map(({ name }) => name.length));
          for (const { name, ok, found, remedy } of checks) {
            print(context, `${ok ? green('ok   ') : red('WRONG')}  ${name.padEnd(width)}  ${found}`);
            if (remedy !== null) print(context, `${' '.repeat(width + 9)}${dim('->')} ${remedy}`);
          }
        }
        return allFine ? EXIT.done : EXIT.unreachable;
      })
    );
    examples(command, [
      ['sluice doctor', 'Node, Temporal, worker, SageMaker, downloads'],
      ['sluice doctor --address 10.0.0.7:7233', 'another Temporal'],
    ]);
  },
};
