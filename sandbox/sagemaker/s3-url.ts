/** Reads `s3://bucket/key` and the https forms of it (path style, and virtual host style). `undefined` for anything else. */
export function parseS3Url(url: string): { readonly bucket: string; readonly key: string } | undefined {
  const plain = /^s3:\/\/([^/]+)\/?(.*)$/s.exec(url);
  if (plain?.[1]) return { bucket: plain[1], key: plain[2] ?? '' };
  const virtual = /^https:\/\/([^/]+)\.s3[.-][^/]*\/(.*)$/s.exec(url);
  if (virtual?.[1]) return { bucket: virtual[1], key: virtual[2] ?? '' };
  const path = /^https:\/\/s3[.-][^/]*\/([^/]+)\/?(.*)$/s.exec(url);
  return path?.[1] ? { bucket: path[1], key: path[2] ?? '' } : undefined;
}
