import type { Answered } from './operations';

const BEGIN = '<!-- operations: written by tools/sandbox-operations.mjs -->';
const END = '<!-- end of operations -->';
const WORDS = { implemented: 'implemented', refused: 'refused by name' } as const;

/** Puts the table between the document's two marks. Throws when they are not there. */
export function writeOperations(document: string, answers: readonly Answered[]): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`the document lacks ${BEGIN} … ${END}`);
  return `${document.slice(0, begin)}${BEGIN}\n\n${tables(answers)}\n\n${document.slice(end)}`;
}

function tables(answers: readonly Answered[]): string {
  const services = [...new Set(answers.map(({ service }) => service))];
  const of = (service: string) => answers.filter((answer) => answer.service === service);
  const count = (service: string, standing: Answered['standing']) =>
    of(service).filter((answer) => answer.standing === standing).length;
  const summary = services.map(
    (service) => `| ${service} | ${count(service, 'implemented')} | ${count(service, 'refused')} |`
  );
  const details = services.map((service) =>
    [
      `<details><summary>${service}</summary>`,
      '',
      '| operation | |',
      '|---|---|',
      ...of(service).map(({ operation, standing }) => `| \`${operation}\` | ${WORDS[standing]} |`),
      '',
      '</details>',
    ].join('\n')
  );
  return [['| service | implemented | refused by name |', '|---|--:|--:|', ...summary].join('\n'), ...details].join(
    '\n\n'
  );
}

/** The operations of one service with their standing, as the document says. */
export function readOperations(document: string, service: string): readonly (readonly [string, string])[] {
  const section = document.split(`<summary>${service}</summary>`)[1]?.split('</details>')[0] ?? '';
  return [...section.matchAll(/^\| `(\w+)`\s+\| (.*?)\s*\|$/gm)].map(([, operation = '', words = '']) => [
    operation,
    Object.entries(WORDS).find(([, text]) => text === words)?.[0] ?? words,
  ]);
}
