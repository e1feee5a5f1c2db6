import { refusal } from './compat-words';
import type { Incompatibility, Path } from './problem';
import { formatPath } from './problem';
import type { ApprovalStage } from './types';

/** Claims of every token (RFC 7519, section 4.1) that name no person. */
const NOT_A_PERSON = ['iss', 'aud', 'exp', 'nbf', 'iat', 'jti'];

/** Approvals that could never be given, or by nobody in particular. */
export function approvalIncompatibilities(stage: ApprovalStage, path: Path): readonly Incompatibility[] {
  return [...ofApprovers(stage, path), ...ofNeed(stage, path), ...ofClaim(stage, path)];
}

function ofApprovers({ approvers }: ApprovalStage, path: Path): readonly Incompatibility[] {
  return approvers.flatMap((approver, index) => {
    const earlier = approvers.indexOf(approver);
    if (earlier === index) return [];
    const twice = [...path, 'approvers', index];
    return [
      refusal({
        path: twice,
        found: approver,
        allowed: 'each approver once',
        message: `\`${formatPath(twice)}\` is ${approver} again; one person approves once.`,
        remedy: 'Remove it.',
        restsOn: [[...path, 'approvers', earlier]],
      }),
    ];
  });
}

function ofNeed({ approvers, need }: ApprovalStage, path: Path): readonly Incompatibility[] {
  const people = new Set(approvers).size;
  if (people === 0 || need <= people) return [];
  const needs = [...path, 'need'];
  return [
    refusal({
      path: needs,
      found: String(need),
      allowed: `at most ${people}`,
      nearest: String(people),
      message: `\`${formatPath(needs)}\` is ${need}, but only ${people} ${people === 1 ? 'person' : 'people'} may approve.`,
      remedy: `Write \`need: ${people}\`, or name more approvers.`,
      restsOn: [[...path, 'approvers']],
    }),
  ];
}

function ofClaim({ identity }: ApprovalStage, path: Path): readonly Incompatibility[] {
  if (identity.kind !== 'token' || !NOT_A_PERSON.includes(identity.claim)) return [];
  const claim = [...path, 'identity', 'token', 'claim'];
  return [
    refusal({
      path: claim,
      found: identity.claim,
      allowed: 'a claim that names one person, for example sub or email',
      message: `\`${formatPath(claim)}\` is ${identity.claim}, which is no person's name.`,
      remedy: 'Write `claim: email` or `claim: sub`.',
    }),
  ];
}
