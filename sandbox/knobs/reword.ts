import type { Rewording } from './shapes';

/** Words a message as the user wants it: the first rule that matches replaces what it matches. */
export type Reword = (message: string) => string;

export function rewordBy(texts: readonly Rewording[]): Reword {
  const rules = texts.map(({ match, text }) => ({ pattern: new RegExp(match), text }));
  return (message) => {
    const rule = rules.find(({ pattern }) => pattern.test(message));
    return rule ? message.replace(rule.pattern, rule.text) : message;
  };
}
