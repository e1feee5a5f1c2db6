import { CloudWatchError } from '../errors';
import type { AlarmState } from './types';

/** Rule of a composite alarm. */
export type Rule =
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'state'; readonly state: AlarmState; readonly alarm: string }
  | { readonly kind: 'not'; readonly rule: Rule }
  | { readonly kind: 'and' | 'or'; readonly rules: readonly Rule[] };

/** Alarms, constants and NOTs of one rule; CloudWatch takes a hundred alarms. */
const MAX_PARTS = 200;
const TOKEN =
  /\s*(?:(ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:"([^"]+)"|'([^']+)'|([^()"'\s]+))\s*\)|((?:AND|OR|NOT|TRUE|FALSE)\b|[()]))/giy;

interface Token {
  readonly word: string;
  readonly leaf?: Rule;
}

/** Parses `ALARM("a") AND NOT (OK(b) OR TRUE)`; names may be quoted, bare or ARNs. Throws ValidationError. */
export function parseRule(text: string): Rule {
  const tokens = tokenize(text);
  let at = 0;
  let parts = 0;
  const take = (word: string): boolean => {
    if (tokens[at]?.word !== word) return false;
    at += 1;
    return true;
  };
  const chain = (word: 'AND' | 'OR', next: () => Rule): Rule => {
    const rules = [next()];
    while (take(word)) rules.push(next());
    const [only] = rules;
    return only && rules.length === 1 ? only : { kind: word === 'AND' ? 'and' : 'or', rules };
  };
  const either = (): Rule => chain('OR', () => chain('AND', single));
  const single = (): Rule => {
    parts += 1;
    if (parts > MAX_PARTS) throw broken(text);
    if (take('NOT')) return { kind: 'not', rule: single() };
    if (take('TRUE')) return { kind: 'constant', value: true };
    if (take('FALSE')) return { kind: 'constant', value: false };
    if (take('(')) {
      const inner = either();
      if (!take(')')) throw broken(text);
      return inner;
    }
    const leaf = tokens[at]?.leaf;
    if (!leaf) throw broken(text);
    at += 1;
    return leaf;
  };
  const rule = either();
  if (at < tokens.length) throw broken(text);
  return rule;
}

function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const source = text.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const match = TOKEN.exec(source);
    if (!match) throw broken(text);
    const [, state, double, single, bare, word] = match;
    if (word !== undefined) tokens.push({ word: word.toUpperCase() });
    else tokens.push({ word: 'leaf', leaf: leafOf(state ?? '', double ?? single ?? bare ?? '') });
  }
  return tokens;
}

function leafOf(state: string, alarm: string): Rule {
  const states: Readonly<Record<string, AlarmState>> = {
    ALARM: 'ALARM',
    OK: 'OK',
    INSUFFICIENT_DATA: 'INSUFFICIENT_DATA',
  };
  const name = /^arn:[^:]*:cloudwatch:[^:]*:\d*:alarm:(.+)$/.exec(alarm)?.[1] ?? alarm;
  return { kind: 'state', state: states[state.toUpperCase()] ?? 'ALARM', alarm: name };
}

function broken(text: string): CloudWatchError {
  return new CloudWatchError('ValidationError', `AlarmRule must be a valid rule expression: ${text}`);
}

/** Whether a rule holds; an alarm that is gone is in no state. */
export function holds(rule: Rule, stateOf: (alarm: string) => AlarmState | undefined): boolean {
  switch (rule.kind) {
    case 'constant':
      return rule.value;
    case 'state':
      return stateOf(rule.alarm) === rule.state;
    case 'not':
      return !holds(rule.rule, stateOf);
    case 'and':
      return rule.rules.every((part) => holds(part, stateOf));
    case 'or':
      return rule.rules.some((part) => holds(part, stateOf));
  }
}

/** Names of the alarms a rule looks at. */
export function childrenOf(rule: Rule): readonly string[] {
  switch (rule.kind) {
    case 'constant':
      return [];
    case 'state':
      return [rule.alarm];
    case 'not':
      return childrenOf(rule.rule);
    case 'and':
    case 'or':
      return [...new Set(rule.rules.flatMap(childrenOf))];
  }
}
