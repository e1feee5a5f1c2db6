import type { ReleaseState } from '../rollout';
import { plain } from './words';

const PHASES: Readonly<Record<ReleaseState['phase'], string>> = {
  rollingOut: 'rolling out',
  rollingBack: '**going back**',
  watching: 'all are promoted, and watched together',
  settling: 'all are promoted; the watches end',
  ended: 'ended',
};

/** A release on its page in the Temporal UI. */
export function releaseMarkdown({ name, steps, phase, stopped }: ReleaseState): string {
  const rows = steps.map(
    ({ wave, endpoint, candidate, standing, rolloutId, why }) =>
      `| ${wave + 1} | ${endpoint} | ${candidate} | ${standing} | ${rolloutId ?? ''} | ${plain(why ?? '').replaceAll('|', '\\|')} |`
  );
  const by = stopped === null ? [] : [`${plain(stopped.who)} said ${stopped.verb}: ${plain(stopped.why)}`, ''];
  return [
    `## Release ${name}: ${PHASES[phase]}`,
    '',
    ...by,
    '| wave | endpoint | candidate | stands | rollout | why |',
    '|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

/** The same as lines for a terminal. */
export function releaseLines({ name, steps, phase }: ReleaseState): readonly string[] {
  const width = Math.max(...steps.map(({ endpoint }) => endpoint.length));
  return [
    `Release ${name}: ${PHASES[phase].replaceAll('*', '')}`,
    ...steps.map(({ wave, endpoint, candidate, standing, why }) => {
      const reason = why === null ? '' : `  ${plain(why)}`;
      return `  ${wave + 1}  ${endpoint.padEnd(width)}  ${candidate}  ${standing}${reason}`;
    }),
  ];
}
