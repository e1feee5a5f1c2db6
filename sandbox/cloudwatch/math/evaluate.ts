import type { TimeSeries } from '../data/windows';
import { callFunction, type MathContext } from './functions';
import type { Expression } from './parse';
import { ExpressionError } from './tokens';
import { combine, mapValue, scalar, type Value } from './values';

const WORDS = new Set(['REPEAT', 'LINEAR', 'ASC', 'DESC']);

/** Evaluates an expression; `lookUp` yields what an id of the request stands for. Throws ExpressionError. */
export function evaluate(
  expression: Expression,
  lookUp: (name: string) => Value | undefined,
  context: MathContext
): Value {
  const inner = (part: Expression): Value => evaluate(part, lookUp, context);
  switch (expression.kind) {
    case 'number':
      return scalar(expression.value);
    case 'string':
      return { kind: 'word', word: expression.value };
    case 'name': {
      const found = lookUp(expression.name);
      if (found) return found;
      if (WORDS.has(expression.name.toUpperCase())) return { kind: 'word', word: expression.name.toUpperCase() };
      throw new ExpressionError(`The id '${expression.name}' is unknown.`);
    }
    case 'list':
      return { kind: 'list', items: expression.items.map(inner).flatMap(toItems) };
    case 'call':
      return callFunction(expression.name, expression.arguments.map(inner), context);
    case 'unary':
      return mapValue(inner(expression.operand), (value) =>
        expression.operator === '-' ? -value : Number(value === 0)
      );
    case 'binary':
      return combine(expression.operator, inner(expression.left), inner(expression.right));
  }
}

function toItems(value: Value): readonly TimeSeries[] {
  if (value.kind === 'series') return [value.series];
  if (value.kind === 'list') return value.items;
  throw new ExpressionError('An array holds metrics only.');
}
