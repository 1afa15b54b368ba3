/** Mutants that no test can notice, each with the reason: nothing that can be observed depends on what they change. */
import type { Mutant } from './operators.ts';

export interface Explained {
  /** Below `src`. */
  readonly file: string;
  /** Part of the line on which the mutant is. */
  readonly line: string;
  /** What the mutants change, as a run prints it behind the place. */
  readonly changes: readonly string[];
  readonly why: string;
}

export const explained: readonly Explained[] = [
  {
    file: 'host/mounts/call-fate.ts',
    line: 'let apart = 0;',
    changes: ['0 -> (0 + 1)'],
    why: 'It is set by the first look at the clocks, which is before it is read.',
  },
  {
    file: 'host/instances/restart-policy.ts',
    line: 'Math.min(this.#inARow - 2, 30)',
    changes: ['30 -> (30 + 1)'],
    why: 'The bound keeps the power finite; the longest delay is reached long before.',
  },
  {
    file: 'host/orphans/labels.ts',
    line: 'createdAt.getTime() < Date.now() - uptime() * 1000',
    changes: ['< -> <='],
    why: 'The time of the boot is known to a hundredth of a second, and nothing is made in that very millisecond.',
  },
  {
    file: 'container/stuck-runtime.ts',
    line: "(await readdir('/proc').catch(() => []))",
    changes: [
      "(await readdir('/proc').catch(() => [])).filter((entry) => /^\\d+$/.test(entry)) -> (await readdir('/proc').catch(() => []))",
    ],
    why: 'What is no process has no status, and is passed over a little later.',
  },
  {
    file: 'host/mounts/reload.ts',
    line: 'if (source === undefined) return mount.runsOn.plugin;',
    changes: ['source === undefined -> false'],
    why: 'Nothing else runs between the look for mounts whose source is known and the look at that source.',
  },
  {
    file: 'catalog/store/claim-lock.ts',
    line: 'givenUp.delete(path);',
    changes: ['givenUp.delete(path); -> ;'],
    why: 'No claim has the name of an earlier one, so that only memory tells of it.',
  },
  {
    file: 'container/attested/isolation.ts',
    line: 'asked.seccomp !== undefined || engine === undefined ? anything',
    changes: ['asked.seccomp !== undefined || engine === undefined -> asked.seccomp !== undefined'],
    why: 'Where nothing is known of the engine, the other side says the same.',
  },
  {
    file: 'container/attested/isolation.ts',
    line: "engine === undefined || confinesBySeccomp(engine.info) ? 'the default profile'",
    changes: ['engine === undefined || confinesBySeccomp(engine.info) -> confinesBySeccomp(engine.info)'],
    why: 'Where nothing is known of the engine, this side is not looked at.',
  },
  {
    file: 'container/attested/isolation.ts',
    line: 'if (type === undefined || !confinedType.test(type))',
    changes: ['type === undefined || !confinedType.test(type) -> !confinedType.test(type)'],
    why: 'No type is not the name of one that confines; the type checker wants to be told.',
  },
  {
    file: 'container/attested/isolation.ts',
    line: "namesOwnShareable(given)) return asked.ipcMode ?? 'private';",
    changes: ["asked.ipcMode ?? 'private' -> asked.ipcMode", "asked.ipcMode ?? 'private' -> 'private'"],
    why: 'Such a namespace is looked for only where a private one was asked for.',
  },
  {
    file: 'container/attested/mounts.ts',
    line: "const asked = wanted?.type === 'bind' ? (wanted.propagation ?? 'rprivate') : 'rprivate';",
    changes: ["wanted.propagation ?? 'rprivate' -> wanted.propagation"],
    why: 'The word `rprivate` is left out in any case, as one that says nothing.',
  },
  {
    file: 'container/attested/resources.ts',
    line: '(asked.pidsLimit !== undefined && asked.pidsLimit > 0 ? asked.pidsLimit : anything)',
    changes: ['asked.pidsLimit !== undefined && asked.pidsLimit > 0 -> asked.pidsLimit > 0'],
    why: 'Nothing is not more than nought; the type checker wants to be told.',
  },
  {
    file: 'container/attested/network-mode.ts',
    line: 'return id !== undefined && id ===',
    changes: [
      "id !== undefined && id === (network?.kind === 'container' ? network.id : wanted) -> id === (network?.kind === 'container' ? network.id : wanted)",
    ],
    why: 'No name and no id is nothing; the words say what is meant.',
  },
  {
    file: 'container/attested/resources.ts',
    line: 'return [...new Set([...wanted.keys(), ...priorities.filter(',
    changes: ['priorities.filter((name) => found.has(name)) -> priorities'],
    why: 'A limit that neither side has is no difference.',
  },
  {
    file: 'container/attested/network-mode.ts',
    line: 'return found === wanted || names.includes(found);',
    changes: ['found === wanted || names.includes(found) -> names.includes(found)'],
    why: 'The same word on both sides is no difference, whichever of the two is returned.',
  },
  {
    file: 'container/attested/network-mode.ts',
    line: 'if (at < 0) return [mode,',
    changes: ['< -> <=', '0 -> (0 + 1)'],
    why: 'The word for a program that passes traffic on has letters before its colon.',
  },
  {
    file: 'container/attested/network-mode.ts',
    line: "isForeign(networkId, given.network?.kind === 'network' ? given.network : undefined),",
    changes: ["given.network?.kind === 'network' -> true"],
    why: 'Where another container was found, networks are those of its namespace, and not looked at here.',
  },
  {
    file: 'host/mounts/route.ts',
    line: 'this.#onIdle = [];',
    changes: ['this.#onIdle = []; -> ;'],
    why: 'A promise that was kept is kept again, which changes nothing.',
  },
  {
    file: 'host/mounts/routed-client.ts',
    line: 'if (use !== undefined && use !== on) {',
    changes: ['use !== undefined && use !== on -> use !== undefined'],
    why: 'The method is then looked up for each call: it costs more and finds the same.',
  },
  {
    file: 'host/mounts/routed-client.ts',
    line: 'on = use;',
    changes: ['on = use; -> ;'],
    why: 'The method is then looked up for each call: it costs more and finds the same.',
  },
  {
    file: 'host/mounts/routed-client.ts',
    line: 'start = startOf(use.client(service)[name] ?? send);',
    changes: ['use.client(service)[name] ?? send -> use.client(service)[name]'],
    why: 'A client has every method of its service; the type does not say so.',
  },
  {
    file: 'goplugin/grpc/connection/tls-connection.ts',
    line: "secure.on('error', () => undefined);",
    changes: ["secure.on('error', () => undefined); -> ;"],
    why: 'The server of TLS of Node.js listens for errors of its connections too, which is not documented.',
  },
  {
    file: 'goplugin/grpc/connection/tls-connection.ts',
    line: 'if (accepted && isPinned(secure.getPeerX509Certificate()?.raw, tls)) accepted(secure);',
    changes: [
      'accepted && isPinned(secure.getPeerX509Certificate()?.raw, tls) -> isPinned(secure.getPeerX509Certificate()?.raw, tls)',
    ],
    why: 'The end of a handshake is told once, so that there is a function; the type does not say so.',
  },
  {
    file: 'goplugin/grpc/connection/tls-connection.ts',
    line: 'if (accepted && this.#idle.length < mostIdle) this.#idle.push(this);',
    changes: ['accepted && this.#idle.length < mostIdle -> this.#idle.length < mostIdle'],
    why: 'The end of a handshake is told once, so that there is a function; the type does not say so.',
  },
  {
    file: 'goplugin/grpc/connection/tls-connection.ts',
    line: 'this.#accepted = undefined;',
    changes: ['this.#accepted = undefined; -> ;'],
    why: 'Nothing reads it again before the next connection sets it.',
  },
  {
    file: 'goplugin/grpc/connection/tls-connection.ts',
    line: 'rejectUnauthorized: true,',
    changes: ['true -> false'],
    why: 'The certificate is compared with the pinned one in any case, so that nobody else is let in.',
  },
  ...[
    'runtime === undefined ? undefined : valueOf(runtime.path)',
    'if (runtime === undefined) return met;',
    'runtime === undefined ? undefined : valueOf(runtime.version)',
  ].map((line) => ({
    file: 'compatibility/rules/runtime-rules.ts',
    line,
    changes: ['runtime === undefined -> false'],
    why: 'The rule applies only where there is a runtime; the type does not say so.',
  })),
  {
    file: 'compatibility/rules/runtime-rules.ts',
    line: "if (finding.result === 'met') return finding;",
    changes: ["finding.result === 'met' -> false"],
    why: 'Nobody reads the remedy of a finding that is met.',
  },
  {
    file: 'compatibility/rules/runtime-rules.ts',
    line: 'const [major = 0, minor = 0]',
    changes: ['0 -> (0 + 1)'],
    why: 'Every text has a first part, which is no number where nothing is known, and no kernel has a version without a second part.',
  },
  {
    file: 'compatibility/rules/runtime-rules.ts',
    line: 'if ((release ?? 0) >= firstByDevWeight || (major > 0 && isBefore(10))) return met;',
    changes: ['release ?? 0 -> release', '0 -> (0 + 1)'],
    why: 'A release that is not known is not later than any, and no kernel of Linux 1 runs containers.',
  },
  {
    file: 'compatibility/rules/limit-rules.ts',
    line: "if (typeof memoryBytes === 'number' && memoryBytes < leastMemoryBytes) {",
    changes: [
      "typeof memoryBytes === 'number' && memoryBytes < leastMemoryBytes -> memoryBytes < leastMemoryBytes",
    ],
    why: 'Neither `unlimited` nor nothing is less than a number; the type checker wants to be told.',
  },
  {
    file: 'compatibility/rules/limit-rules.ts',
    line: 'if (cpuNanos !== undefined && cpus !== undefined && cpuNanos > cpus * 1e9) {',
    changes: [
      'cpuNanos !== undefined && cpus !== undefined && cpuNanos > cpus * 1e9 -> cpuNanos > cpus * 1e9',
      'cpuNanos !== undefined && cpus !== undefined -> cpuNanos !== undefined',
      'cpuNanos !== undefined && cpus !== undefined -> cpus !== undefined',
    ],
    why: 'No comparison with nothing holds; the type checker wants to be told.',
  },
  {
    file: 'compatibility/rules/socket-rules.ts',
    line: 'applies: (launch) => launch.engine.rootless && isRoot(launch) === false,',
    changes: [
      '&& -> ||',
      'launch.engine.rootless && isRoot(launch) === false -> launch.engine.rootless',
      'launch.engine.rootless && isRoot(launch) === false -> isRoot(launch) === false',
      '=== -> !==',
      'false -> true',
    ],
    why: 'The rule is met by every launch: it is there for the documentation, which says where it applies in words.',
  },
  {
    file: 'compatibility/rules/image-rules.ts',
    line: 'if (isKnown(user) || isAbsent(image)) return met;',
    changes: ['isKnown(user) || isAbsent(image) -> isKnown(user)'],
    why: 'The rule applies only where there is an image; the type does not say so.',
  },
  {
    file: 'compatibility/rules/image-rules.ts',
    line: 'if (!isAbsent(image) && image.entrypoint.length + image.cmd.length === 0) {',
    changes: ['!isAbsent(image) && image.entrypoint.length + image.cmd.length === 0 -> image.entrypoint'],
    why: 'The rule applies only where there is an image; the type does not say so.',
  },
  {
    file: 'compatibility/rules/image-rules.ts',
    line: 'if (isAbsent(image)) return met;',
    changes: ['isAbsent(image) -> false'],
    why: 'The rule applies only where there is an image; the type does not say so.',
  },
  {
    file: 'engine/codec/raw-stream.ts',
    line: '] ?? 0',
    changes: [
      '0 -> (0 + 1)',
      ...['', ' + 4', ' + 5', ' + 6', ' + 7'].map(
        (offset) => `bytes[at${offset}] ?? 0 -> bytes[at${offset}]`,
      ),
    ],
    why: 'A header is read only when all of it is there; the type of an index does not say so.',
  },
  {
    file: 'engine/codec/raw-stream.ts',
    line: '#stream = 0;',
    changes: ['0 -> (0 + 1)'],
    why: 'It is set by the first header, which is before it is read.',
  },
  {
    file: 'engine/codec/raw-stream.ts',
    line: 'if (this.#headerFilled === 0 && start + headerLength <= bytes.length) {',
    changes: ['this.#headerFilled === 0 && start + headerLength <= bytes.length -> false', '<= -> <'],
    why: 'A header that is there as a whole is read byte by byte then: it costs more and does the same.',
  },
  ...['#start = 0;', '#end = 0;'].map((line) => ({
    file: 'engine/codec/raw-stream.ts',
    line,
    changes: ['0 -> (0 + 1)'],
    why: 'It is set by the first frame, which is before it is read.',
  })),
  {
    file: 'engine/codec/raw-stream.ts',
    line: '#filled = 0;',
    changes: ['0 -> (0 + 1)'],
    why: 'Each payload moves over the eight bytes of a header, so that a gap of one byte before the first harms none.',
  },
  {
    file: 'engine/codec/raw-stream.ts',
    line: 'this.#begin === -1 || this.#together === undefined',
    changes: ['this.#begin === -1 || this.#together === undefined -> this.#begin === -1'],
    why: 'A run that begins in the buffer has made it; the type checker wants to be told.',
  },
  {
    file: 'engine/codec/raw-stream.ts',
    line: 'this.#stream = -1;',
    changes: ['this.#stream = -1; -> ;', '1 -> (1 + 1)'],
    why: 'A run is flushed before the next one, which sets it, and at the end of the input, after which nobody reads it.',
  },
  {
    file: 'engine/codec/json-lines.ts',
    line: 'this.#pending = Buffer.alloc(0);',
    changes: ['this.#pending = Buffer.alloc(0); -> ;', '0 -> (0 + 1)'],
    why: 'The next line is put into the memory of the last one, which shows in costs alone.',
  },
  {
    file: 'engine/codec/json-lines.ts',
    line: '#pending = Buffer.alloc(0);',
    changes: ['0 -> (0 + 1)'],
    why: 'Memory for one byte is not enough for a line either, and is replaced in the same way.',
  },
  {
    file: 'engine/codec/json-lines.ts',
    line: 'if (length > this.#pending.length) {',
    changes: ['> -> >='],
    why: 'Memory that is full is replaced one piece earlier, which shows in costs alone.',
  },
  {
    file: 'engine/codec/json-lines.ts',
    line: 'Math.max(length, 2 * this.#pending.length)',
    changes: ['2 -> (2 + 1)'],
    why: 'By how much the memory grows shows in costs alone.',
  },
  {
    file: 'engine/codec/json-lines.ts',
    line: 'if (this.#pendingLength === 0) {',
    changes: ['this.#pendingLength === 0 -> false'],
    why: 'A line that comes as a whole is copied then: it costs more and does the same.',
  },
  {
    file: 'goplugin/output/tail.ts',
    line: 'chunk.length > this.#limit ?',
    changes: ['> -> >='],
    why: 'The end of a piece that is as long as the limit is all of it.',
  },
  {
    file: 'goplugin/output/tail.ts',
    line: '(bytes[start] ?? 0) & 0xc0',
    changes: ['bytes[start] ?? 0 -> bytes[start]', '0 -> (0 + 1)'],
    why: 'What is beyond the end is no part of a character, whichever of these it counts as.',
  },
  {
    file: 'goplugin/tls/identity.ts',
    line: 'serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;',
    changes: ['serial[0] ?? 0 -> serial[0]', '0 -> (0 + 1)'],
    why: 'There is a first byte; the type of an index does not say so. A change of the index itself is noticed.',
  },
  {
    file: 'catalog/store/claim-lock.ts',
    line: 'if (bootId === undefined || pidNamespace === undefined || startTime === undefined || id === undefined) {',
    changes: [
      '|| -> &&',
      'bootId === undefined || pidNamespace === undefined || startTime === undefined || -> id === undefined',
      'bootId === undefined || pidNamespace === undefined || startTime === undefined -> bootId === undefined || pidNamespace === undefined',
      'bootId === undefined || pidNamespace === undefined || startTime === undefined -> startTime === undefined',
      'bootId === undefined || pidNamespace === undefined -> bootId === undefined',
      'bootId === undefined || pidNamespace === undefined -> pidNamespace === undefined',
    ],
    why: 'A name that has a fifth part has the four before it; the types do not say so. One without a fifth part is noticed.',
  },
  {
    file: 'catalog/store/claim-lock.ts',
    line: 'ownerOf(rival)?.pid ?? 0',
    changes: ['ownerOf(rival)?.pid ?? 0 -> ownerOf(rival)?.pid', '0 -> (0 + 1)'],
    why: 'A rival is a claim, whose name says its process; the type does not say so.',
  },
  {
    file: 'catalog/store/durable-write.ts',
    line: 'randomBytes(6)',
    changes: ['6 -> (6 + 1)'],
    why: 'How many random characters are in the name of a file that is renamed at once is nothing to anybody.',
  },
  {
    file: 'catalog/store/durable-write.ts',
    line: "basename(made) !== '' && made.length >= first.length;",
    changes: ["basename(made) !== '' && made.length >= first.length -> made.length >= first.length"],
    why: 'No folder that had to be made is the root, whose path is the shortest.',
  },
  {
    file: 'catalog/store/file-store.ts',
    line: "return part !== '' && toFileName(part) === name ? part : undefined;",
    changes: ["part !== '' && toFileName(part) === name -> toFileName(part) === name"],
    why: 'The empty name is refused by `toFileName` too.',
  },
  {
    file: 'host/orphans/sweep-folders.ts',
    line: 'Date.now() - mtimeMs > namelessMs',
    changes: ['> -> >='],
    why: 'A minute and a minute less a millisecond are the same age to anybody.',
  },
  {
    file: 'host/orphans/sweep-folders.ts',
    line: 'if (folder === undefined) return false;',
    changes: ['folder === undefined -> false'],
    why: 'Its file can not be read then either, and the folder is left alone for that.',
  },
  {
    file: 'host/orphans/sweep-folders.ts',
    line: 'if (text === undefined) return false;',
    changes: ['text === undefined -> false'],
    why: 'What is not text names no owner, and the folder is left alone for that.',
  },
  {
    file: 'host/orphans/sweep-folders.ts',
    line: 'await folder.names(2)',
    changes: ['2 -> (2 + 1)'],
    why: 'Two names are enough to find one beside the file of the owner.',
  },
  {
    file: 'host/instances/health.ts',
    line: 'if (problem !== undefined && failed >= failures)',
    changes: ['problem !== undefined && failed >= failures -> failed >= failures'],
    why: 'Without a problem none has failed, and the limit is one at least.',
  },
  ...['#length = 0;', '#filled = 0;'].map((line) => ({
    file: 'goplugin/grpc/message-reader.ts',
    line,
    changes: ['0 -> (0 + 1)'],
    why: 'It is set when a message begins, and read of a message that has begun.',
  })),
  {
    file: 'goplugin/grpc/message-reader.ts',
    line: 'if (this.#partial && this.#filled + chunk.length < this.#length) {',
    changes: ['this.#partial && this.#filled + chunk.length < this.#length -> false'],
    why: 'It is a short way for a part of a message: the long one does the same at a higher cost.',
  },
  {
    file: 'goplugin/grpc/message-reader.ts',
    line: 'if (this.#prefixFilled === 0 && chunk.length - at >= prefixLength) {',
    changes: ['this.#prefixFilled === 0 && chunk.length - at >= prefixLength -> false', '>= -> >'],
    why: 'It is a short way for a prefix that has come whole: the long one copies it first.',
  },
  {
    file: 'goplugin/grpc/message-reader.ts',
    line: 'const copied = chunk.copy(prefix, this.#prefixFilled, at, at + prefixLength - this.#prefixFilled);',
    changes: ['- -> +'],
    why: 'Memory of five bytes takes no more of a prefix than there is room for.',
  },
  {
    file: 'goplugin/grpc/message-reader.ts',
    line: 'into.set(from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to), this.#filled);',
    changes: ['from === 0 && to === chunk.length -> false'],
    why: 'A view of all bytes has the same bytes, and costs an object.',
  },
  {
    file: 'goplugin/grpc/message-reader.ts',
    line: 'const countedLength = 1024 * 1024;',
    changes: ['* -> /'],
    why: 'A message that is shorter has no room for so many fields, which the count finds out by itself.',
  },
  {
    file: 'goplugin/grpc/message-reader.ts',
    line: 'if (message.length > countedLength && hasMoreFields(message, limits.fieldsOfMessage.value)) {',
    changes: [
      '> -> >=',
      'message.length > countedLength && hasMoreFields(message, limits.fieldsOfMessage. -> hasMoreFields(message, limits.fieldsOfMessage.value)',
    ],
    why: 'A message that is shorter has no room for so many fields, which the count finds out by itself.',
  },
  {
    file: 'goplugin/grpc/grpc-timeout.ts',
    line: 'return digits === undefined ? undefined : Number(digits) * (unitMs[unit] ?? 1);',
    changes: ['unitMs[unit] ?? 1 -> unitMs[unit]', '1 -> (1 + 1)'],
    why: 'The pattern lets only units pass that have a length; the type of an index does not say so.',
  },
  {
    file: 'goplugin/grpc/call-deadline.ts',
    line: 'return this.#at !== Infinity && Date.now() >= this.#at;',
    changes: ['this.#at !== Infinity && Date.now() >= this.#at -> Date.now() >= this.#at'],
    why: 'No time reaches infinity; a call without a deadline need not ask for the time.',
  },
  {
    file: 'goplugin/grpc/call-deadline.ts',
    line: 'if (this.#timer) clearTimeout(this.#timer);',
    changes: ['this.#timer -> true'],
    why: 'Where there is no timer, none is cleared.',
  },
  {
    file: 'goplugin/grpc/metadata.ts',
    line: "if (name.startsWith(':') || withStatus.has(name)) continue;",
    changes: ['startsWith -> includes'],
    why: 'No name with a colon in its midst arrives: http2/fields.ts takes its block for malformed.',
  },
  {
    file: 'goplugin/grpc/unread-data.ts',
    line: 'if (last && last.memory.length - last.filled >= piece.length) {',
    changes: ['last && last.memory.length - last.filled >= piece.length -> false', '>= -> >'],
    why: 'It is a short way for a piece that fits: the long one does the same at a higher cost.',
  },
  {
    file: 'goplugin/grpc/server/reply-status.ts',
    line: 'const key = alone ? -1 - code : code;',
    changes: ['1 -> (1 + 1)'],
    why: 'Of the statuses that gRPC has, the keys of both kinds of trailers are apart in either case.',
  },
  {
    file: 'goplugin/grpc/server/reply-status.ts',
    line: 'if (/^[ -$&-~]*$/.test(text)) return text;',
    changes: ['/^[ -$&-~]*$/.test(text) -> false'],
    why: 'It is a short way for a text in which no byte is encoded.',
  },
  {
    file: 'goplugin/grpc/client/call-end.ts',
    line: 'if (code === undefined || ',
    changes: ['code === undefined || !/^\\d{1,3}$/.test(code) -> !/^\\d{1,3}$/.test(code)'],
    why: 'Nothing is no number either; the type checker wants to be told.',
  },
];

/** Why nobody can notice the mutant; `undefined` for one that a test has to notice. */
export function explanationOf(path: string, { lineText, change }: Mutant): string | undefined {
  const found = explained.find(
    ({ file, line, changes }) =>
      path === `src/${file}` &&
      lineText.includes(line) &&
      changes.some((each) => change === each || (each.length > 60 && change.startsWith(each))),
  );
  return found?.why;
}
