import type { Comparison } from './compare';
import type { PeerSuite } from './types';

const short = (value: unknown): string => {
  const text = typeof value === 'number' ? String(Number(value.toPrecision(6))) : JSON.stringify(value);
  return text === undefined ? '–' : text.length > 60 ? `${text.slice(0, 59)}…` : text;
};

/** Differences as a person reads them: `0`, `2.2e-16`. */
const difference = (value: number): string => (value === 0 ? '0' : value.toExponential(1));

/** The suite's part of docs/monitors-agreement.md. */
export function agreementTable(suite: PeerSuite, { agreements, deviating }: Comparison): string {
  const packages = [...suite.peer.packages, ...(suite.peer.jars ?? [])].join(', ');
  const rows = agreements.map(
    (one) =>
      `| ${one.quantity} | ${one.cases} | ${difference(one.largest)} | ${one.worst} | ${difference(one.tolerance)} | ${one.agrees ? 'yes' : '**no**'} |`
  );
  const differing = deviating.map((one) => `| ${one.where} | ${short(one.ours)} | ${short(one.peer)} | ${one.why} |`);
  return [
    `## ${suite.name}\n\n${packages}\n`,
    '| quantity | cases | largest difference | in | allowed | agrees |\n|---|---|---|---|---|---|',
    ...rows,
    ...(differing.length === 0
      ? []
      : ['\nWhere we differ on purpose:\n\n| case/quantity | ours | peer | why |\n|---|---|---|---|', ...differing]),
  ].join('\n');
}
