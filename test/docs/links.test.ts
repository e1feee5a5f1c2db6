import { expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { MONITOR_KINDS } from '../../monitors/types';
import { optionsParser, pageOf } from '../../scripts/monitors/complaints';

const root = path.join(__dirname, '../..');
const pages = ['docs', 'examples', 'bench']
  .flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true }).map((name) => path.join(folder, String(name)))
  )
  .concat(['README.md', 'CHANGELOG.md', 'STYLE.md'])
  .filter((name) => name.endsWith('.md') && !name.includes('node_modules'));

/** What is not code. */
const proseOf = (page: string): string =>
  readFileSync(path.join(root, page), 'utf8')
    .replaceAll(/^```[\s\S]*?^```/gm, '')
    .replaceAll(/`[^`\n]*`/g, '`');

/** As GitHub makes them of headings. */
function anchorsOf(page: string): readonly string[] {
  const text = readFileSync(path.join(root, page), 'utf8').replaceAll(/^```[\s\S]*?^```/gm, '');
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .replaceAll(' ', '-')
  );
}

test('every link between pages leads to a page and a heading that are there', () => {
  const broken = pages.flatMap((page) =>
    [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
      if (/^[a-z]+:/.test(link)) return [];
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? page : path.join(path.dirname(page), file);
      const isThere = existsSync(path.join(root, target));
      if (isThere && (anchor === undefined || !target.endsWith('.md') || anchorsOf(target).includes(anchor))) return [];
      return [`${page}: ${link}`];
    })
  );
  expect(pages.length).toBeGreaterThan(20);
  expect(broken).toEqual([]);
});

test('every kind of monitor has a page, which the entrance names and which lists every option that its analyzer knows', () => {
  const entrance = readFileSync(path.join(root, 'docs/monitors.md'), 'utf8');
  for (const kind of MONITOR_KINDS) {
    expect(entrance).toContain(`(${path.relative('docs', pageOf(kind))})`);
    const page = readFileSync(path.join(root, pageOf(kind)), 'utf8');
    const untold = optionsOf(kind).filter((option) => !new RegExp(`\`${option}\\b`).test(page));
    expect({ kind, untold }).toEqual({ kind, untold: [] });
  }
});

/** An option that nobody knows is refused with a list of those that there are. */
function optionsOf(kind: (typeof MONITOR_KINDS)[number]): readonly string[] {
  const parsed = optionsParser(kind)({ noSuchOption: 1 });
  const told = 'problems' in parsed ? parsed.problems.find(({ option }) => option === 'noSuchOption') : undefined;
  expect(told).toBeDefined();
  return [...(told?.remedy.matchAll(/\w+/g) ?? [])].map(([word]) => word).filter((word) => /^[a-z]/.test(word));
}
