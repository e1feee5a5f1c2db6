import type { YAMLError } from 'yaml';
import type { Place, RolloutDocument } from './document';
import { cutLooseAliases, scalarReaching } from './document';
import type { Problem } from './problem';

/** What the YAML reader stumbled over. */
export interface SyntaxReport {
  readonly problems: readonly Problem[];
  /** First line from which on the shape of the file is in doubt; undefined when every key stands where it was meant. */
  readonly doubtfulFrom?: number;
}

interface Words {
  readonly message: string;
  readonly allowed: string;
  readonly remedy: string;
  /** Whether keys may have ended up in the wrong place. */
  readonly isStructural: boolean;
}

const UNREADABLE = { allowed: 'YAML 1.2', isStructural: true } as const;
const READABLE = { allowed: 'YAML 1.2', isStructural: false } as const;

/** YAML's own mistakes, each once: what one of them brings in its wake is left out. */
export function syntaxReport(text: string, document: RolloutDocument): SyntaxReport {
  const stumbles = [...document.errors.map((error) => ofError(error, text, document)), ...looseAliases(document)];
  const structural = stumbles.filter(({ isStructural }) => isStructural).sort((a, b) => a.place.line - b.place.line);
  const first = structural[0];
  const told = stumbles.filter(
    (stumble) => !stumble.isStructural || stumble === first || stumble.code === 'TAB_AS_INDENT'
  );
  return {
    problems: told.map(({ place, found, allowed, message, remedy }) => ({
      ...place,
      path: '',
      found,
      allowed,
      message,
      remedy,
    })),
    ...(first === undefined ? {} : { doubtfulFrom: first.place.line }),
  };
}

interface Stumble extends Words {
  readonly code: string;
  readonly place: Place;
  readonly found: string;
}

function ofError(error: YAMLError, text: string, document: RolloutDocument): Stumble {
  const [from, to] = error.pos;
  const isUnclosed = error.code === 'MISSING_CHAR' && error.message.startsWith('Missing closing');
  const start = isUnclosed ? (scalarReaching(document.yaml, from) ?? from) : from;
  const isKey = error.code === 'DUPLICATE_KEY';
  const end = isKey ? start + text.slice(start).search(/\s*(:|$)/m) : isUnclosed ? start + 1 : to;
  const place = document.between(start, end);
  const found = text.slice(start, start + place.length);
  return { code: error.code, place, found: found.trim() === '' ? 'nothing' : found, ...wordsFor(error, found) };
}

function wordsFor({ code, message }: YAMLError, found: string): Words {
  switch (code) {
    case 'DUPLICATE_KEY': {
      const facts = { allowed: 'each key once', isStructural: false };
      return { ...facts, message: `The key ${quoted(found)} stands twice in one map.`, remedy: 'Remove one of them.' };
    }
    case 'TAB_AS_INDENT':
      return {
        ...UNREADABLE,
        message: 'A tab indents this line; YAML wants blanks.',
        remedy: 'Replace the tab by two blanks.',
      };
    case 'MULTIPLE_DOCS':
      return {
        ...UNREADABLE,
        message: 'A second document begins here.',
        remedy: 'Keep one rollout per file; remove this line.',
      };
    case 'BAD_INDENT': {
      const remedy = /flow/i.test(message) ? 'Close the bracket above.' : 'Align it with its neighbours.';
      return { ...UNREADABLE, message: `The indentation does not fit: ${lowered(message)}.`, remedy };
    }
    case 'MISSING_CHAR':
      if (!message.startsWith('Missing closing'))
        return { ...UNREADABLE, message: `${message}.`, remedy: 'Write `key: value`, with a blank after the colon.' };
      return { ...UNREADABLE, message: 'The quote that opens here is never closed.', remedy: 'Close the quote.' };
    case 'BAD_SCALAR_START':
      return { ...READABLE, message: `${message}.`, remedy: 'Put the value in quotes.' };
    case 'BAD_DQ_ESCAPE':
      return { ...READABLE, message: `${message}.`, remedy: 'Use single quotes, or double the backslash.' };
    case 'TAG_RESOLVE_FAILED':
      return { ...READABLE, message: `The tag ${quoted(found)} is not known here.`, remedy: 'Remove the tag.' };
    case 'UNEXPECTED_TOKEN':
      if (message.endsWith('at node end'))
        return {
          ...UNREADABLE,
          message: 'A value inside brackets contains a bracket.',
          remedy: 'Put the value in quotes.',
        };
      return { ...UNREADABLE, message: `Not YAML: ${lowered(message)}.`, remedy: 'Correct this line.' };
    default:
      return { ...UNREADABLE, message: `Not YAML: ${lowered(message)}.`, remedy: 'Correct this line.' };
  }
}

function looseAliases(document: RolloutDocument): readonly Stumble[] {
  return cutLooseAliases(document.yaml).map(({ name, at }) => ({
    ...READABLE,
    code: 'LOOSE_ALIAS',
    place: document.between(at, at + name.length + 1),
    found: `*${name}`,
    message: `The alias \`*${name}\` names no anchor above it.`,
    remedy: `Put \`&${name}\` before the value that is meant, or quote the text if it begins with a star.`,
  }));
}

function quoted(text: string): string {
  return `\`${text}\``;
}

function lowered(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1).replace(/\.$/, '');
}
