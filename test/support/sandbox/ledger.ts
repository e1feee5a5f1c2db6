/** One call that changes something: afterwards `key` holds `value`, or is gone when that is `undefined`. */
export interface Step {
  readonly key: string;
  readonly value: string | undefined;
  call(): Promise<unknown>;
}

/** Thrown by a step whose call got no answer: whether it took effect is not known. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/**
 * What a server must hold: for each key the value of the last acknowledged call. While a call is under way, and for ever when no
 * answer came, the values before and after it are both right.
 */
export class Ledger {
  readonly #allowed = new Map<string, ReadonlySet<string | undefined>>();
  readonly refusals: string[] = [];
  acknowledged = 0;
  inDoubt = 0;

  /** The one value of a key that is in no doubt. */
  value(key: string): string | undefined {
    const [value, ...others] = this.#of(key);
    if (others.length > 0) throw new Error(`${key} is in doubt`);
    return value;
  }

  /** The keys with this beginning that are there. */
  keys(prefix: string): readonly string[] {
    return [...this.#allowed.keys()].filter((key) => key.startsWith(prefix) && this.value(key) !== undefined);
  }

  async perform({ key, value, call }: Step): Promise<void> {
    const before = this.#of(key);
    this.#allowed.set(key, new Set([...before, value]));
    try {
      await call();
    } catch (error) {
      if (!wasAnswered(error)) {
        this.inDoubt += 1;
        throw new NoAnswer(key, { cause: error });
      }
      this.#allowed.set(key, before);
      this.refusals.push(`${key}: ${error instanceof Error ? error.message : String(error)}`);
      return;
    }
    this.#allowed.set(key, new Set([value]));
    this.acknowledged += 1;
  }

  /** Compares with what the server holds, and goes on from there. Returns a sentence for every difference. */
  reconcile(observed: ReadonlyMap<string, string>): readonly string[] {
    const keys = new Set([...this.#allowed.keys(), ...observed.keys()]);
    const wrong = [...keys].flatMap((key) => {
      const allowed = [...this.#of(key)];
      return allowed.includes(observed.get(key))
        ? []
        : [`${key} is ${observed.get(key) ?? 'gone'}, and should be ${allowed.map((v) => v ?? 'gone').join(' or ')}`];
    });
    for (const key of keys) this.#allowed.set(key, new Set([observed.get(key)]));
    return wrong;
  }

  #of(key: string): ReadonlySet<string | undefined> {
    return this.#allowed.get(key) ?? new Set([undefined]);
  }
}

/** The SDK notes the status of every answer, also of one it throws for. */
function wasAnswered(error: unknown): boolean {
  const metadata: unknown = typeof error === 'object' && error !== null && '$metadata' in error ? error.$metadata : {};
  return typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata;
}
