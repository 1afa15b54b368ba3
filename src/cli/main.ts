#!/usr/bin/env node
// Nothing is imported before the version of Node.js is looked at: an older one fails in the middle of what it can't read.
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
