import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Client } from '@temporalio/client';
import { renderCard } from '../../report/card/card';
import { askRollout } from '../ask';
import { EXIT } from '../exit-codes';
import type { ExitCode } from '../exit-codes';
import { measurementsOf } from '../measurements';
import { Mistake } from '../mistakes';
import { latestRollout, parseTarget, unknownRollout } from '../target';
import { temporalOptions, withTemporal } from '../temporal';
import type { TemporalOptions } from '../temporal';
import { examples, print, printJson } from '../verb';
import type { Verb, VerbContext } from '../verb';

interface ReportOptions extends TemporalOptions {
  readonly out?: string;
  readonly json?: boolean;
}

/** `sluice report`: the card of a rollout, running or ended, as one HTML file. */
export const reportVerb: Verb = {
  declare(command, context) {
    command
      .argument('<endpoint>', 'endpoint (its running or last rollout), or the id of a rollout')
      .option('--out <file>', 'where to write the page (default: <rollout>.html in this folder)')
      .option('--json', 'print every measurement as JSON instead of writing a page');
    temporalOptions(command).action(
      context.action((target: string, options: ReportOptions) =>
        withTemporal({ surroundings: context, options }, ({ client }) => report(context, { client, target, options }))
      )
    );
    examples(command, [
      ['sluice report product-reviews', 'the card of the running or last rollout'],
      ['sluice report rollout/product-reviews/7 --out seven.html', 'of a certain one'],
    ]);
  },
};

async function report(
  context: VerbContext,
  input: { readonly client: Client; readonly target: string; readonly options: ReportOptions }
): Promise<ExitCode> {
  const { client, options } = input;
  const id = await latestRollout(client, parseTarget(input.target));
  const answer = await askRollout(client, id);
  if (answer.kind === 'unknown') throw unknownRollout(id);
  if (answer.kind === 'silent') {
    throw new Mistake(
      `No worker answers for ${id}, and only a worker knows its state. Start one: sluice worker`,
      EXIT.unreachable
    );
  }
  const measurements = await measurementsOf(client, id);
  if (options.json) {
    printJson(context, { rollout: id, measurements });
    return EXIT.done;
  }
  const file = path.resolve(context.cwd, options.out ?? `${id.replaceAll('/', '-')}.html`);
  writeFileSync(file, renderCard({ state: answer.value, measurements, nowMs: context.now() }));
  print(context, `Wrote ${file}: ${measurements.length} looks at the evidence.`);
  return EXIT.done;
}
