/** Makes JavaScript of a TypeScript module for a guest, in which nothing compiles. */
import typescript from 'typescript';

export function transpile(text: string): string {
  return typescript.transpileModule(text, {
    compilerOptions: {
      target: typescript.ScriptTarget.ES2022,
      module: typescript.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    },
  }).outputText;
}
