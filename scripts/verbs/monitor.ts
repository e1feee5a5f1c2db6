import type { Command } from 'commander';
import { runMonitors } from '../monitors/run';
import type { RunOptions } from '../monitors/run';
import { describeMonitor, listMonitors, pauseMonitors, scheduleMonitors } from '../monitors/schedules';
import type { DescribeOptions, ListOptions, PauseOptions } from '../monitors/schedules';
import { temporalOptions } from '../temporal';
import { examples } from '../verb';
import type { Verb, VerbContext } from '../verb';

/** `sluice monitor`: what watches endpoints, by schedule or when asked. */
export const monitorVerb: Verb = {
  declare(command, context) {
    command.configureHelp({ subcommandTerm: (subcommand) => `${subcommand.name()} ${subcommand.usage()}` });
    const sub = (name: string, usage: string, summary: string): Command =>
      command.command(name).usage(`${usage} [options]`).summary(summary).description(summary);
    const run = sub('run', '<file> [monitor]', 'judge a window now, or one of the past')
      .argument('<file>', 'rollout file with `monitors`')
      .argument('[monitor]', 'name of one of them (default: all)')
      .option('--at <time>', 'nominal time at which the window ends, such as 2026-11-29T02:00:00Z (default: now)');
    finish(run).action(
      context.action((file: string, name: string | undefined, options: RunOptions) =>
        runMonitors(context, { file, name, options })
      )
    );
    examples(run, [
      ['sluice monitor run rollout.yaml', 'every monitor of the file, on the window that ends now'],
      ['sluice monitor run rollout.yaml quality --at 2026-11-29T02:00:00Z', 'one, for a past window'],
      ['sluice monitor run rollout.yaml --json', 'in a pipeline: exit 0 pass, 14 violated, 12 undecided'],
    ]);
    const schedule = sub('schedule', '<file>', 'set the schedules as a file says').argument('<file>', 'rollout file');
    finish(schedule).action(
      context.action((file: string, options: ListOptions) => scheduleMonitors(context, { file, options }))
    );
    examples(schedule, [
      ['sluice monitor schedule rollout.yaml', 'made, changed, or deleted where the file has them no more'],
    ]);
    const list = sub('list', '[endpoint]', 'what is scheduled, and what it said last').argument(
      '[endpoint]',
      'endpoint'
    );
    finish(list).action(
      context.action((endpoint: string | undefined, options: ListOptions) =>
        listMonitors(context, { endpoint, options })
      )
    );
    examples(list, [['sluice monitor list product-reviews', 'those of one endpoint']]);
    const describe = sub('describe', '<endpoint> <monitor>', 'one monitor: schedule, last verdict, last runs')
      .argument('<endpoint>', 'endpoint')
      .argument('<monitor>', 'name of the monitor')
      .option('--html <file>', 'write its last report as a page, with how its values went over the last windows');
    finish(describe).action(
      context.action((endpoint: string, monitor: string, options: DescribeOptions) =>
        describeMonitor(context, { endpoint, monitor, options })
      )
    );
    examples(describe, [
      [
        'sluice monitor describe product-reviews quality --html quality.html',
        'a page to look at, from the reports in S3',
      ],
      ['sluice monitor describe product-reviews quality --json', 'for machines'],
    ]);
    pausing(sub('pause', '<endpoint> [monitor]', 'run it no more until it is resumed'), { context, isPause: true });
    pausing(sub('resume', '<endpoint> [monitor]', 'go on after a pause'), { context, isPause: false });
    examples(command, [
      ['sluice monitor schedule rollout.yaml', 'set the schedules of the file'],
      ['sluice monitor run rollout.yaml quality', 'judge a window now'],
      ['sluice monitor list', 'what is scheduled, and what it said last'],
      [`sluice monitor pause product-reviews --why 'maintenance'`, 'all monitors of one endpoint'],
    ]);
  },
};

function pausing(
  command: Command,
  { context, isPause }: { readonly context: VerbContext; readonly isPause: boolean }
): void {
  command
    .argument('<endpoint>', 'endpoint')
    .argument('[monitor]', 'name of the monitor (default: all of the endpoint)')
    .option('--why <text>', 'the reason; it is kept as the note of the schedule');
  finish(command).action(
    context.action((endpoint: string, monitor: string | undefined, options: PauseOptions) =>
      pauseMonitors(context, { endpoint, monitor, isPause, options })
    )
  );
  const verb = isPause ? 'pause' : 'resume';
  examples(command, [
    [`sluice monitor ${verb} product-reviews quality --why 'maintenance'`, 'one monitor, with a note'],
  ]);
}

function finish(command: Command): Command {
  return temporalOptions(
    command.option('--json', 'print the result as JSON').option('--debug', 'print the stack of an error')
  );
}
