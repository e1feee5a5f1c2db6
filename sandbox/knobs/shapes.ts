/** One thing that a user may set, with the value that it has otherwise. The first of several choices is the default. */
export type KnobShape =
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  | { readonly kind: 'flag'; readonly default: boolean }
  | { readonly kind: 'number'; readonly default: number; readonly min: number }
  | { readonly kind: 'texts' };

/** A message of the sandbox that is to be worded otherwise: a regular expression, and what stands in its place (`$1` for its groups). */
export interface Rewording {
  readonly match: string;
  readonly text: string;
}

export type ValueOf<Shape extends KnobShape> = Shape extends { readonly values: readonly (infer Choice)[] }
  ? Choice
  : Shape extends { readonly kind: 'flag' }
    ? boolean
    : Shape extends { readonly kind: 'number' }
      ? number
      : readonly Rewording[];

export function choice<const Values extends readonly [string, ...string[]]>(...values: Values) {
  return { kind: 'choice', values } as const;
}

export function flag(standard: boolean) {
  return { kind: 'flag', default: standard } as const;
}

/** A finite number, not below `min` (0 unless given). */
export function number(standard: number, min = 0) {
  return { kind: 'number', default: standard, min } as const;
}
