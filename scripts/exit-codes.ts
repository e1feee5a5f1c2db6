import type { OutcomeKind } from '../rollout';

/** What the process ends with. Scripts and pipelines rely on the numbers: they never change meaning. */
export const EXIT = {
  done: 0,
  badInput: 2,
  unreachable: 3,
  timedOut: 4,
  rolledBack: 10,
  rejected: 11,
  undecided: 12,
  rollbackIncomplete: 13,
  violated: 14,
  batchFailed: 15,
  internal: 70,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The end of `sluice --help`. */
export const EXIT_CODES_HELP = `Exit codes:
  0    done as asked; for a rollout that was watched: promoted
  2    bad input, or refused; nothing was changed
  3    could not reach Temporal, or no worker answers
  4    timed out
  10   rolled back
  11   rejected
  12   withdrawn, because the evidence did not decide; of a check: the data does not decide
  13   the rollback is incomplete, or the rollout was terminated half way
  14   a monitor found a violation, or a run of a schedule is missing, late or failed
  15   a batch published nothing
  70   internal error
  130  interrupted with Ctrl-C; a rollout that was watched goes on`;

/** The exit code of a rollout that was followed to its end. */
export function exitCodeOf(outcome: OutcomeKind): ExitCode {
  switch (outcome) {
    case 'promoted':
      return EXIT.done;
    case 'rolledBack':
      return EXIT.rolledBack;
    case 'rejected':
      return EXIT.rejected;
    case 'undecided':
      return EXIT.undecided;
  }
}
