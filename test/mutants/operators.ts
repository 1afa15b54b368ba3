/** Small changes of a source file, each of which a test should notice. */
import ts from 'typescript';

export interface Mutant {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** What was changed: the old text, an arrow, and the new text, each cut to 80 characters. */
  readonly change: string;
  /** The line on which the change begins, without the spaces around it. */
  readonly lineText: string;
  /** Where the change is, and what was changed. */
  readonly what: string;
}

const swapped: Readonly<Record<string, string>> = {
  '===': '!==',
  '!==': '===',
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '&&': '||',
  '||': '&&',
  '+': '-',
  '-': '+',
  '*': '/',
};

/** Methods that answer the opposite question, or look from the other end. */
const twins: ReadonlyMap<string, string> = new Map([
  ['some', 'every'],
  ['every', 'some'],
  ['startsWith', 'includes'],
  ['endsWith', 'includes'],
  ['min', 'max'],
  ['max', 'min'],
]);

/** Returns every change of the file that is worth trying. Types, imports and messages of errors are left alone. */
export function mutantsOf(path: string, source: string): Mutant[] {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.ES2023, true);
  const mutants: Mutant[] = [];
  const add = (node: ts.Node, text: string): void => {
    const start = node.getStart(file);
    const { line, character } = file.getLineAndCharacterOfPosition(start);
    const change = `${brief(source.slice(start, node.end))} -> ${brief(text)}`;
    const lineText = (source.split('\n')[line] ?? '').trim();
    const what = `${path}:${line + 1}:${character + 1}: ${change}`;
    mutants.push({ start, end: node.end, text, change, lineText, what });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isInterfaceDeclaration(node)) return;
    if (ts.isThrowStatement(node) || ts.isTypeAliasDeclaration(node)) return;
    if (ts.isBinaryExpression(node)) {
      const other = swapped[node.operatorToken.getText(file)];
      const isText = [node.left, node.right].some((side) => ts.isStringLiteralLike(side));
      if (other !== undefined && !isText) add(node.operatorToken, other);
      else if (other !== undefined && /[=&|]/.test(other)) add(node.operatorToken, other);
      if (['&&', '||', '??'].includes(node.operatorToken.getText(file))) {
        // A default of nothing is mostly there for the type checker alone.
        if (!["''", 'undefined', '[]'].includes(node.right.getText(file))) add(node, node.left.getText(file));
        add(node, node.right.getText(file));
      }
    }
    if (ts.isIfStatement(node)) {
      add(node.expression, 'true');
      add(node.expression, 'false');
    }
    if (ts.isConditionalExpression(node)) {
      add(node.condition, 'true');
      add(node.condition, 'false');
    }
    if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) {
      add(node, node.operand.getText(file));
    }
    if (node.kind === ts.SyntaxKind.TrueKeyword) add(node, 'false');
    if (node.kind === ts.SyntaxKind.FalseKeyword) add(node, 'true');
    // A limit that differs by one in a hundred is no other limit to anybody.
    if (ts.isNumericLiteral(node)) add(node, `(${node.text} ${Number(node.text) < 100 ? '+ 1' : '* 10'})`);
    if (ts.isExpressionStatement(node) && isEffect(node.expression)) add(node, ';');
    if (ts.isReturnStatement(node) && node.expression === undefined) add(node, ';');
    if (ts.isBreakOrContinueStatement(node) && !ts.isCaseClause(node.parent)) add(node, ';');
    if (ts.isSpreadElement(node) || ts.isSpreadAssignment(node)) add(node, '...[]');
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const { expression: list, name } = node.expression;
      const twin = twins.get(name.text);
      if (twin !== undefined) add(name, twin);
      if (name.text === 'filter') add(node, list.getText(file));
    }
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(file, visit);
  return mutants;
}

/** Whether an expression that stands alone can be left out: a call, awaited or not, or an assignment. */
function isEffect(expression: ts.Expression): boolean {
  if (ts.isAwaitExpression(expression) || ts.isVoidExpression(expression))
    return isEffect(expression.expression);
  if (ts.isBinaryExpression(expression)) return assignments.has(expression.operatorToken.kind);
  return ts.isCallExpression(expression) || ts.isDeleteExpression(expression);
}

const assignments: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.EqualsToken,
  ts.SyntaxKind.PlusEqualsToken,
  ts.SyntaxKind.MinusEqualsToken,
]);

function brief(text: string): string {
  return text.replace(/\s+/g, ' ').slice(0, 80);
}
