#!/usr/bin/env node
// The version of Node.js is checked before anything is imported: an older one would fail on syntax that it does not
// know.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major > 20 || (major === 20 && minor >= 19)) {
  await import('./program.ts');
} else {
  process.stderr.write(
    `Error: bulkhead needs Node.js 20.19 or later, and this is ${process.versions.node} (${process.execPath}).\n`,
  );
  process.exitCode = 3;
}

export {};
