import { Option } from 'commander';
import { durationOption } from '../duration-option';
import { followGroup, listFollowed, stopFollowing } from '../registry';
import type { FollowOptions, StopOptions } from '../registry';
import { temporalOptions } from '../temporal';
import type { TemporalOptions } from '../temporal';
import { examples } from '../verb';
import type { Verb } from '../verb';

/** `sluice registry`: rollouts that begin by themselves when a version in the model registry is approved. */
export const registryVerb: Verb = {
  declare(command, context) {
    command.configureHelp({ subcommandTerm: (subcommand) => `${subcommand.name()} ${subcommand.usage()}` });
    const follow = command
      .command('follow')
      .usage('<group> --file <file> [options]')
      .summary('roll out each version of a group once it is approved')
      .argument('<group>', 'model package group')
      .requiredOption('--file <file>', 'rollout file; its candidate is a modelPackage of the group')
      .addOption(new Option('--every <duration>', 'how often to look').argParser(durationOption).default(300_000, '5m'))
      .option('--who <name>', 'who follows, for the record (default: $SLUICE_USER, git e-mail, $USER)')
      .option('--json', 'print the result as JSON')
      .option('--debug', 'print the stack of an error');
    temporalOptions(follow).action(
      context.action((group: string, options: FollowOptions) => followGroup(context, { group, options }))
    );
    const list = command
      .command('list')
      .usage('[options]')
      .summary('which groups are followed, for which endpoints')
      .option('--json', 'print the result as JSON')
      .option('--debug', 'print the stack of an error');
    temporalOptions(list).action(
      context.action((options: TemporalOptions & { readonly json?: boolean }) => listFollowed(context, options))
    );
    const stop = command
      .command('stop')
      .usage('<group> [options]')
      .summary('follow a group no more; rollouts that run go on')
      .argument('<group>', 'model package group')
      .option('--endpoint <name>', 'only for this endpoint (default: for all)')
      .option('--debug', 'print the stack of an error');
    temporalOptions(stop).action(
      context.action((group: string, options: StopOptions) => stopFollowing(context, { group, options }))
    );
    examples(command, [
      ['sluice registry follow reviews --file rollout.yaml --every 5m', 'each approved version becomes a rollout'],
      ['sluice registry list', 'see what is followed'],
      ['sluice registry stop reviews', 'stop it'],
    ]);
  },
};
