import { setTimeout as delay } from 'node:timers/promises';
import type { RolloutResult } from '../../rollout';
import type { RolloutView } from '../../report';
import type { ClientConnection } from '../../worker/connection';
import { verbUpdate } from '../../workflows/messages';
import { wantsColor } from '../environment';
import { EXIT } from '../exit-codes';
import { follow } from '../follow';
import { liveWriter } from '../live';
import type { LiveWriter } from '../live';
import { Mistake } from '../mistakes';
import { loadRolloutFile } from '../rollout-file';
import { submitRollout } from '../submit';
import { uiLink } from '../ui-link';
import { print } from '../verb';
import type { VerbContext } from '../verb';
import { chapterFile } from './chapters';
import type { Chapter } from './chapters';

/** Long enough to read the question, and the command that answers it. */
const READING_MS = 3_000;
const APPROVER = 'demo@example.org';

/** Rolls one version out and follows it to its end, giving the approval that it waits for. */
export async function play(
  context: VerbContext,
  input: { readonly temporal: ClientConnection; readonly chapter: Chapter; readonly json: boolean }
): Promise<RolloutResult> {
  const { temporal, chapter, json } = input;
  const spec = await loadRolloutFile(context, { file: chapterFile(chapter), json: false });
  if (spec === null) throw new Mistake(`The demo's own file of ${chapter.version} does not read.`, EXIT.internal);
  const { rolloutId } = await submitRollout(temporal, {
    surroundings: context,
    request: { spec, who: APPROVER },
  });
  const link = uiLink({
    env: context.env,
    address: temporal.address,
    namespace: temporal.namespace,
    workflowId: rolloutId,
  });
  if (!json)
    print(
      context,
      `── ${chapter.title}`,
      `   ${chapter.version}.yaml as ${rolloutId}${link === null ? '' : `   ${link}`}`,
      ''
    );
  const writer = liveWriter(context.out, {
    color: wantsColor(context.env, context.out),
    ...(json && { onChange: (view) => context.out.write(`${JSON.stringify(view)}\n`) }),
  });
  const followed = await follow({
    client: temporal.client,
    id: rolloutId,
    writer: approving(writer, temporal, rolloutId),
    everyMs: 500,
    stop: context.stop,
    now: context.now,
  });
  writer.close();
  if (!json) print(context, '');
  switch (followed.kind) {
    case 'ended':
      return followed.result;
    case 'interrupted':
      throw new Mistake('Stopped before the end.', EXIT.interrupted);
    default:
      throw new Mistake(`${rolloutId} did not end as a rollout should (${followed.kind}).`, EXIT.internal);
  }
}

/** Shows everything, and says yes once when a person is wanted. */
function approving(writer: LiveWriter, temporal: ClientConnection, id: string): LiveWriter {
  let answered = false;
  return {
    show(view: RolloutView, notice?: string) {
      const text =
        view.approval === null
          ? notice
          : `(the demo gives this approval itself, as ${APPROVER}, with just that command)`;
      writer.show(view, text);
      if (view.approval === null || answered) return;
      answered = true;
      void delay(READING_MS).then(() =>
        temporal.client.workflow
          .getHandle(id)
          .executeUpdate(verbUpdate('approve'), { args: [{ who: APPROVER, why: 'numbers look right' }] })
          // Evidence may have turned meanwhile and rolled it back; then there is nothing to approve, and the view says so.
          .catch(() => undefined)
      );
    },
    close: () => writer.close(),
  };
}
