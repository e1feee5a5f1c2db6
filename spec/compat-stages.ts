import { formatDuration } from './duration';
import type { Incompatibility, Path } from './problem';
import { formatPath } from './problem';
import { formatShare } from './share';
import type { ApprovalStage, CanaryStage, RolloutSpec } from './types';

/** The comparison looks at closed ticks: one to fill, one to close late, one to judge. */
const LEAST_TICKS = 3;

/** Stages that could not end as they promise. */
export function stageIncompatibilities(spec: RolloutSpec): readonly Incompatibility[] {
  return [
    ...neverDecided(spec),
    ...spec.stages.flatMap((stage, index) => {
      switch (stage.kind) {
        case 'canary':
          return ofCanary(stage, { path: ['stages', index, 'canary'], spec });
        case 'approval':
          return ofApproval(stage, ['stages', index, 'approval']);
      }
    }),
    ...ofMaturity(spec),
  ];
}

function neverDecided({ stages }: RolloutSpec): readonly Incompatibility[] {
  if (stages.some((stage) => stage.kind === 'canary' && stage.until.kind === 'decided')) return [];
  return [
    {
      path: ['stages'],
      about: 'key',
      found: 'no stage that waits for a decision',
      allowed: 'at least one canary with `until: { decided: true }`',
      message: 'No stage waits for a decision of the guards, so nothing would stand behind a promotion.',
      remedy: 'Make the last canary `until: { decided: true, atMost: 2h }`.',
      restsOn: stages.map((_, index) => ['stages', index, 'canary', 'until']),
    },
  ];
}

function ofCanary(
  stage: CanaryStage,
  { path, spec }: { readonly path: Path; readonly spec: RolloutSpec }
): readonly Incompatibility[] {
  const found: Incompatibility[] = [];
  const { sharePct, until } = stage;
  if (!(sharePct > 0 && sharePct < 100)) {
    const share = [...path, 'share'];
    const reason = sharePct > 0 ? 'no requests are left for the incumbent' : 'the candidate gets no requests';
    const message = `\`${formatPath(share)}\` is ${formatShare(sharePct)}: ${reason}, so there is nothing to compare.`;
    const facts = {
      found: formatShare(sharePct),
      allowed: 'more than 0% and less than 100%',
      remedy: 'Write for example `share: 5%`.',
    };
    found.push({ path: share, about: 'value', ...facts, message, restsOn: [] });
  }
  const leastMs = LEAST_TICKS * spec.tickMs;
  if (until.atMostMs < leastMs) {
    const atMost = [...path, 'until', 'atMost'];
    const [written, least] = [formatDuration(until.atMostMs), formatDuration(leastMs)];
    const message = `\`${formatPath(atMost)}\` is ${written}, less than ${LEAST_TICKS} ticks of ${formatDuration(spec.tickMs)}: no evidence would be closed in time.`;
    const facts = {
      found: written,
      allowed: `at least ${least}`,
      remedy: `Write \`atMost: ${least}\` or more, or shorten \`tick\`.`,
    };
    found.push({ path: atMost, about: 'value', ...facts, message, restsOn: [['tick']] });
  }
  return found;
}

function ofApproval({ approvers, need }: ApprovalStage, path: Path): readonly Incompatibility[] {
  const found: Incompatibility[] = [];
  approvers.forEach((approver, index) => {
    const earlier = approvers.indexOf(approver);
    if (earlier === index) return;
    const twice = [...path, 'approvers', index];
    const message = `\`${formatPath(twice)}\` is ${approver} again; one person approves once.`;
    const facts = { found: approver, allowed: 'each approver once', remedy: 'Remove it.' };
    found.push({ path: twice, about: 'value', ...facts, message, restsOn: [[...path, 'approvers', earlier]] });
  });
  const people = new Set(approvers).size;
  if (people > 0 && need > people) {
    const needs = [...path, 'need'];
    const message = `\`${formatPath(needs)}\` is ${need}, but only ${people} ${people === 1 ? 'person' : 'people'} may approve.`;
    const facts = { found: String(need), allowed: `at most ${people}`, nearest: String(people) };
    const remedy = `Write \`need: ${people}\`, or name more approvers.`;
    found.push({ path: needs, about: 'value', ...facts, message, remedy, restsOn: [[...path, 'approvers']] });
  }
  return found;
}

/** Labels that ripen only after a stage's time is up cannot decide it; what was held before it counts too, since evidence is kept. */
function ofMaturity({ stages, guards, groundTruth, tickMs }: RolloutSpec): readonly Incompatibility[] {
  const needsLabels = guards.findIndex(({ kind, required }) => kind === 'quality' && required);
  const first = stages.findIndex((stage) => stage.kind === 'canary' && stage.until.kind === 'decided');
  if (groundTruth === undefined || needsLabels === -1 || first === -1) return [];
  const begin = stages.findIndex(({ kind }) => kind === 'canary');
  const heldMs = stages
    .slice(begin, first + 1)
    .map((stage) => (stage.kind === 'canary' ? stage.until.atMostMs : stage.withinMs));
  const lastsMs = heldMs.reduce((sum, ms) => sum + ms, 0);
  const leastMs = groundTruth.maturityMs + LEAST_TICKS * tickMs;
  if (lastsMs >= leastMs) return [];
  const path = ['stages', first, 'canary', 'until', 'atMost'];
  const [written, maturity] = [formatDuration(lastsMs), formatDuration(groundTruth.maturityMs)];
  return [
    {
      path,
      about: 'value',
      found: written,
      allowed: `at least ${formatDuration(leastMs)}`,
      message: `The candidate has had ${written} of traffic when \`stages[${first}]\` must be decided, but labels ripen only after ${maturity}: the quality guard could not pass.`,
      remedy: `Write \`atMost: ${formatDuration(leastMs)}\` or more, shorten \`groundTruth.maturity\`, or set \`required: false\` on the quality guard.`,
      restsOn: [
        ['groundTruth', 'maturity'],
        ['tick'],
        ['guards', needsLabels, 'kind'],
        ['guards', needsLabels, 'required'],
        ...stages
          .slice(0, first + 1)
          .map((stage, index): Path =>
            stage.kind === 'canary' ? ['stages', index, 'canary', 'until'] : ['stages', index, 'approval', 'within']
          ),
      ],
    },
  ];
}
