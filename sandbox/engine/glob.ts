/** Whether the whole of `text` matches a glob of `*` and `?`. Linear in practice: it only ever backs up to the last star. */
export function globMatches(glob: string, text: string): boolean {
  let g = 0;
  let t = 0;
  let star = -1;
  let mark = 0;
  while (t < text.length) {
    if (g < glob.length && glob[g] === '*') {
      star = g;
      mark = t;
      g += 1;
    } else if (g < glob.length && (glob[g] === '?' || glob[g] === text[t])) {
      g += 1;
      t += 1;
    } else if (star >= 0) {
      mark += 1;
      g = star + 1;
      t = mark;
    } else return false;
  }
  return /^\**$/.test(glob.slice(g));
}
