/** What real engines answered is no difference, and every change of it is one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { createOptionsSchema } from '../../src/engine/containers/create/create-options.ts';
import { attestedSettings, notAttested } from '../../src/container/attested/settings.ts';
import { differences, recordedAnswers, type RecordedAnswer } from './recorded-answers.ts';

/** Fields of the answers whose change is no difference, each with the reason. A pattern covers what is below it. */
const uncompared: readonly (readonly [RegExp, string])[] = [
  [
    /^(Id|Created|Driver|Platform|ExecIDs|RestartCount|SizeR|Namespace|lockNumber)/,
    'names and counts of the engine',
  ],
  [/^(Path|Args)\b/, 'entrypoint and command again, which are compared'],
  [/^(Image(Digest|Name)|ImageManifestDescriptor)/, 'words for the image, whose id is compared'],
  [
    /^(MountLabel|Rootfs|Dependencies|IsInfra|IsService|KubeExitCodePropagation|UseImage\w+)/,
    'not for plugins: no label, no pod',
  ],
  [/^NetworkSettings\./, 'addresses, of which a container without a network has none'],
  [/^Config\.(Image|Domainname|Hostname)$/, 'what the container calls itself, and what the image was called'],
  [
    /^Config\.(AttachStdin|AttachStdout|AttachStderr|StdinOnce|OnBuild|Volumes|Umask|Timeout|Passwd)$/,
    'without effect here; a volume shows among the mounts',
  ],
  [/^Config\.(StopSignal|StopTimeout)$/, 'left to the engine'],
  [/^Config\.Health(check(?!\.Test)|Log)/, 'of a health check that is not run'],
  [/^HostConfig\.(Binds|Mounts|Runtime)\b/, 'shown again among the mounts, and at the top'],
  [
    /^HostConfig\.(Runtime|ContainerIDFile|ConsoleSize|Isolation|VolumeDriver|Cgroup|CgroupManager|CgroupConf|DiskQuota|HostsFile|AutoRemoveImage|Annotations)\b/,
    'without effect here; annotations are compared in Config',
  ],
  [/^HostConfig\.LogConfig\.(?!Type)/, 'of a log that is not kept'],
  [/^HostConfig\.RestartPolicy\.MaximumRetryCount$/, 'of a restart that is not made'],
  [/^HostConfig\.(Dns(Options|Search))$/, 'without name servers and network'],
  [
    /^HostConfig\.(Blkio\w+|Cpu\w+|Cpuset\w+|IOMaximum\w+|Kernel\w+|MemoryReservation|MemorySwappiness)$/,
    'weights and finer limits: they can only take',
  ],
  [/^HostConfig\.(Memory|MemorySwap|NanoCpus|PidsLimit)$/, 'a limit that was not asked for'],
  [/^HostConfig\.(CapAdd|CapDrop)/, 'Podman: shown as resulting sets'],
  [/^(EffectiveCaps)/, 'fewer than asked for is no danger: Podman shows none for some users'],
  [/^HostConfig\.Ulimits/, 'a limit of the engine that was not asked for'],
  [/^HostConfig\.(ReadonlyPaths|MaskedPaths)/, 'more of them, and those that later engines add'],
];

describe('attestation of recorded answers', () => {
  for (const [name, recorded] of recordedAnswers) {
    it(`finds nothing in what ${name} answered`, () => {
      assert.deepEqual(differences(recorded), []);
    });

    it(`finds every change of what ${name} answered, field by field`, () => {
      const unseen = leaves(recorded.answer)
        .filter((path) => !isReasoned(path.join('.'), recorded))
        .flatMap((path) =>
          changes(valueAt(recorded.answer, path))
            .filter((value) => !isFound(recorded, path, value))
            .map((value) => `${path.join('.')} ${JSON.stringify(value)}`),
        );
      assert.deepEqual(unseen, []);
    });
  }

  it('is about every option of a create request, or says why not', () => {
    const covered = new Set<string>(attestedSettings.flatMap(({ options }) => options));
    const options = Object.keys(
      z.toJSONSchema(createOptionsSchema, { unrepresentable: 'any', io: 'input' }).properties ?? {},
    );
    assert.deepEqual(
      options.filter((option) => covered.has(option) === option in notAttested),
      [],
    );
    assert.deepEqual(
      Object.keys(notAttested).filter((option) => !options.includes(option)),
      [],
    );
  });
});

/** A limit that was asked for is compared, whatever the list above says. */
function isReasoned(path: string, { request, engine }: RecordedAnswer): boolean {
  const asked = {
    'HostConfig.Memory': request.memoryBytes,
    'HostConfig.MemorySwap': request.memorySwapBytes,
    'HostConfig.PidsLimit': request.pidsLimit,
  }[path];
  if (asked !== undefined) return false;
  if (path.startsWith('HostConfig.Cap') && engine.kind === 'docker') return false;
  return uncompared.some(([pattern]) => pattern.test(path));
}

type Path = readonly string[];

/** A list, an empty map, or a single value. */
function leaves(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path];
  const entries = Object.entries(value);
  return entries.length === 0 ? [path] : entries.flatMap(([key, inner]) => leaves(inner, [...path, key]));
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], value);
}

/** Other values of the same kind. */
function changes(value: unknown): unknown[] {
  switch (typeof value) {
    case 'string':
      return ['host', 'changed'].filter((other) => other !== value);
    case 'number':
      return [value === 0 ? -1 : value + 1];
    case 'boolean':
      return [!value];
    default:
      if (!Array.isArray(value))
        return [['changed'], [{ PathOnHost: '/dev/sda', PathInContainer: '/dev/sda' }], { changed: 'x' }];
      return value.length > 0
        ? [
            [
              ...(value as unknown[]),
              typeof value[0] === 'string' ? 'X=1' : { ...(value[0] as object), Destination: '/x' },
            ],
            withoutAsked(value as unknown[]),
          ]
        : [['changed'], [{ PathOnHost: '/dev/sda', PathInContainer: '/dev/sda' }]];
  }
}

/** Something that can't be read at all is refused too: nothing is started. But of some kind it has to be readable. */
function isFound(recorded: RecordedAnswer, path: Path, value: unknown): boolean {
  const answer = structuredClone(recorded.answer) as Record<string, unknown>;
  const last = path.at(-1);
  assert.ok(last !== undefined);
  (valueAt(answer, path.slice(0, -1)) as Record<string, unknown>)[last] = value;
  try {
    return differences(recorded, answer).length > 0;
  } catch {
    return true;
  }
}

/** Without one that was asked for: Podman's own variables may be missing. */
function withoutAsked(list: readonly unknown[]): unknown[] {
  const at = list.findIndex((entry) => !/^(container|TERM|PATH|HOME)=/.test(String(entry)));
  return list.filter((_entry, i) => i !== at);
}
