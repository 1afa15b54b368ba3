/** Small changes of a source file, each of which a test should notice. */
import ts from 'typescript';

export interface Mutant {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Line, and what was changed. */
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

/** Returns every change of the file that is worth trying. Types, imports and messages of errors are left alone. */
export function mutantsOf(path: string, source: string): Mutant[] {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.ES2023, true);
  const mutants: Mutant[] = [];
  const add = (node: ts.Node, text: string): void => {
    const start = node.getStart(file);
    const { line } = file.getLineAndCharacterOfPosition(start);
    const old = source.slice(start, node.end).replace(/\s+/g, ' ').slice(0, 80);
    mutants.push({ start, end: node.end, text, what: `${path}:${line + 1}: ${old} -> ${text.slice(0, 80)}` });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isInterfaceDeclaration(node)) return;
    if (ts.isThrowStatement(node) || ts.isTypeAliasDeclaration(node)) return;
    if (ts.isBinaryExpression(node)) {
      const other = swapped[node.operatorToken.getText(file)];
      const isText = [node.left, node.right].some((side) => ts.isStringLiteralLike(side));
      if (other !== undefined && !isText) add(node.operatorToken, other);
      else if (other !== undefined && /[=&|]/.test(other)) add(node.operatorToken, other);
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
    if (ts.isNumericLiteral(node)) add(node, `(${node.text} + 1)`);
    if (ts.isExpressionStatement(node) && ts.isCallExpression(node.expression)) add(node, ';');
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(file, visit);
  return mutants;
}
