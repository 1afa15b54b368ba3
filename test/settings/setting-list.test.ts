/** One list of container settings: none of them is forgotten on the way from the command line to the engine. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runtimeDocument, runtimeFields, toRuntimeEntry } from '../../src/catalog/runtime-entry.ts';
import { commandTable } from '../../src/cli/command-table.ts';
import { isGroup, type Command, type CommandNode } from '../../src/cli/command.ts';
import { settingsOf } from '../../src/cli/commands/setting-flags.ts';
import { chooseStrategy } from '../../src/compatibility/strategy.ts';
import { judge, rules, type LaunchRequirements } from '../../src/compatibility/index.ts';
import { launchCase } from '../../src/compatibility/internal.ts';
import { attestedSettings } from '../../src/container/attested/settings.ts';
import { createRequest } from '../../src/container/create-request.ts';
import type { CreateContainerOptions } from '../../src/engine/index.ts';
import type { ContainerSettings, SettingName } from '../../src/settings/container-settings.ts';
import { onlySettings, settingDefinitions, snakeCase } from '../../src/settings/setting-list.ts';
import { facts, image } from '../compatibility/made-facts.ts';

/** A value of each setting that is not its default, and how it is given on the command line. */
const samples: { readonly [K in SettingName]: readonly [NonNullable<ContainerSettings[K]>, string] } = {
  rootless: [true, '-rootless'],
  user: ['1234:1234', '-user=1234:1234'],
  requireNonRoot: [true, '-require_non_root'],
  workingDirectory: ['/data', '-workdir=/data'],
  network: ['plugins', '-network=plugins'],
  readOnlyRootFilesystem: [false, '-writable'],
  capAdd: [['NET_ADMIN'], '-cap_add=NET_ADMIN'],
  noNewPrivileges: [false, '-no_new_privileges=false'],
  seccomp: ['unconfined', '-seccomp=unconfined'],
  memoryBytes: [64 << 20, '-memory_bytes=64M'],
  cpuNanos: [500_000_000, '-cpu_nanos=500000000'],
  pidsLimit: [100, '-pids_limit=100'],
  cgroupParent: ['/plugins', '-cgroup_parent=/plugins'],
  tmpfs: [[{ path: '/tmp', sizeBytes: 1 << 20 }], '-tmpfs=/tmp:1M'],
  volumeBytes: [1 << 20, '-volume_bytes=1M'],
  ulimits: [[{ name: 'nofile', soft: 10, hard: 20 }], '-ulimit=nofile=10:20'],
};

const launching = ['run', 'call', 'check', 'plugin runtime register'];

describe('every container setting', () => {
  for (const [name, { by, flag }] of settingDefinitions) {
    const [value, word] = samples[name];

    it(`${name} is a flag of every command that launches or judges`, () => {
      for (const path of [...launching, ...(name === 'user' ? [] : ['matrix'])]) {
        const converted = commandAt(path).flags[flag.name]?.convert(
          [word.replace(/^-\w+=?/, '') || 'true'],
          word,
        );
        assert.deepEqual(settingsOf({ [flag.name]: converted }), { [name]: value }, path);
      }
    });

    it(`${name} is a field of plugin runtimes in Vault's spelling, and reaches the launch`, () => {
      const entry = toRuntimeEntry({ type: 'container', name: 'r', [name]: value });
      const fields = runtimeFields(entry);
      assert.deepEqual(fields[snakeCase(name)], value);
      assert.deepEqual(runtimeDocument.schema.parse(fields), entry);
      assert.deepEqual(onlySettings(entry), { [name]: value });
    });

    if (by.kind === 'rule') {
      it(`${name} is held by the rule ${by.rule}`, () => {
        const rule = rules.find(({ id }) => id === by.rule);
        assert.equal(rule?.applies(launchCase(facts(), { runtime: 'runc', [name]: value })), true);
        assert.equal(rule.applies(launchCase(facts(), { runtime: 'runc' })), false);
      });
    } else {
      it(`${name} changes the create request, and what it changes is attested`, () => {
        const changed = changes(
          requestFor({ runtime: 'runc' }),
          requestFor({ runtime: 'runc', [name]: value }),
        );
        assert.notDeepEqual(changed, []);
        for (const option of changed) {
          const row = attestedSettings.find(({ options }) => options.includes(option));
          assert.ok(row !== undefined, `${option} is compared with what the engine made`);
        }
      });
    }
  }

  it('is judged: a verdict is made of it, whatever the setting', () => {
    for (const [name] of settingDefinitions) {
      const verdict = judge(facts(), { runtime: 'runc', [name]: samples[name][0] });
      assert.ok(['works', 'refused'].includes(verdict.status), name);
    }
  });
});

/** An image with a volume, because a setting is about volumes alone. */
const withVolume = image({
  settings: {
    volumes: ['/volume'],
    workingDirectory: '',
    stopSignal: '',
    exposedPorts: [],
    variables: [],
    valueless: [],
  },
});

function requestFor(requirements: LaunchRequirements): CreateContainerOptions {
  return createRequest({
    name: 'a',
    imageId: 'sha256:1',
    options: { image: 'a', ...requirements },
    strategy: chooseStrategy(launchCase(facts({ image: withVolume }), requirements)),
    pluginFolder: '/run/s',
    environment: {},
    labels: {},
  });
}

function changes(before: CreateContainerOptions, after: CreateContainerOptions) {
  const names = new Set([...Object.keys(before), ...Object.keys(after)] as (keyof CreateContainerOptions)[]);
  return [...names].filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
}

function commandAt(path: string): Command {
  let nodes: readonly CommandNode[] = commandTable;
  for (const word of path.split(' ')) {
    const node = nodes.find(({ name }) => name === word);
    assert.ok(node !== undefined, path);
    if (!isGroup(node)) return node;
    nodes = node.commands;
  }
  assert.fail(path);
}
