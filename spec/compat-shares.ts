import type { StagePlace } from './compat-words';
import { refusal } from './compat-words';
import { canJudgeAlone } from './judge-alone';
import type { Incompatibility, Path } from './problem';
import { formatPath } from './problem';
import { formatShare } from './share';
import type { LinearStage, RolloutSpec, Stage } from './types';

const MAX_HOLDBACK_PCT = 50;

/** Shares that leave one side without requests, ramps that do not rise, groups named twice. */
export function shareIncompatibilities(
  spec: RolloutSpec,
  stage: Stage,
  { path }: StagePlace
): readonly Incompatibility[] {
  switch (stage.kind) {
    case 'canary':
      return [...open(stage.sharePct, [...path, 'share']), ...ofGroups(stage.groups, [...path, 'target'])];
    case 'linear':
      return ofRamp(stage, [...path, 'shares']);
    case 'abTest':
      return open(stage.sharePct, [...path, 'share']);
    case 'blueGreen':
      return stage.engine === 'weights' ? ofHoldback(stage.holdbackPct, { path: [...path, 'holdback'], spec }) : [];
    case 'shadow':
    case 'bandit':
    case 'calibrate':
    case 'approval':
      return [];
  }
}

function open(sharePct: number, path: Path, restsOn: readonly Path[] = []): readonly Incompatibility[] {
  if (sharePct > 0 && sharePct < 100) return [];
  const reason = sharePct > 0 ? 'no requests are left for the incumbent' : 'the candidate gets no requests';
  return [
    refusal({
      path,
      found: formatShare(sharePct),
      allowed: 'more than 0% and less than 100%',
      message: `\`${formatPath(path)}\` is ${formatShare(sharePct)}: ${reason}, so there is nothing to compare.`,
      remedy: path.at(-1) === 'share' ? 'Write for example `share: 5%`.' : 'Write for example `shares: [1%, 5%, 25%]`.',
      restsOn,
    }),
  ];
}

function ofRamp({ sharesPct }: LinearStage, path: Path): readonly Incompatibility[] {
  return sharesPct.flatMap((sharePct, index) => {
    const before = sharesPct[index - 1];
    const at = [...path, index];
    const outside = open(sharePct, at);
    if (outside.length > 0 || before === undefined || sharePct > before) return outside;
    return [
      refusal({
        path: at,
        found: formatShare(sharePct),
        allowed: `more than ${formatShare(before)}`,
        message: `\`${formatPath(at)}\` is ${formatShare(sharePct)} after ${formatShare(before)}: a ramp rises with every step.`,
        remedy: 'Write rising shares, for example `shares: [1%, 5%, 25%]`.',
      }),
    ];
  });
}

function ofHoldback(
  holdbackPct: number,
  { path, spec }: { readonly path: Path; readonly spec: RolloutSpec }
): readonly Incompatibility[] {
  const found = formatShare(holdbackPct);
  if (holdbackPct > MAX_HOLDBACK_PCT) {
    return [
      refusal({
        path,
        found,
        allowed: `at most ${formatShare(MAX_HOLDBACK_PCT)}`,
        message: `\`${formatPath(path)}\` is ${found}: more than half of the traffic would stay where it is, which is no swap.`,
        remedy: 'Write for example `holdback: 5%`, or use a `canary`.',
      }),
    ];
  }
  const needy = spec.guards.findIndex((guard) => guard.required && !canJudgeAlone(guard));
  if (holdbackPct > 0 || needy === -1) return [];
  return [
    refusal({
      path,
      found,
      allowed: 'more than 0%, unless every required guard has an `slo`',
      message: `\`${formatPath(path)}\` is 0%, so the \`${spec.guards[needy]?.kind ?? ''}\` guard would have nothing to compare with.`,
      remedy: 'Write for example `holdback: 5%`, or give every guard an `slo`.',
      restsOn: [
        ['guards', needy, 'kind'],
        ['guards', needy, 'slo'],
      ],
    }),
  ];
}

function ofGroups(groups: readonly string[], path: Path): readonly Incompatibility[] {
  return groups.flatMap((group, index) =>
    groups.indexOf(group) === index
      ? []
      : [
          refusal({
            path: [...path, index],
            found: group,
            allowed: 'each group once',
            message: `\`${formatPath([...path, index])}\` is ${group} again.`,
            remedy: 'Remove it.',
            restsOn: [[...path, groups.indexOf(group)]],
          }),
        ]
  );
}
