import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { baselineScores } from '../../monitors/attribution/artefacts';
import { listOf, recordOf } from '../../monitors/json';
import type { Artefacts, Json } from '../../monitors/types';
import { monitorPageMarkdown } from '../../report/monitor-page/markdown';
import { renderMonitorPage } from '../../report/monitor-page/page';
import type { Distribution, PageFeature, PagePart } from '../../report/monitor-page/types';
import type { VerbContext } from '../verb';

export interface PageOptions {
  readonly html?: string;
  readonly markdown?: string;
}

/** Writes the page, and the same as Markdown, where they are asked for. Resolves to the files. */
export async function writePages(
  context: VerbContext,
  { html, markdown }: PageOptions,
  content: { readonly title: string; readonly parts: readonly PagePart[] }
): Promise<readonly string[]> {
  const files = [
    ...(html === undefined ? [] : [{ name: html, text: renderMonitorPage(content) }]),
    ...(markdown === undefined ? [] : [{ name: markdown, text: monitorPageMarkdown(content) }]),
  ];
  for (const { name, text } of files) await writeFile(path.resolve(context.cwd, name), text);
  return files.map(({ name }) => name);
}

/** What SageMaker's files say of each feature before and now: histograms of `statistics.json`, attributions of `analysis.json`. */
export function featuresOf(baseline: Artefacts, current: Artefacts): readonly PageFeature[] {
  const [before, now] = [spreads(baseline), spreads(current)];
  return [...new Set([...before.keys(), ...now.keys()])].map((name) => ({
    name,
    baseline: before.get(name) ?? null,
    current: now.get(name) ?? null,
  }));
}

function spreads(artefacts: Artefacts): ReadonlyMap<string, Distribution> {
  const found = new Map<string, Distribution>();
  for (const feature of listOf(recordOf(artefacts['statistics.json'])['features'])) {
    const { name, numerical_statistics: numbers, string_statistics: texts } = recordOf(feature);
    const spread = numbersOf(numbers) ?? namesOf(texts);
    if (typeof name === 'string' && spread !== null) found.set(name, spread);
  }
  for (const { label, scores } of baselineScores(artefacts['analysis.json'])) {
    const total = scores.reduce((sum, [, score]) => sum + Math.abs(score), 0);
    if (total > 0)
      found.set(label, {
        kind: 'names',
        bars: scores.map(([name, score]) => ({ name, share: Math.abs(score) / total })),
      });
  }
  return found;
}

function numbersOf(statistics: Json | undefined): Distribution | null {
  const buckets = listOf(recordOf(recordOf(recordOf(statistics)['distribution'])['kll'])['buckets']).map(recordOf);
  const total = buckets.reduce((sum, { count }) => sum + Number(count), 0);
  if (!(total > 0)) return null;
  const bars = buckets.map(({ lower_bound: from, upper_bound: to, count }) => ({
    ...{ from: Number(from), to: Number(to), share: Number(count) / total },
  }));
  return bars.every(({ from, to }) => Number.isFinite(from) && Number.isFinite(to)) ? { kind: 'numbers', bars } : null;
}

function namesOf(statistics: Json | undefined): Distribution | null {
  const found = recordOf(recordOf(recordOf(statistics)['distribution'])['categorical'])['buckets'];
  const buckets = listOf(found).map(recordOf);
  const total = buckets.reduce((sum, { count }) => sum + Number(count), 0);
  if (!(total > 0)) return null;
  return {
    kind: 'names',
    bars: buckets.map(({ value, count }) => ({ name: textOf(value), share: Number(count) / total })),
  };
}

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : JSON.stringify(value ?? null));
