import type { SandboxClock } from '../../ports';
import { CloudWatchError } from '../errors';
import type { MetricStore } from '../store/metric-store';
import type { AlarmStore } from './alarm-store';
import { evaluateWatch } from './evaluate';
import { childrenOf, holds, parseRule, type Rule } from './rule';
import type { Alarm } from './types';
import { toWatch, type Watch } from './watch';

/** High-resolution alarms are evaluated this often, all others once a minute; provider time. */
const TICK_MS = 10_000;
const TICKS_PER_MINUTE = 6;

/** Brings alarms to the state their data asks for, by itself and on demand. */
export class Evaluator {
  private readonly stopping = new AbortController();
  private readonly watches = new WeakMap<Alarm['definition'], Watch>();
  private readonly rules = new WeakMap<Alarm['definition'], Rule>();

  constructor(
    private readonly alarms: AlarmStore,
    private readonly metrics: MetricStore,
    private readonly clock: SandboxClock
  ) {}

  /** Evaluates for ever; resolves once stopped. */
  async run(): Promise<void> {
    const { signal } = this.stopping;
    for (let tick = 1; !signal.aborted; tick++) {
      try {
        await this.clock.wait(TICK_MS, signal);
      } catch {
        // The one reason for a wait to fail is that it was ended, by us or by the clock's own end.
        return;
      }
      try {
        this.evaluate(tick % TICKS_PER_MINUTE === 0 ? 'all' : 'highResolution');
      } catch (cause) {
        // One evaluation that breaks must not end all later ones, nor stay unheard.
        process.emitWarning(`CloudWatch alarms could not be evaluated: ${String(cause)}`, 'SandboxInternalError');
      }
    }
  }

  stop(): void {
    this.stopping.abort();
  }

  /** Evaluates alarms now: metric alarms first, then composite ones until none changes. */
  evaluate(which: 'all' | 'highResolution' = 'all'): void {
    for (const alarm of this.alarms.all()) if (alarm.kind === 'metric') this.evaluateMetric(alarm, which);
    const composites = this.alarms.all().filter(({ kind }) => kind === 'composite');
    // Each pass settles at least one more level; a cycle ends with the passes.
    for (let pass = 0; pass < composites.length; pass++) {
      const changes = composites.map(({ name }) => this.evaluateComposite(name));
      if (!changes.includes(true)) return;
    }
  }

  private evaluateMetric(alarm: Alarm & { readonly kind: 'metric' }, which: 'all' | 'highResolution'): void {
    const watch = this.watchOf(alarm);
    if (which === 'highResolution' && watch.periodSeconds >= 60) return;
    const nowMs = this.clock.now();
    try {
      const finding = evaluateWatch(watch, this.metrics, nowMs);
      if (!finding) return;
      const { state, reason, reasonData } = finding;
      // The reason tells why the state was entered, so it stays while the state does.
      if (state !== alarm.state.value) this.alarms.setState(alarm, { value: state, reason, reasonData }, nowMs);
    } catch (cause) {
      if (!(cause instanceof CloudWatchError)) throw cause;
      this.alarms.setState(alarm, { value: 'INSUFFICIENT_DATA', reason: cause.message }, nowMs);
    }
  }

  /** The alarm's definition, ready to be evaluated. */
  watchOf(alarm: Alarm & { readonly kind: 'metric' }): Watch {
    const known = this.watches.get(alarm.definition);
    if (known) return known;
    const watch = toWatch(alarm.definition);
    this.watches.set(alarm.definition, watch);
    return watch;
  }

  private evaluateComposite(name: string): boolean {
    const alarm = this.alarms.get(name);
    if (alarm?.kind !== 'composite') return false;
    const rule = this.ruleOf(alarm);
    const value = holds(rule, (child) => this.alarms.get(child)?.state.value) ? 'ALARM' : 'OK';
    if (value === alarm.state.value) return false;
    const children = childrenOf(rule).map((child) => `${child} is ${this.alarms.get(child)?.state.value ?? 'deleted'}`);
    const reason = `The rule of this alarm ${value === 'ALARM' ? 'holds' : 'does not hold'}: ${children.join(', ') || 'it is constant'}.`;
    this.alarms.setState(alarm, { value, reason }, this.clock.now());
    return true;
  }

  private ruleOf(alarm: Alarm & { readonly kind: 'composite' }): Rule {
    const known = this.rules.get(alarm.definition);
    if (known) return known;
    const rule = parseRule(alarm.definition.AlarmRule ?? '');
    this.rules.set(alarm.definition, rule);
    return rule;
  }
}
