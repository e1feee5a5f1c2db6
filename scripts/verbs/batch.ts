import type { Command } from 'commander';
import { readWorkerConfig } from '../../worker/config';
import { BATCH_EXAMPLES } from '../batch/examples';
import { viewLines, viewSchedule } from '../batch/describe';
import { showHistory } from '../batch/history';
import { runBatch } from '../batch/run';
import type { RunOptions } from '../batch/run';
import { applyBatchSchedules, upsertBatchSchedules, upsertedLines } from '../batch/schedule';
import { batchesOf, batchSchedules, describedSchedule } from '../batch/select';
import { backfillSchedule, pauseSchedule, resumeSchedule, stopRun, triggerSchedule } from '../batch/steer';
import type { BackfillOptions, Reason } from '../batch/steer';
import { concludeBatch, watchBatch } from '../batch/watch';
import { durationOption } from '../duration-option';
import { EXIT } from '../exit-codes';
import { Mistake } from '../mistakes';
import { positiveOption } from '../number-option';
import { loadRolloutFile } from '../rollout-file';
import { table } from '../table';
import { temporalOptions, withTemporal } from '../temporal';
import type { TemporalOptions } from '../temporal';
import { examples, print, printJson } from '../verb';
import type { Verb, VerbContext } from '../verb';

type Plain = TemporalOptions & { readonly json?: boolean };

/** `sluice batch`: batch transforms and their schedules. */
export const batchVerb: Verb = {
  declare(command, context) {
    command.configureHelp({ subcommandTerm: (subcommand) => `${subcommand.name()} ${subcommand.usage()}` });
    declareRuns(command, context);
    declareSchedules(command, context);
    declareSteering(command, context);
    examples(command, [
      ['sluice batch run rollout.yaml nightly --watch', 'run it now, and see it through'],
      ['sluice batch run rollout.yaml nightly --date 2026-11-27', "another day's data"],
      ['sluice batch schedule rollout.yaml', 'make or change the schedules of a file'],
      ['sluice batch describe reviews nightly', 'next runs, past runs, what is late or missing'],
      [`sluice batch pause reviews nightly --why 'input is being repaired'`, 'and resume'],
      ['sluice batch backfill reviews nightly --from 2026-11-01 --to 2026-11-07', 'past dates, one after the other'],
      [`sluice batch stop batch/reviews/nightly-2026-11-28T02:00:00Z --why 'wrong model'`, 'nothing is published'],
    ]);
  },
};

function declareRuns(command: Command, context: VerbContext): void {
  const run = sub(command, 'run <file> [name]', 'run a batch of a file now')
    .argument('<file>', 'rollout file with a `batch`')
    .argument('[name]', 'which batch, where the file has several')
    .option('--date <date>', 'the date of the data, 2026-11-28, in the zone of the batch')
    .option('--at <time>', 'the moment that it stands for, 2026-11-28T02:00:00Z')
    .option('--watch', 'follow it to its end; the exit code says what came of it')
    .option('--timeout <duration>', 'stop watching after this long; the run goes on', durationOption);
  temporalOptions(run).action(
    context.action((file: string, name: string | undefined, options: RunOptions) =>
      runBatch(context, { file, name, options })
    )
  );
  const watch = sub(command, 'watch <run>', 'follow a run to its end')
    .argument('<run>', 'id of a run, as history lists it')
    .option('--timeout <duration>', 'stop watching after this long; the run goes on', durationOption);
  temporalOptions(watch).action(
    context.action((id: string, options: Plain & { readonly timeout?: number }) =>
      withTemporal({ surroundings: context, options }, async ({ client }) => {
        const json = options.json ?? false;
        const { timeout: timeoutMs } = options;
        const end = await watchBatch(context, { client, id, json, ...(timeoutMs !== undefined && { timeoutMs }) });
        return concludeBatch(context, { id, end, json });
      })
    )
  );
  const stop = reasons(sub(command, 'stop <run>', 'stop a run: its jobs end, nothing is published')).argument(
    '<run>',
    'id of a run, as history lists it'
  );
  temporalOptions(stop).action(
    context.action((id: string, options: TemporalOptions & Reason) =>
      withTemporal({ surroundings: context, options }, ({ client }) =>
        stopRun(context, { client, id, reason: options })
      )
    )
  );
}

function declareSchedules(command: Command, context: VerbContext): void {
  const schedule = sub(command, 'schedule <file> [name]', 'make or change the schedules of a file')
    .argument('<file>', 'rollout file with a `batch`')
    .argument('[name]', 'only this batch');
  temporalOptions(schedule).action(
    context.action(async (file: string, name: string | undefined, options: Plain) => {
      const spec = await loadRolloutFile(context, { file, json: options.json ?? false });
      if (spec === null) return EXIT.badInput;
      const batches = name === undefined ? null : batchesOf(spec, file, name);
      const { taskQueue } = readWorkerConfig(context.env);
      return withTemporal({ surroundings: context, options }, async ({ client }) => {
        const done =
          batches === null
            ? await applyBatchSchedules(client, { spec, taskQueue })
            : await upsertBatchSchedules(client, { spec, batches, taskQueue });
        if (done.length === 0)
          throw new Mistake(
            `${name === undefined ? `No batch of ${file} has a` : `Batch ${name} of ${file} has no`} \`schedule\`. Write for example: schedule: "0 2 * * *"`
          );
        if (options.json) printJson(context, done);
        else print(context, ...upsertedLines(done, spec.endpoint));
        return EXIT.done;
      });
    })
  );
  const list = sub(command, 'list [endpoint]', 'schedules, their next runs, who paused them').argument(
    '[endpoint]',
    'only of this endpoint'
  );
  temporalOptions(list).action(
    context.action((endpoint: string | undefined, options: Plain) =>
      withTemporal({ surroundings: context, options }, async ({ client }) => {
        const found = await batchSchedules(client, endpoint);
        if (options.json) printJson(context, found);
        else if (found.length === 0) print(context, 'No batch has a schedule. Make one: sluice batch schedule <file>');
        else
          print(
            context,
            ...table(
              ['ENDPOINT', 'BATCH', 'NEXT', 'NOTE'],
              found.map((one) => [
                one.endpoint,
                one.batch,
                one.isPaused
                  ? 'paused'
                  : one.nextMs === null
                    ? 'never'
                    : `${new Date(one.nextMs).toISOString().slice(0, 16)}Z`,
                one.note,
              ])
            )
          );
        return EXIT.done;
      })
    )
  );
  const describe = named(
    sub(command, 'describe <endpoint> [name]', 'a schedule: next and past runs, what is late or missing')
  );
  temporalOptions(describe).action(
    context.action((endpoint: string, name: string | undefined, options: Plain) =>
      withTemporal({ surroundings: context, options }, async ({ client }) => {
        const view = await viewSchedule(client, await describedSchedule(client, { endpoint, name }), context.now());
        if (options.json) printJson(context, view);
        else print(context, ...viewLines(view, context.now()));
        return view.violations.length === 0 ? EXIT.done : EXIT.violated;
      })
    )
  );
  const history = named(sub(command, 'history <endpoint> [name]', 'past runs and what came of them')).option(
    '--last <n>',
    'so many',
    positiveOption,
    20
  );
  temporalOptions(history).action(
    context.action((endpoint: string, name: string | undefined, options: Plain & { readonly last: number }) =>
      withTemporal({ surroundings: context, options }, ({ client }) =>
        showHistory(context, { client, endpoint, name, last: options.last, json: options.json ?? false })
      )
    )
  );
}

function declareSteering(command: Command, context: VerbContext): void {
  const verbs = [
    ['pause', 'start no new runs; what runs goes on', pauseSchedule],
    ['resume', 'go on after a pause', resumeSchedule],
  ] as const;
  for (const [verb, summary, act] of verbs) {
    const steer = reasons(named(sub(command, `${verb} <endpoint> [name]`, summary)));
    temporalOptions(steer).action(
      context.action((endpoint: string, name: string | undefined, options: TemporalOptions & Reason) =>
        withTemporal({ surroundings: context, options }, async ({ client }) =>
          act(context, { client, described: await describedSchedule(client, { endpoint, name }), reason: options })
        )
      )
    );
  }
  const trigger = named(sub(command, 'trigger <endpoint> [name]', 'run a schedule once, now'));
  temporalOptions(trigger).action(
    context.action((endpoint: string, name: string | undefined, options: Plain) =>
      withTemporal({ surroundings: context, options }, async ({ client }) =>
        triggerSchedule(context, {
          client,
          described: await describedSchedule(client, { endpoint, name }),
          json: options.json,
        })
      )
    )
  );
  const backfill = named(sub(command, 'backfill <endpoint> [name]', 'run a schedule for past dates'))
    .requiredOption('--from <date>', 'first date, in the zone of the schedule')
    .option('--to <date>', 'last date (default: the first)')
    .option('--parallel', 'all at once, not one after the other');
  temporalOptions(backfill).action(
    context.action((endpoint: string, name: string | undefined, options: TemporalOptions & BackfillOptions) =>
      withTemporal({ surroundings: context, options }, async ({ client }) =>
        backfillSchedule(context, { client, described: await describedSchedule(client, { endpoint, name }), options })
      )
    )
  );
  const remove = named(sub(command, 'delete <endpoint> [name]', 'delete a schedule; runs and results stay'));
  temporalOptions(remove).action(
    context.action((endpoint: string, name: string | undefined, options: Plain) =>
      withTemporal({ surroundings: context, options }, async ({ client }) => {
        const { scheduleId } = await describedSchedule(client, { endpoint, name });
        await client.schedule.getHandle(scheduleId).delete();
        if (options.json) printJson(context, { schedule: scheduleId, deleted: true });
        else
          print(
            context,
            `${scheduleId} is deleted; its runs and results stay. Make it again: sluice batch schedule <file>`
          );
        return EXIT.done;
      })
    )
  );
}

/** `words`: name and arguments. */
function sub(command: Command, words: string, summary: string): Command {
  const [name = '', ...rest] = words.split(' ');
  const made = command
    .command(name)
    .usage([...rest, '[options]'].join(' '))
    .summary(summary)
    .description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`)
    .option('--json', 'print as JSON')
    .option('--debug', 'print the stack of an error');
  examples(made, BATCH_EXAMPLES[name] ?? []);
  return made;
}

function named(command: Command): Command {
  return command.argument('<endpoint>', 'endpoint').argument('[name]', 'which batch, where there are several');
}

function reasons(command: Command): Command {
  return command
    .requiredOption('--why <text>', 'the reason; it is kept')
    .option('--who <name>', 'who decides (default: $SLUICE_USER, git e-mail, $USER)');
}
