import type { SettableClock } from '../engine/clock';
import { WaitAborted } from '../engine/clock';
import { globMatches } from '../engine/glob';
import type { Journal } from '../engine/journal';
import type { RandomStream } from '../engine/random';
import { BadFaults, parseFaults } from './parse';
import type { FaultKind, FaultOf, FaultRule, FaultSite } from './rule';
import { TokenBucket } from './token-bucket';

/** A rule with what it has seen and done since it was set. */
export interface FaultStatus extends FaultRule {
  /** Events that matched. */
  readonly matched: number;
  /** Events that it struck. */
  readonly hits: number;
}

/** The rules that are in force, as tests and the control API turn them. All of these throw BadFaults for rules that cannot be. */
export interface Faults {
  list(): readonly FaultStatus[];
  /** Replaces every rule. */
  set(rules: readonly FaultRule[]): void;
  /** Adds rules to those in force: all of them or, when one cannot be, none. */
  add(...rules: readonly FaultRule[]): void;
  /** Takes a rule away, and releases what it holds; `false` when there is none of that id. */
  remove(id: string): boolean;
  clear(): void;
}

interface ActiveRule {
  readonly rule: FaultRule;
  readonly random: RandomStream;
  readonly sinceMs: number;
  /** By operation. */
  readonly buckets: Map<string, TokenBucket>;
  readonly released: AbortController;
  matched: number;
  hits: number;
}

/** What a rule did to an event. */
export interface Strike<K extends FaultKind> {
  readonly fault: FaultOf<K>;
  /** Resolves when the rule is taken away, or after `providerMs`. Rejects when `signal` aborts. */
  hold(providerMs: number | undefined, signal: AbortSignal): Promise<void>;
}

/** Holds the rules and decides, for every event that could be struck, whether one of them strikes. Every hit is journalled. */
export class FaultBook implements Faults {
  #rules: readonly ActiveRule[] = [];
  #kinds: ReadonlySet<FaultKind> = new Set();

  constructor(
    private readonly options: {
      readonly clock: SettableClock;
      readonly journal: Journal;
      readonly random: (purpose: string) => RandomStream;
    }
  ) {}

  /** Without rules nothing needs to be asked. */
  get isEmpty(): boolean {
    return this.#rules.length === 0;
  }

  list(): readonly FaultStatus[] {
    return this.#rules.map(({ rule, matched, hits }) => ({ ...rule, matched, hits }));
  }

  set(rules: readonly FaultRule[]): void {
    const checked = parseFaults(rules, 'faults');
    for (const { released } of this.#rules) released.abort();
    this.#become(checked.map((rule) => this.#activate(rule)));
  }

  add(...rules: readonly FaultRule[]): void {
    const checked = parseFaults(rules, 'faults');
    const taken = checked.filter(({ id }) => this.#rules.some((active) => active.rule.id === id));
    if (taken.length > 0)
      throw new BadFaults(
        'faults',
        taken.map(({ id }) => `id: there is a rule "${id}" already`)
      );
    this.#become([...this.#rules, ...checked.map((rule) => this.#activate(rule))]);
  }

  remove(id: string): boolean {
    const gone = this.#rules.find(({ rule }) => rule.id === id);
    gone?.released.abort();
    this.#become(this.#rules.filter((one) => one !== gone));
    return gone !== undefined;
  }

  clear(): void {
    this.set([]);
  }

  /** The first rule of these kinds that strikes here; rules before it have counted the event too. */
  strike<K extends FaultKind>(kinds: readonly K[], site: FaultSite, accepts?: Accepts<K>): Strike<K> | undefined {
    if (!kinds.some((kind) => this.#kinds.has(kind))) return undefined;
    for (const active of this.#rules) {
      const fault = active.rule.then;
      if (!isOneOf(fault, kinds) || !matches(active.rule, site) || (accepts && !accepts(fault))) continue;
      active.matched += 1;
      if (!this.#isDue(active, site)) continue;
      active.hits += 1;
      this.#record(active.rule, site);
      return { fault, hold: (providerMs, signal) => this.#hold(active, providerMs, signal) };
    }
    return undefined;
  }

  #activate(rule: FaultRule): ActiveRule {
    return {
      rule,
      random: this.options.random(`fault/${rule.id}`),
      sinceMs: this.options.clock.elapsedMs(),
      buckets: new Map(),
      released: new AbortController(),
      matched: 0,
      hits: 0,
    };
  }

  #become(rules: readonly ActiveRule[]): void {
    this.#rules = rules;
    this.#kinds = new Set(rules.map(({ rule }) => rule.then.fault));
  }

  #isDue(active: ActiveRule, site: FaultSite): boolean {
    const { probability, nth, first, between } = active.rule.when ?? {};
    const seconds = (this.options.clock.elapsedMs() - active.sinceMs) / 1000;
    // Drawn for every matching event, so that the n-th event meets the n-th number whatever else is asked.
    const chance = probability === undefined ? 0 : active.random();
    const isDue =
      (nth === undefined || (typeof nth === 'number' ? nth === active.matched : nth.includes(active.matched))) &&
      (first === undefined || active.matched <= first) &&
      seconds >= (between?.fromSeconds ?? 0) &&
      seconds < (between?.toSeconds ?? Infinity) &&
      (probability === undefined || chance < probability);
    return isDue && !this.#isWithinRate(active, site);
  }

  /** A throttle with a rate strikes only what is beyond it. */
  #isWithinRate({ rule, buckets }: ActiveRule, site: FaultSite): boolean {
    if (rule.then.fault !== 'throttle' || rule.then.ratePerSecond === undefined) return false;
    const { ratePerSecond, burst = Math.max(1, Math.ceil(ratePerSecond)) } = rule.then;
    const key = `${site.service}.${site.operation}`;
    const bucket = buckets.get(key) ?? new TokenBucket(ratePerSecond, burst);
    buckets.set(key, bucket);
    return bucket.take();
  }

  #record(rule: FaultRule, site: FaultSite): void {
    const { service, operation, resource, variant } = site;
    this.options.journal.record({
      kind: 'fault',
      resource: [resource, variant].filter((part) => part !== undefined && part !== '').join('/'),
      from: `${service}.${operation}`,
      to: rule.then.fault,
      reason: rule.id,
    });
  }

  async #hold({ released }: ActiveRule, providerMs: number | undefined, signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, released.signal]);
    try {
      await this.options.clock.wait(providerMs ?? Number.MAX_SAFE_INTEGER, either);
    } catch (error) {
      if (!(error instanceof WaitAborted) || !released.signal.aborted || signal.aborted) throw error;
    }
  }
}

type Accepts<K extends FaultKind> = (fault: FaultOf<K>) => boolean;

function isOneOf<K extends FaultKind>(fault: FaultRule['then'], kinds: readonly K[]): fault is FaultOf<K> {
  return kinds.some((kind) => kind === fault.fault);
}

function matches({ match = {} }: FaultRule, site: FaultSite): boolean {
  return (
    (match.service === undefined || match.service === site.service) &&
    (match.operation === undefined || globMatches(match.operation, site.operation)) &&
    (match.resource === undefined || globMatches(match.resource, site.resource)) &&
    (match.variant === undefined || globMatches(match.variant, site.variant ?? ''))
  );
}
