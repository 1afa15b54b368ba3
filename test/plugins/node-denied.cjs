// Does the one thing that its first argument names, and ends with Node's own words if it can't. It is no plugin.
'use strict';
const fs = require('node:fs');
const [, , what, path] = process.argv;
const deeds = {
  write: () => fs.writeFileSync(path, 'x'),
  temp: () => fs.mkdtempSync('/tmp/words-'),
  home: () => require('node:os').userInfo(),
  lookup: () => require('node:dns').promises.lookup(path),
  fetch: () => fetch(path),
  connect: () => require('node:net').connect(5432, path),
  listen: () => require('node:net').createServer().listen(Number(path)),
  chown: () => fs.chownSync(path, 12, 12),
  fill: () => fs.writeFileSync(path, Buffer.alloc(80 << 20)),
  'open-many': () => {
    for (;;) fs.openSync(process.execPath);
  },
  heap: () => {
    const kept = [];
    for (;;) kept.push(new Array(1e5).fill(kept.length));
  },
  spawn: () => {
    fs.copyFileSync(process.execPath, path);
    fs.chmodSync(path, 0o755);
    require('node:child_process').execFileSync(path, ['--version']);
  },
};
deeds[what]();
