/**
 * Refuses a Node.js that is too old, with a sentence. Entry points of this package import this file first: whatever else
 * an older one lacks would be told in worse words.
 */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  throw new Error(
    `bulkhead needs Node.js 20.19 or later, and this is ${process.versions.node} (${process.execPath})`,
  );
}

export {};
