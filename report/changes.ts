import type { RolloutView } from './view';
import { clock, percent, sentence } from './words';

/**
 * What is new since `before`, as lines for a log where nothing can be repainted: phases, shares, verdicts, approvals and the outcome,
 * each once. Evidence that merely grew is not news.
 */
export function changedLines(before: RolloutView | null, after: RolloutView): readonly string[] {
  const news = [
    ...(before?.headline === after.headline ? [] : [after.headline]),
    ...(before === null || before.share.setPct === after.share.setPct ? [] : [shareText(after)]),
    ...planText(before, after),
    ...after.guards.flatMap((guard) => {
      const earlier = before?.guards.find(({ name }) => name === guard.name);
      return earlier?.verdict === guard.verdict || (earlier === undefined && guard.verdict === 'inconclusive')
        ? []
        : [`${guard.name}: ${guard.verdict}. ${sentence(guard.sentence)}`];
    }),
    ...approvalText(before, after),
    ...(after.outcome === null || before?.outcome?.sentence === after.outcome.sentence ? [] : [after.outcome.sentence]),
  ];
  return news.map((text) => `${clock(after.nowMs, after.nowMs)} ${text}`);
}

function planText(before: RolloutView | null, { plan }: RolloutView): readonly string[] {
  if (plan === null || before?.plan?.digest === plan.digest || plan.margins.length === 0) return [];
  const numbers = [...plan.margins, ...plan.forecasts].map((text) => `  ${text}`);
  return [`The plan is fixed (${plan.digest.slice(0, 12)}):`, ...numbers];
}

function shareText({ share, candidate }: RolloutView): string {
  return `${candidate} ${candidate.includes(', ') ? 'have' : 'has'} ${percent(share.setPct)} of the traffic, as read back.`;
}

function approvalText(before: RolloutView | null, after: RolloutView): readonly string[] {
  const { approval } = after;
  if (approval === null || before?.approval?.given.length === approval.given.length) return [];
  const question =
    approval.given.length === 0 ? approval.question : `${approval.given.length} of ${approval.need} approvals given.`;
  return [
    `${question} By ${approval.by}, until ${clock(approval.untilMs, after.nowMs)} UTC: ${approval.approveCommand}`,
  ];
}
