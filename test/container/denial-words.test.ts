/** Words that look like a denial of ours and are not, and recorded words of programs that are not on this machine. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Given } from '../../src/container/denials/denial.ts';
import { hintForOutput, hintForWords } from '../../src/container/failure-hints.ts';

const denied: Given = {
  engine: 'docker',
  gvisor: false,
  network: 'none',
  readOnlyRoot: true,
  tmpfs: [],
  capabilities: [],
  noNewPrivileges: true,
  seccomp: true,
  memoryBytes: 1 << 30,
  pidsLimit: 512,
  uid: 65_532,
  programs: ['/app/plugin', '/srv/main.js'],
  temporary: {},
};
const asRoot: Given = { ...denied, uid: 0 };
const noTemporary: Given = { ...denied, temporary: { '/tmp': 'absent' } };
const closedTemporary: Given = { ...denied, temporary: { '/tmp': 'not writable' } };
const withTmpfs: Given = { ...denied, tmpfs: [{ path: '/tmp' }] };

const python = (last: string) =>
  `Traceback (most recent call last):\n  File "/p.py", line 1, in <module>\n${last}\n`;

const explained: readonly (readonly [string, Given, RegExp])[] = [
  // Python
  [python("OSError: [Errno 30] Read-only file system: '/var/lib/kv/a'"), denied, /path: '\/var\/lib\/kv'/],
  [python('OSError: [Errno 101] Network is unreachable'), denied, /`network: 'bridge'`/],
  [python('socket.gaierror: [Errno -3] Temporary failure in name resolution'), denied, /`network: 'bridge'`/],
  [python('socket.gaierror: [Errno -3] Try again'), denied, /`network: 'bridge'`/],
  [
    python(
      "FileNotFoundError: [Errno 2] No usable temporary directory found in ['/tmp', '/var/tmp', '/usr/tmp', '/']",
    ),
    noTemporary,
    /no \/tmp/,
  ],
  [
    python("PermissionError: [Errno 13] Permission denied: '/tmp/a'"),
    closedTemporary,
    /may not write to \/tmp/,
  ],
  [python("RuntimeError: can't start new thread"), denied, /512 processes[^]*`pidsLimit`/],
  [python('BlockingIOError: [Errno 11] Resource temporarily unavailable'), denied, /`pidsLimit`/],
  [python("OSError: [Errno 24] Too many open files: '/a'"), denied, /nofile/],
  [python("KeyError: 'getpwuid(): uid not found: 65532'"), denied, /\/etc\/passwd/],
  [python('RuntimeError: Could not determine home directory.'), denied, /\/etc\/passwd/],
  [python("OSError: [Errno 28] No space left on device: '/tmp/a'"), withTmpfs, /tmpfs at \/tmp/],
  [python('OSError: [Errno 28] No space left on device'), withTmpfs, /tmpfs at \/tmp/],
  // Java
  [
    'Exception in thread "main" java.nio.file.FileSystemException: /data/a: Read-only file system\n\tat a.b(C.java:1)\n',
    denied,
    /path: '\/data'/,
  ],
  [
    'Exception in thread "main" java.io.FileNotFoundException: /data/a (Read-only file system)\n\tat a.b(C.java:1)\n',
    denied,
    /path: '\/data'/,
  ],
  [
    'java.net.UnknownHostException: db: Temporary failure in name resolution\n\tat a.b(C.java:1)\n',
    denied,
    /`network/,
  ],
  ['java.net.SocketException: Network is unreachable\n\tat a.b(C.java:1)\n', denied, /`network/],
  [
    'Exception in thread "main" java.lang.OutOfMemoryError: unable to create native thread: possibly out of memory or process/resource limits reached\n\tat a.b(C.java:1)\n',
    denied,
    /`pidsLimit`/,
  ],
  [
    'Exception in thread "main" java.lang.OutOfMemoryError: Java heap space\n\tat a.b(C.java:1)\n',
    denied,
    /`memoryBytes`/,
  ],
  [
    'Exception in thread "main" java.lang.UnsatisfiedLinkError: /tmp/libnetty.so: /tmp/libnetty.so: failed to map segment from shared object\n\tat a.b(C.java:1)\n',
    withTmpfs,
    /exec: true/,
  ],
  // Rust
  [
    'thread \'main\' panicked at src/main.rs:2:5:\ncalled `Result::unwrap()` on an `Err` value: Os { code: 30, kind: ReadOnlyFilesystem, message: "Read-only file system" }\n',
    denied,
    /readOnlyRootFilesystem/,
  ],
  [
    'thread \'main\' panicked at src/main.rs:2:5:\ncalled `Result::unwrap()` on an `Err` value: Os { code: 101, kind: NetworkUnreachable, message: "Network is unreachable" }\n',
    denied,
    /`network/,
  ],
  [
    'thread \'main\' panicked at src/main.rs:2:5:\nfailed to spawn thread: Os { code: 11, kind: WouldBlock, message: "Resource temporarily unavailable" }\n',
    denied,
    /`pidsLimit`/,
  ],
  // glibc, coreutils, shells
  ["touch: cannot touch '/data/a': Read-only file system\n", denied, /path: '\/data'/],
  [
    "mktemp: failed to create file via template '/tmp/tmp.XXXXXXXXXX': Read-only file system\n",
    denied,
    /path: '\/tmp'/,
  ],
  ['/entry.sh: line 3: /app/log: Read-only file system\n', denied, /write elsewhere/],
  ["Error: EROFS: read-only file system, open '/srv/cache'\n", denied, /write elsewhere/],
  ['bash: fork: retry: Resource temporarily unavailable\n', denied, /`pidsLimit`/],
  ['curl: (6) Could not resolve host: db\n', denied, /`network/],
  ['ping: socktype: SOCK_RAW\nping: socket: Operation not permitted\n', denied, /NET_RAW/],
  ["chown: changing ownership of '/data': Operation not permitted\n", asRoot, /'CHOWN'/],
  ['mount: /mnt: permission denied.\n', asRoot, /'SYS_ADMIN'/],
  ['unshare: unshare failed: Operation not permitted\n', denied, /'SYS_ADMIN'/],
  ['RTNETLINK answers: Operation not permitted\n', denied, /'NET_ADMIN'/],
  // musl and Alpine
  ['su-exec: setgroups: Operation not permitted\n', asRoot, /`user`[^]*'SETUID', 'SETGID'/],
  ['su-exec: setgid(65534): Operation not permitted\n', asRoot, /`user`[^]*'SETUID', 'SETGID'/],
  ['error: failed switching to "nobody": operation not permitted\n', asRoot, /`user`[^]*'SETUID', 'SETGID'/],
  ['setpriv: setresuid failed: Operation not permitted\n', asRoot, /`user`/],
  ["su: can't set groups: Operation not permitted\n", asRoot, /`user`/],
  [
    'sudo: The "no new privileges" flag is set, which prevents sudo from running as root.\n',
    denied,
    /`noNewPrivileges: false`/,
  ],
  [
    "sudo: effective uid is not 0, is /usr/bin/sudo on a file system with the 'nosuid' option set or an NFS file system without root privileges?\n",
    denied,
    /`noNewPrivileges: false`/,
  ],
  ['su: must be suid to work properly\n', denied, /`noNewPrivileges: false`/],
  ['whoami: unknown uid 65532\n', denied, /\/etc\/passwd/],
  ['whoami: cannot find name for user ID 65532\n', denied, /\/etc\/passwd/],
  ['psql: error: local user with ID 65532 does not exist\n', denied, /\/etc\/passwd/],
  // Go
  ['listen tcp :80: bind: permission denied\n', denied, /port 80[^]*'NET_BIND_SERVICE'/],
  [
    '2026/01/01 00:00:00 dial tcp: lookup db on [::1]:53: read udp [::1]:4711->[::1]:53: read: connection refused\n',
    denied,
    /`network/,
  ],
  ['2026/01/01 00:00:00 open /data/a: read-only file system\n', denied, /readOnly/],
  ['$HOME is not defined\n', denied, /\/etc\/passwd/],
  [
    '{"@level":"error","@message":"no store","error":"dial tcp 10.0.0.1:5432: connect: network is unreachable"}\n{"@level":"info","@message":"bye"}\n',
    denied,
    /`network/,
  ],
  [
    '{"@level":"error","@message":"open: function not implemented"}\n',
    { ...denied, gvisor: true },
    /`runtime: 'runc'`/,
  ],
  ['open /data/kept: permission denied\n', asRoot, /'DAC_OVERRIDE'/],
  [
    'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp: lookup db: no such host"\n',
    denied,
    /`network/,
  ],
];

describe('what is denied is explained in the words of', () => {
  for (const [words, given, hint] of explained) {
    it(words.trimEnd().split('\n').at(-1) ?? '', () => {
      assert.match(hintForWords(words, given, true) ?? 'no hint', hint);
    });
  }
});

const open: Given = {
  ...denied,
  network: 'bridge',
  readOnlyRoot: false,
  capabilities: ['CHOWN', 'NET_RAW', 'SETUID', 'SETGID', 'NET_BIND_SERVICE', 'DAC_OVERRIDE', 'SYS_ADMIN'],
  noNewPrivileges: false,
  seccomp: false,
  memoryBytes: undefined,
  pidsLimit: undefined,
  temporary: { '/tmp': 'writable', '/var/tmp': 'writable' },
};

const notOurs: readonly (readonly [string, Given])[] = [
  // Words of databases and services, whatever the container is denied.
  ['pq: permission denied for table users', denied],
  ['ERROR:  cannot execute INSERT in a read-only transaction', denied],
  ['Error 1290 (HY000): The MySQL server is running with the --read-only option', denied],
  ['attempt to write a readonly database', denied],
  ['pq: could not extend file "base/1/2": No space left on device', withTmpfs],
  ['pq: could not open file "/data/a": Read-only file system', denied],
  ['rpc error: code = PermissionDenied desc = permission denied', denied],
  ['rpc error: code = Unknown desc = open /data/a: read-only file system', denied],
  ['Error making API request. Code: 403. Errors: * permission denied', asRoot],
  ['dial tcp 127.0.0.1:5432: connect: connection refused', denied],
  ['connect ECONNREFUSED 10.0.0.1:5432', denied],
  ['the worker was killed by the scheduler', denied],
  ['Killed', denied],
  ['read: resource temporarily unavailable', denied],
  ['accept: too many open files in system', denied],
  ['inotify_init: too many open files', denied],
  ["Error: ENOSPC: System limit for number of file watchers reached, watch '/app'", withTmpfs],
  ['open /tmp/config.json: no such file or directory', denied],
  ['open /data/a: no such file or directory', noTemporary],
  ['write /data/a: no space left on device', denied],
  ['user: unknown userid 4711', denied],
  ['open /proc/sys/kernel/x: read-only file system', denied],
  ['open /tmp/secret: permission denied', withTmpfs],
  ['listen tcp :8080: bind: permission denied', denied],
  ["Error: EACCES: permission denied, open '/new'", { ...asRoot, gvisor: true }],
  ['operation not permitted in state CLOSED', denied],
  ['failed to lookup key: not found', denied],
  ['no such host in the inventory: web01', denied],
  ['unknown host key of git.example.com', denied],
  ['the function is not implemented', denied],
  // Mere information, with a cause of its own after it.
  ['[INFO] no network is unreachable from here\nthe license is missing', denied],
  [
    '[WARN] telemetry: lookup stats.example.com: no such host\npanic: assignment to entry in nil map\n\ngoroutine 1 [running]:\nmain.main()',
    denied,
  ],
  ['{"@level":"warn","@message":"open /data/a: read-only file system"}\nthe license is missing', denied],
  // The same words where the container has it.
  ['dial tcp: lookup db: no such host', open],
  ['dial tcp 10.0.0.1:5432: connect: network is unreachable', open],
  ['open /data/a: read-only file system', open],
  ['chown: /data: Operation not permitted', open],
  ['su-exec: setgroups: Operation not permitted', open],
  ['sudo: effective uid is not 0, is sudo installed setuid root?', open],
  ['failed to create new OS thread (have 7 already; errno=11)', open],
  ['JavaScript heap out of memory', open],
  ['listen tcp :80: bind: permission denied', open],
  ['keyctl: operation not permitted', open],
];

describe('what is not denied is not explained:', () => {
  for (const [words, given] of notOurs) {
    it(words.split('\n')[0] ?? '', () => {
      assert.equal(hintForWords(`${words}\n`, given, true), undefined);
    });
  }
});

it('a plugin that still tries may have warned only', () => {
  const words = '[WARN] retrying: dial tcp: lookup db: no such host\n';
  assert.equal(hintForWords(words, denied, true), undefined);
  assert.match(hintForWords(words, denied, false) ?? '', /`network/);
});

describe('what a runtime says of the entrypoint is not taken from a plugin that runs:', () => {
  for (const words of [
    'fork/exec /usr/bin/git: no such file or directory',
    'fork/exec /usr/bin/tool: exec format error',
    'fork/exec /usr/bin/tool: operation not permitted',
    'listen tcp :80: bind: permission denied',
  ]) {
    it(words, () => {
      assert.equal(hintForOutput(`${words}\n`, denied), undefined);
    });
  }

  it('and /dev is read-only under gVisor on Podman only', () => {
    const words = 'open /dev/null: read-only file system\n';
    assert.equal(hintForOutput(words, denied), undefined);
    assert.match(hintForOutput(words, { ...denied, engine: 'podman', gvisor: true }) ?? '', /Podman 5/);
  });
});
