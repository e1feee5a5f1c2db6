import { z } from 'zod';
import { get, readText, redacted, type Transport } from './http';
import { type Platform, platformName, wheelFit } from './platform';

/** A wheel as an index offers it. */
export interface Wheel {
  readonly filename: string;
  readonly url: URL;
  readonly sha256: string;
  /** Absent in the older HTML form of an index. */
  readonly sizeBytes?: number;
}

type Listed = Omit<Wheel, 'sha256'> & { readonly sha256: string | undefined };

const page = z.object({
  files: z.array(
    z.object({
      filename: z.string(),
      url: z.string(),
      hashes: z.record(z.string(), z.string()),
      size: z.number().optional(),
    })
  ),
});

/** Newer indexes answer JSON (PEP 691); many private mirrors know only HTML (PEP 503). */
const ACCEPT = 'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1';

function fromHtml(html: string, base: URL): readonly Listed[] {
  return [...html.matchAll(/<a\b[^>]*\bhref\s*=\s*["']([^"']+)["']/gi)].map(([, href = '']) => {
    const url = new URL(href.replaceAll('&amp;', '&'), base);
    const sha256 = /sha256=([0-9a-f]{64})/i.exec(url.hash)?.[1]?.toLowerCase();
    url.hash = '';
    return { filename: decodeURIComponent(url.pathname.split('/').at(-1) ?? ''), url, sha256 };
  });
}

function fromJson(text: string, base: URL): readonly Listed[] {
  return page.parse(JSON.parse(text)).files.map(({ filename, url, hashes, size }) => ({
    filename,
    url: new URL(url, base),
    sha256: hashes.sha256?.toLowerCase(),
    ...(size === undefined ? {} : { sizeBytes: size }),
  }));
}

async function listed(index: string, project: string, transport: Transport): Promise<readonly Listed[]> {
  const { url, response } = await get(new URL(`${index.replace(/\/+$/, '')}/${project}/`), transport, {
    accept: ACCEPT,
  });
  const body = await readText(response);
  const files = response.headers['content-type']?.includes('json') ? fromJson(body, url) : fromHtml(body, url);
  // As pip does: what the index was given as credentials also opens the files on the same host.
  return files.map((file) => {
    if (file.url.host === url.host && file.url.username === '') {
      file.url.username = url.username;
      file.url.password = url.password;
    }
    return file;
  });
}

/** The platform tags of a wheel's file name, `undefined` when it is another version or no wheel at all. */
function tagsOf(filename: string, { project, version }: { readonly project: string; readonly version: string }) {
  const parts = /^(.+?)-([^-]+)(?:-\d[^-]*)?-[^-]+-[^-]+-([^-]+)\.whl$/.exec(filename);
  if (!parts || parts[1]?.replaceAll(/[-_.]+/g, '-').toLowerCase() !== project || parts[2] !== version)
    return undefined;
  return parts[3]?.split('.');
}

/**
 * Finds the wheel of exactly this version for a platform, the native one before one that needs translation. Throws
 * with one line when the index cannot be read, has none, or does not state its SHA-256.
 */
export async function findWheel(
  index: string,
  wanted: { readonly project: string; readonly version: string; readonly platform: Platform },
  transport: Transport
): Promise<Wheel> {
  const fits = (await listed(index, wanted.project, transport))
    .flatMap((file) => {
      const scores = tagsOf(file.filename, wanted)?.map((tag) => wheelFit(tag, wanted.platform));
      const known = scores?.filter((score) => score !== undefined) ?? [];
      return known.length > 0 ? [{ file, score: Math.min(...known) }] : [];
    })
    .sort((a, b) => a.score - b.score);
  const best = fits[0]?.file;
  const what = `${wanted.project} ${wanted.version}`;
  if (!best) throw new Error(`${redacted(index)} has no ${what} for ${platformName(wanted.platform)}`);
  if (best.sha256 === undefined) throw new Error(`${redacted(index)} states no sha256 for ${best.filename}`);
  return { ...best, sha256: best.sha256 };
}
