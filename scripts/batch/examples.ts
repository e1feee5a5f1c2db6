type Example = readonly [line: string, purpose: string];

const RUN = 'batch/reviews/nightly-2026-11-28T02:00:00Z';

/** What each verb's help shows. */
export const BATCH_EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  run: [
    ['sluice batch run rollout.yaml nightly --watch', 'the data of now; the exit code says what came of it'],
    ['sluice batch run rollout.yaml nightly --date 2026-11-27', "another day's data"],
    ['sluice batch run rollout.yaml nightly --at 2026-11-28T02:00:00Z', 'make good a run that its schedule missed'],
  ],
  watch: [
    [`sluice batch watch ${RUN}`, 'until it ends; Ctrl-C ends the watching only'],
    [`sluice batch watch ${RUN} --timeout 1h --json`, 'in a script: a JSON document a change'],
  ],
  stop: [[`sluice batch stop ${RUN} --why 'wrong model'`, 'what was there before stays published']],
  schedule: [
    ['sluice batch schedule rollout.yaml', 'all of the file; what it has no more is deleted'],
    ['sluice batch schedule rollout.yaml nightly', 'only this one; others are left alone'],
  ],
  list: [
    ['sluice batch list', 'of all endpoints'],
    ['sluice batch list reviews --json', 'of one, for programs'],
  ],
  describe: [['sluice batch describe reviews nightly', 'exit code 14 when a run is missing, late or failed']],
  history: [['sluice batch history reviews nightly --last 5', 'and all about the newest']],
  pause: [[`sluice batch pause reviews nightly --why 'input is being repaired'`, 'a file does not undo it']],
  resume: [[`sluice batch resume reviews nightly --why 'repaired'`, 'what was missed: backfill']],
  trigger: [['sluice batch trigger reviews nightly', 'as if it were due now']],
  backfill: [
    ['sluice batch backfill reviews nightly --from 2026-11-01 --to 2026-11-07', 'a week, one day after the other'],
    ['sluice batch backfill reviews nightly --from 2026-11-27 --json', 'one day; prints the nominal times'],
  ],
  delete: [['sluice batch delete reviews nightly', 'take it out of the file, too: deploy makes it again']],
};
