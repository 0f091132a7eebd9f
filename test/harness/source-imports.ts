import ts from "typescript";

export interface SourceImport {
  readonly specifier: string;
  /** Gone after compilation. */
  readonly typeOnly: boolean;
}

export interface SourceFacts {
  readonly imports: readonly SourceImport[];
  /** Whether the code (not a comment or a text) reads `process.env`. */
  readonly readsEnvironment: boolean;
}

/** What a TypeScript file imports in any way: statements, re-exports, `import()`, `require()`, `import("…")` types. */
export function readSource(file: string, source: string): SourceFacts {
  const imports: SourceImport[] = [];
  let readsEnvironment = false;
  const visit = (node: ts.Node): void => {
    const found = importOf(node);
    if (found) imports.push(found);
    readsEnvironment ||= isEnvironment(node);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true));
  return { imports, readsEnvironment };
}

function importOf(node: ts.Node): SourceImport | undefined {
  if (ts.isImportDeclaration(node)) return at(node.moduleSpecifier, isTypeOnly(node.importClause));
  if (ts.isExportDeclaration(node)) return at(node.moduleSpecifier, node.isTypeOnly);
  if (ts.isImportTypeNode(node))
    return ts.isLiteralTypeNode(node.argument) ? at(node.argument.literal, true) : undefined;
  if (ts.isExternalModuleReference(node)) return at(node.expression, false);
  if (!ts.isCallExpression(node)) return undefined;
  const isImport = node.expression.kind === ts.SyntaxKind.ImportKeyword || node.expression.getText() === "require";
  return isImport ? at(node.arguments[0], false) : undefined;
}

/** `import type …`, and also `import { type A, type B } …`. */
function isTypeOnly(clause: ts.ImportClause | undefined): boolean {
  if (!clause) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const names = clause.namedBindings;
  return !clause.name && !!names && ts.isNamedImports(names) && names.elements.every((name) => name.isTypeOnly);
}

const at = (node: ts.Node | undefined, typeOnly: boolean): SourceImport | undefined =>
  node && ts.isStringLiteralLike(node) ? { specifier: node.text, typeOnly } : undefined;

function isEnvironment(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node)) return node.expression.getText() === "process" && node.name.text === "env";
  if (ts.isElementAccessExpression(node))
    return node.expression.getText() === "process" && /^["'`]env["'`]$/.test(node.argumentExpression.getText());
  if (ts.isVariableDeclaration(node))
    return node.initializer?.getText() === "process" && /\benv\b/.test(node.name.getText());
  return false;
}
