import { Option } from 'commander';
import type { Command } from 'commander';
import type { ClientConnection } from '../worker/connection';
import { durationOption } from './duration-option';
import { wantsColor } from './environment';
import type { Surroundings } from './environment';
import type { ExitCode } from './exit-codes';
import { follow } from './follow';
import { liveWriter } from './live';
import { concludeFollowing } from './outcome';

export interface WatchOptions {
  readonly every: number;
  readonly timeout?: number;
  readonly json?: boolean;
}

/** Adds the options of following a rollout. */
export function watchOptions(command: Command): Command {
  return command
    .option('--timeout <duration>', 'stop watching after this long, e.g. 30m; the rollout goes on', durationOption)
    .addOption(
      new Option('--every <duration>', 'pause between two looks').argParser(durationOption).default(2_000, '2s')
    );
}

/** Follows a rollout to its end: painted on a terminal, a line for each change elsewhere, a JSON line for each with `--json`. */
export async function watchRollout(input: {
  readonly surroundings: Surroundings;
  readonly temporal: ClientConnection;
  readonly id: string;
  readonly options: WatchOptions;
}): Promise<ExitCode> {
  const { surroundings, temporal, id, options } = input;
  const { out, env, stop, now } = surroundings;
  const writer = liveWriter(out, {
    color: wantsColor(env, out),
    ...(options.json && { onChange: (view) => out.write(`${JSON.stringify(view)}\n`) }),
  });
  const followed = await follow({
    client: temporal.client,
    id,
    writer,
    everyMs: options.every,
    ...(options.timeout !== undefined && { timeoutMs: options.timeout }),
    stop,
    now,
  });
  writer.close();
  return concludeFollowing(surroundings, { id, followed });
}
