const compiled = new Map<string, RegExp | undefined>();

/**
 * Compiles a model pattern (Java syntax, implicitly anchored) to a JavaScript one that matches the whole value.
 * `undefined` for a pattern that JavaScript cannot express; a test asserts that the vendored models hold none.
 */
export function compilePattern(pattern: string): RegExp | undefined {
  if (compiled.has(pattern)) return compiled.get(pattern);
  const regex = tryCompile(translate(pattern));
  compiled.set(pattern, regex);
  return regex;
}

function translate(pattern: string): string {
  const anchorsStripped = pattern
    .replace(/^(\^|\\A)(?![^|]*\|\^)/, '')
    .replace(/(?<!\\)(\\z|\\Z)$/, '')
    // AWS's tag patterns end in `([...]*)${1,128}`: the `$` is a slip, and a counted star would backtrack without end.
    .replace(/(?<=\*\))\$\{\d+,\d+\}$/, '');
  return anchorsStripped.replace(/\\p\{(ASCII|Print)\}/g, (_, name: string, at: number) => {
    const range = name === 'ASCII' ? '\\x00-\\x7F' : '\\x20-\\x7E';
    return isInClass(anchorsStripped.slice(0, at)) ? range : `[${range}]`;
  });
}

/** Whether what follows this beginning of a pattern lies within `[...]`. */
function isInClass(beginning: string): boolean {
  const bare = beginning.replace(/\\./g, '');
  return bare.lastIndexOf('[') > bare.lastIndexOf(']');
}

function tryCompile(source: string): RegExp | undefined {
  for (const flags of ['u', '']) {
    try {
      return new RegExp(`^(?:${source})$`, flags);
    } catch {
      // `u` refuses needless escapes that some AWS patterns hold; without it they compile and mean the same.
    }
  }
  return undefined;
}
