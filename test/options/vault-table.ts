import type { PluginHost } from '../../src/index.ts';
import { vaultStorageTests } from '../../src/testing/index.ts';
import {
  generatePassword,
  memoryStorage,
  openFileStorage,
  openVaultDatabase,
  openVaultMount,
} from '../../src/vault/index.ts';
import { aborted, wrong, type Refusals } from './refusals.ts';

const key = new Uint8Array(32);
const notKeys = [undefined, null, 'x', new Uint8Array(31), [1]];
const rule = { charset: 'ab' };

/** Mounts of Vault's plugins and their storages; of a host on an engine that only records what it is asked. */
export function vaultRefusals(host: PluginHost): Refusals {
  return {
    takers: {
      openVaultMount: {
        call: (options) => openVaultMount(host, options as never),
        options: { type: 'secret', name: 'kv', signal: aborted },
        required: true,
        nested: ['system'],
        wrong: {
          type: [undefined, null, 'database', 'x', 7],
          name: [undefined, ...wrong.filled],
          version: [null, 7],
          path: [...wrong.filled, '/', '/a', 'a//b', '../a', 'a/./b', 'a\0'],
          storage: [null, 'x', {}, { get: () => undefined }],
          uuid: [null, 7, '', 'a/b', '..'],
          config: wrong.record,
          system: [null, 'x'],
          'system.defaultLeaseTtlMs': wrong.positive,
          'system.maxLeaseTtlMs': wrong.positive,
          'system.tainted': wrong.flag,
          'system.cachingDisabled': wrong.flag,
          'system.localMount': wrong.flag,
          'system.replicationState': wrong.count,
          'system.vaultVersion': wrong.text,
          'system.clusterName': wrong.text,
          'system.clusterId': wrong.text,
          'system.passwordPolicies': [null, 'x', { p: null }, { p: { length: 20, rules: [] } }],
          'system.entity': wrong.callback,
          'system.groups': wrong.callback,
          share: wrong.flag,
          rollbackMs: [...wrong.timeLimit, true],
          setupTimeoutMs: wrong.timeLimit,
          onProblem: wrong.callback,
          onEvent: wrong.callback,
          onObservation: wrong.callback,
          signal: wrong.signal,
        },
      },
      openVaultDatabase: {
        call: (options) => openVaultDatabase(host, options as never),
        options: { name: 'redis', config: {}, signal: aborted },
        required: true,
        nested: ['passwordPolicy'],
        wrong: {
          name: [undefined, ...wrong.filled],
          version: [null, 7],
          type: wrong.filled,
          config: [null, 'x', 7, [], new Map(), { a: undefined }, { a: () => 1 }, { a: 1n }, { a: 'a\0' }],
          'config.deep': [NaN, Infinity, 2 ** 53, [{ a: new Date() }], nestedTooDeeply()],
          verifyConnection: wrong.flag,
          passwordPolicy: [null, 'x', { length: 20, rules: [] }, { length: 1, rules: [rule] }],
          rootRotationStatements: wrong.texts,
          storage: [null, 'x', {}, { get: () => undefined }],
          path: [...wrong.filled, '/', '/a', 'a//b', '../a', 'a/./b', 'a\0'],
          share: wrong.flag,
          setupTimeoutMs: wrong.timeLimit,
          signal: wrong.signal,
        },
      },
      openFileStorage: {
        call: (options) => openFileStorage('/nonexistent/storage', options as never),
        options: { key, signal: aborted },
        required: true,
        wrong: { key: notKeys, signal: wrong.signal },
      },
      memoryStorage: {
        call: (options) => memoryStorage(options as never),
        wrong: { maxBytes: wrong.count },
      },
      generatePassword: {
        call: (policy) => generatePassword(policy as never),
        options: { length: 20, rules: [rule] },
        wrong: {
          length: [undefined, ...wrong.positive, 2000],
          rules: [undefined, null, 'x', [], [{}], [{ charset: '' }], [{ ...rule, minChars: -1 }]],
        },
      },
    },
    wrongCalls: {
      'openVaultMount, the host,': [undefined, null, {}].map((value) => [
        'host',
        () => openVaultMount(value as never, { type: 'secret', name: 'kv', signal: aborted }),
      ]),
      'openVaultDatabase, the host,': [undefined, null, {}].map((value) => [
        'host',
        () => openVaultDatabase(value as never, { name: 'redis', config: {}, signal: aborted }),
      ]),
      'openFileStorage, the directory,': [...wrong.filled, '~/storage'].map((value) => [
        'directory',
        () => openFileStorage(value as never, { key, signal: aborted }),
      ]),
      vaultStorageTests: [
        [
          'name',
          () => {
            vaultStorageTests('', () => Promise.reject(new Error('never called')));
          },
        ],
        [
          'open',
          () => {
            vaultStorageTests('x', 7 as never);
          },
        ],
      ],
    },
  };
}

function nestedTooDeeply(): object {
  let value: object = {};
  for (let depth = 0; depth < 100; depth += 1) value = { value };
  return value;
}
