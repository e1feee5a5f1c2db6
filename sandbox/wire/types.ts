/**
 * An SDK input type after validation. The SDK types a required member as `X: T | undefined`; once the model's `required` lists
 * were enforced it cannot be undefined any more. Optional members stay optional.
 */
export type Checked<T> = T extends string | number | boolean | bigint | Date | Uint8Array
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Checked<Item>[]
    : T extends object
      ? { readonly [K in keyof T]: object extends Pick<T, K> ? Checked<T[K]> : Checked<Exclude<T[K], undefined>> }
      : T;

/** An SDK output type without the SDK's own metadata; read-only, because handlers answer from records that nobody may change. */
export type Answered<T> = Frozen<Omit<T, '$metadata'>>;

type Frozen<T> = T extends string | number | boolean | bigint | Date | Uint8Array
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Frozen<Item>[]
    : T extends object
      ? { readonly [K in keyof T]: Frozen<T[K]> }
      : T;
