#!/usr/bin/env node
// The version of Node.js is checked before anything is imported: an older one would fail on syntax that it does not
// know.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major > 20 || (major === 20 && minor >= 19)) {
  // Where no descriptor is left, the program itself can't be loaded, and nothing of it can describe the error.
  await answer().catch((error: unknown) => {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'EMFILE' && code !== 'ENFILE') throw error;
    process.stderr.write(
      `Error: FILE_UNUSABLE: ${message}\nHint: Raise the limit of open files of this process (ulimit -n), or end what holds many.\n`,
    );
    process.exitCode = 3;
  });
} else {
  process.stderr.write(
    `Error: bulkhead needs Node.js 20.19 or later, and this is ${process.versions.node} (${process.execPath}).\n`,
  );
  process.exitCode = 3;
}

async function answer(): Promise<void> {
  const { giveShortAnswer } = await import('./short-answers.ts');
  if (!(await giveShortAnswer(process.argv.slice(2)))) await import('./program.ts');
}

export {};
