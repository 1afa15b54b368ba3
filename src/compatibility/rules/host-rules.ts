import { isAbsent } from '../case.ts';
import { valueOf } from '../fact.ts';
import type { Rule } from '../rule.ts';
import { judged, met, mustBe, page, unmet } from './finding.ts';

/** Rules about the machine, and about the engine's place on it. */
export const hostRules: readonly Rule[] = [
  {
    id: 'linux-only',
    concerns: 'every launch',
    requirement: 'Host and image are for Linux.',
    source: { document: page },
    applies: () => true,
    check({ host, image }) {
      const platform = valueOf(host.platform);
      if (platform !== 'linux') {
        return unmet(`this host is ${platform ?? 'of an unknown kind'}`, 'Run the plugin host on Linux.');
      }
      if (isAbsent(image) || image.os === '' || image.os === 'linux') return met;
      return unmet(`the image is for ${image.os}`, 'Build the plugin image for Linux.');
    },
  },
  {
    id: 'local-engine',
    concerns: 'every launch',
    requirement: "The engine runs under this host's kernel: host and plugin talk through a unix socket.",
    source: {
      document: page,
      measured: 'follows from how unix sockets work: a virtual machine shares files, not sockets',
    },
    applies: () => true,
    check: ({ engine }) =>
      mustBe(
        engine.sameKernel,
        "whether the engine runs under this host's kernel",
        'the engine runs under another kernel, in a virtual machine or on another host',
        'Use an engine that runs directly on this host, and not one in a virtual machine such as Docker Desktop.',
      ),
  },
  {
    id: 'rootless-engine',
    concerns: 'launches that ask for a rootless engine, as a plugin runtime with `rootless` does',
    requirement: 'The engine is a rootless one.',
    source: { document: page },
    applies: ({ wishes }) => wishes.rootless === true,
    check: ({ engine }) =>
      engine.rootless
        ? met
        : unmet(
            `${engine.kind} at ${engine.socketPath} is rootful`,
            'Name the socket of a rootless engine (in a plugin runtime: `engineSocket`), or leave out `rootless`.',
          ),
  },
  {
    id: 'rootless-owner',
    concerns: 'rootless engines',
    requirement: 'The rootless engine belongs to the user of this process, or this process is root.',
    source: { measured: 'container group 0 is the only id that the two have in common' },
    applies: ({ engine }) => engine.rootless,
    check: ({ host, engine }) =>
      judged(
        engine.owner,
        'who runs the rootless engine',
        'Use the rootless engine of this user, or a rootful engine.',
        (owner, evidence) => {
          const uid = valueOf(host.uid);
          if (uid === 0 || uid === owner.uid) return met;
          return unmet(
            `the rootless engine runs as uid ${owner.uid} (${evidence}), this process as uid ${uid ?? 'unknown'}`,
            'Use the rootless engine of this user, or a rootful engine.',
          );
        },
      ),
  },
];
