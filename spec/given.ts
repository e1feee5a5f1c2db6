/** A key only when there is a value: absent and undefined are not the same to `exactOptionalPropertyTypes`, nor to JSON. */
export function given<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V };
export function given(key: string, value: unknown): Readonly<Record<string, unknown>> {
  return value === undefined ? {} : { [key]: value };
}
