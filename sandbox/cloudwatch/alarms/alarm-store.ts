import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Journal } from '../../files/journal';
import { actionsFor, type Alarm, type AlarmChange, type HistoryItem, type StateRecord } from './types';

type AlarmEvent =
  | { readonly op: 'put'; readonly alarm: Alarm }
  | { readonly op: 'delete'; readonly name: string }
  | { readonly op: 'state'; readonly name: string; readonly state: StateRecord }
  | { readonly op: 'history'; readonly item: HistoryItem };

/** AWS keeps alarm history thirty days. */
const HISTORY_MS = 30 * 86_400_000;
const MAX_HISTORY = 5_000;

/** Alarms with their states and history, on disk before anybody hears of a change. */
export class AlarmStore {
  private readonly alarms = new Map<string, Alarm>();
  private history: HistoryItem[] = [];
  private readonly journal: Journal<AlarmEvent>;
  private readonly listeners = new Set<(change: AlarmChange) => void>();

  constructor(dir: string) {
    mkdirSync(dir, { recursive: true });
    const path = join(dir, 'alarms.jsonl');
    const replay = (event: AlarmEvent): void => this.apply(event);
    this.journal = Journal.exists(path) ? Journal.open(path, replay) : Journal.create(path, []);
  }

  get(name: string): Alarm | undefined {
    return this.alarms.get(name);
  }

  /** In alphabetical order. */
  all(): readonly Alarm[] {
    return [...this.alarms.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Oldest first. */
  items(): readonly HistoryItem[] {
    return this.history;
  }

  put(alarm: Alarm, history?: Pick<HistoryItem, 'summary' | 'data'>): void {
    const item = { name: alarm.name, kind: alarm.kind, atMs: alarm.configuredMs, type: 'ConfigurationUpdate' as const };
    this.commit({ op: 'put', alarm }, ...(history ? [{ op: 'history' as const, item: { ...item, ...history } }] : []));
  }

  delete(alarm: Alarm, atMs: number): void {
    const data = JSON.stringify({ version: '1.0', type: 'Delete', deletedAlarm: { alarmName: alarm.name } });
    const item = { name: alarm.name, kind: alarm.kind, atMs, summary: `Alarm "${alarm.name}" deleted`, data };
    this.commit({ op: 'delete', name: alarm.name }, { op: 'history', item: { ...item, type: 'ConfigurationUpdate' } });
  }

  /** Records a state; a changed value goes into the history and to the listeners. */
  setState(
    alarm: Alarm,
    next: { readonly value: StateRecord['value']; readonly reason: string; readonly reasonData?: string },
    atMs: number
  ): void {
    const before = alarm.state;
    const hasChanged = before.value !== next.value;
    if (!hasChanged && before.reason === next.reason) return;
    const state: StateRecord = { ...next, updatedMs: atMs, changedMs: hasChanged ? atMs : before.changedMs };
    const summary = `Alarm updated from ${before.value} to ${next.value}`;
    const data = JSON.stringify({ version: '1.0', oldState: historyState(before), newState: historyState(state) });
    const item: HistoryItem = { name: alarm.name, kind: alarm.kind, atMs, type: 'StateUpdate', summary, data };
    this.commit({ op: 'state', name: alarm.name, state }, ...(hasChanged ? [{ op: 'history' as const, item }] : []));
    if (!hasChanged) return;
    const actions = actionsFor(alarm, next.value);
    const change = { name: alarm.name, from: before.value, to: next.value, reason: next.reason, atMs, actions };
    this.listeners.forEach((listener) => listener(change));
  }

  listen(listener: (change: AlarmChange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  close(): void {
    this.journal.close();
  }

  private commit(...events: readonly AlarmEvent[]): void {
    this.journal.append(events);
    events.forEach((event) => this.apply(event));
    this.journal.compactIfWorthwhile(() => this.snapshot());
  }

  private apply(event: AlarmEvent): void {
    switch (event.op) {
      case 'put':
        this.alarms.set(event.alarm.name, event.alarm);
        break;
      case 'delete':
        this.alarms.delete(event.name);
        break;
      case 'state': {
        const alarm = this.alarms.get(event.name);
        if (alarm) this.alarms.set(alarm.name, { ...alarm, state: event.state });
        break;
      }
      case 'history':
        this.remember(event.item);
        break;
    }
  }

  private remember(item: HistoryItem): void {
    this.history.push(item);
    if (this.history.length < MAX_HISTORY * 1.2) return;
    this.history = this.history.filter(({ atMs }) => atMs > item.atMs - HISTORY_MS).slice(-MAX_HISTORY);
  }

  private *snapshot(): Generator<AlarmEvent> {
    for (const alarm of this.alarms.values()) yield { op: 'put', alarm };
    for (const item of this.history) yield { op: 'history', item };
  }
}

function historyState({ value, reason, reasonData }: StateRecord): object {
  const data: unknown = reasonData === undefined ? undefined : parsed(reasonData);
  return { stateValue: value, stateReason: reason, ...(data === undefined ? {} : { stateReasonData: data }) };
}

/** SetAlarmState takes any text as reason data. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
