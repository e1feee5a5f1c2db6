import type { Finding } from './finding';
import { valueAt } from './words';
import type { Path } from './problem';
import { formatPath, isSame } from './problem';
import { keysAt } from './shape';

/**
 * Lines that stand beside the key they belong under (`- canary:` followed by `share:` at the same depth) look like one key without
 * a value and several unknown ones. They become one complaint, and move to where they belong.
 */
export function unindented(findings: readonly Finding[], root: unknown): readonly Finding[] {
  const bare = findings.filter(
    ({ complaint, repairs }) => repairs[0]?.kind === 'set' && valueAt(root, complaint.path) === null
  );
  return bare.reduce<readonly Finding[]>((rest, finding) => {
    const strays = rest.filter((other) => isStray(other, finding.complaint.path, root));
    const [first] = strays;
    if (first === undefined) return rest;
    const one = gathered(finding, [first, ...strays.slice(1)]);
    return rest.flatMap((other) => (other === finding ? [one] : strays.includes(other) ? [] : [other]));
  }, findings);
}

function gathered(bare: Finding, strays: readonly [Finding, ...Finding[]]): Finding {
  const { path } = bare.complaint;
  const names = strays.map(({ complaint }) => complaint.found);
  const key = String(path.at(-1));
  const [stand, them] = strays.length === 1 ? ['stands', 'it'] : ['stand', 'them'];
  const complaint = {
    path: strays[0].complaint.path,
    about: 'key',
    found: names.join(', '),
    allowed: `the keys of \`${key}\`, indented below it`,
    message: `${names.map((name) => `\`${name}\``).join(' and ')} ${stand} beside \`${formatPath(path)}\` instead of under it.`,
    remedy: `Indent ${them} deeper than \`${key}:\`.`,
  } as const;
  const moves = strays.map(
    (stray) => ({ kind: 'move', path: stray.complaint.path, to: [...path, stray.complaint.found] }) as const
  );
  return { complaint, repairs: moves };
}

function isStray({ complaint }: Finding, bare: Path, root: unknown): boolean {
  const key = complaint.path.at(-1);
  const isBeside = isSame(complaint.path.slice(0, -1), bare.slice(0, -1));
  return isBeside && complaint.about === 'key' && complaint.found === key && keysAt(bare, root).includes(key);
}
