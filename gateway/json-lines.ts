/**
 * One value a line; empty lines count for nothing.
 *
 * @throws on a line that `isValid` refuses, naming `what` it should be: half-read evidence must not look like little evidence
 */
export function parseJsonLines<T>(
  text: string,
  { what, isValid }: { readonly what: string; readonly isValid: (value: unknown) => value is T }
): readonly T[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const value = parsed(line);
      if (!isValid(value)) throw new Error(`Not ${what}: ${line.slice(0, 200)}`);
      return value;
    });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // No valid value is undefined, so the line is refused with its text.
    return undefined;
  }
}

export function formatJsonLine(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
