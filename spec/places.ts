/** The names in braces in an address, in their order. */
export function placesIn(address: string): readonly string[] {
  return [...address.matchAll(/\{([^{}]*)\}/g)].map(([, name = '']) => name);
}
