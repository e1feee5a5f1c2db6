import { ExpressionError, tokenize, type Token } from './tokens';

/** Syntax tree of a metric-math expression. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'call'; readonly name: string; readonly arguments: readonly Expression[] }
  | { readonly kind: 'unary'; readonly operator: '-' | '!'; readonly operand: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    };

export type BinaryOperator = '+' | '-' | '*' | '/' | '^' | '==' | '!=' | '<' | '>' | '<=' | '>=' | 'AND' | 'OR';

/** Weakest first; operators of one level bind to the left, powers to the right. */
const LEVELS: readonly (readonly BinaryOperator[])[] = [
  ['OR'],
  ['AND'],
  ['==', '!=', '<', '>', '<=', '>='],
  ['+', '-'],
  ['*', '/'],
];
const SPELLINGS: Readonly<Record<string, BinaryOperator>> = { '&&': 'AND', '||': 'OR', and: 'AND', or: 'OR' };
const MAX_DEPTH = 100;

/** Parses an expression; throws ExpressionError. */
export function parseExpression(text: string): Expression {
  const parser = new Parser(tokenize(text));
  return parser.whole();
}

/** Names of metrics and expressions that an expression refers to. */
export function referencesOf(expression: Expression): readonly string[] {
  switch (expression.kind) {
    case 'name':
      return [expression.name];
    case 'list':
      return expression.items.flatMap(referencesOf);
    case 'call':
      return expression.arguments.flatMap(referencesOf);
    case 'unary':
      return referencesOf(expression.operand);
    case 'binary':
      return [...referencesOf(expression.left), ...referencesOf(expression.right)];
    case 'number':
    case 'string':
      return [];
  }
}

class Parser {
  private at = 0;
  private depth = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  whole(): Expression {
    const expression = this.level(0);
    const rest = this.tokens[this.at];
    if (rest) throw new ExpressionError(`Unexpected '${rest.value}'.`);
    return expression;
  }

  private level(index: number): Expression {
    const operators = LEVELS[index];
    if (!operators) return this.unary();
    let left = this.level(index + 1);
    for (let operator = this.operator(operators); operator; operator = this.operator(operators)) {
      left = { kind: 'binary', operator, left, right: this.level(index + 1) };
    }
    return left;
  }

  private operator(wanted: readonly BinaryOperator[]): BinaryOperator | undefined {
    const token = this.tokens[this.at];
    if (token?.kind !== 'symbol' && token?.kind !== 'name') return undefined;
    const found = SPELLINGS[token.value] ?? wanted.find((operator) => operator === token.value);
    if (!found || !wanted.includes(found)) return undefined;
    this.at += 1;
    return found;
  }

  private unary(): Expression {
    if (this.take('-')) return { kind: 'unary', operator: '-', operand: this.nested(() => this.unary()) };
    if (this.take('!')) return { kind: 'unary', operator: '!', operand: this.nested(() => this.unary()) };
    return this.power();
  }

  private power(): Expression {
    const left = this.primary();
    if (!this.take('^')) return left;
    return { kind: 'binary', operator: '^', left, right: this.nested(() => this.unary()) };
  }

  private primary(): Expression {
    const token = this.tokens[this.at];
    if (!token) throw new ExpressionError('Unexpected end of the expression.');
    this.at += 1;
    if (token.kind === 'number' || token.kind === 'string') return token;
    if (token.kind === 'name') {
      if (!this.take('(')) return { kind: 'name', name: token.value };
      return { kind: 'call', name: token.value.toUpperCase(), arguments: this.items(')') };
    }
    if (token.value === '[') return { kind: 'list', items: this.items(']') };
    if (token.value !== '(') throw new ExpressionError(`Unexpected '${token.value}'.`);
    const inner = this.nested(() => this.level(0));
    this.expect(')');
    return inner;
  }

  private items(end: string): readonly Expression[] {
    const items: Expression[] = [];
    if (this.take(end)) return items;
    do items.push(this.nested(() => this.level(0)));
    while (this.take(','));
    this.expect(end);
    return items;
  }

  private nested(parse: () => Expression): Expression {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) throw new ExpressionError('The expression is nested too deeply.');
    const parsed = parse();
    this.depth -= 1;
    return parsed;
  }

  private take(symbol: string): boolean {
    const token = this.tokens[this.at];
    if (token?.kind !== 'symbol' || token.value !== symbol) return false;
    this.at += 1;
    return true;
  }

  private expect(symbol: string): void {
    if (!this.take(symbol)) throw new ExpressionError(`Expected '${symbol}'.`);
  }
}
