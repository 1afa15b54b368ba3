import { nearest } from '../../settings/nearest.ts';
import { networkKind, type NetworkKind } from '../../settings/network-kind.ts';
import { valueOf } from '../fact.ts';
import { listedNetwork, runscNetwork, wantedNetwork } from '../network-access.ts';
import type { Finding, LaunchCase, Rule } from '../rule.ts';
import { judged, met, note, unmet } from './finding.ts';

/** Rules about the network that a plugin asks for: it gets that network, or the launch is refused. */
export const networkRules: readonly Rule[] = [
  {
    id: 'network-exists',
    concerns: 'launches with a network of the engine',
    requirement: 'The engine has the network.',
    source: {
      document: 'Docker: "bridge" of daemon.json',
      measured: 'Docker creates a container for a network that it does not have, and fails to start it',
    },
    applies: (launch) => asksFor(launch, 'named', 'default'),
    check: checkExists,
  },
  {
    id: 'network-programs',
    concerns: 'launches with a network on Podman',
    requirement: 'The programs that Podman makes the network with are there.',
    source: { document: 'podman-network(1), containers.conf(5)' },
    applies: (launch) => launch.engine.kind === 'podman' && asksFor(launch, 'named', 'default', 'user-mode'),
    check: checkPrograms,
  },
  {
    id: 'runsc-gives-network',
    concerns: 'launches with a network under gVisor',
    requirement: 'runsc gives its sandboxes the network of the container: it is not run with --network=none.',
    source: {
      document: 'gVisor: runsc --network',
      measured:
        'with --network=none a sandbox has a loopback interface only, whatever the engine gives the container',
    },
    applies: (launch) => isSandboxed(launch) && wantedNetwork(launch) !== undefined,
    check: checkSandbox,
  },
  {
    id: 'network-reach',
    concerns: 'launches with a network',
    requirement: 'What the plugin can reach is what its network promises.',
    source: { document: 'Docker: internal networks, rootless mode; Podman: podman-network-create(1)' },
    applies: (launch) => wantedNetwork(launch) !== undefined,
    check: checkReach,
  },
];

function isSandboxed({ runtime }: LaunchCase): boolean {
  return runtime?.kind === 'runsc';
}

function asksFor(launch: LaunchCase, ...kinds: readonly NetworkKind[]): boolean {
  const network = wantedNetwork(launch);
  return network !== undefined && kinds.includes(networkKind(launch.engine.kind, network));
}

function checkExists(launch: LaunchCase): Finding {
  const { engine } = launch;
  const network = wantedNetwork(launch) ?? '';
  const isDefault = networkKind(engine.kind, network) === 'default';
  if (engine.kind === 'podman' && isDefault) return met; // it has one without any file of it
  const remedy = isDefault
    ? 'Take "bridge": "none" out of the engine\'s daemon.json and restart it, or name a network that the engine has.'
    : `Make the network (${engine.kind} network create NAME) as the user of this engine, or name one that it has.`;
  if (engine.network === undefined)
    return note(`whether the engine has the network ${network} was not looked at`, remedy);
  return judged(engine.network.networks, 'which networks the engine has', remedy, (networks, evidence) => {
    if (listedNetwork(launch, network) !== undefined) return met;
    const names = networks.map(({ name }) => name);
    const meant = nearest(network, names);
    return unmet(
      `the engine has no network ${network}${meant === undefined ? '' : ` (is ${meant} meant?)`}; it has ${names.slice(0, 20).join(', ') || 'none'} (${evidence})`,
      remedy,
    );
  });
}

function checkPrograms(launch: LaunchCase): Finding {
  const { engine } = launch;
  const network = wantedNetwork(launch) ?? '';
  if (engine.network === undefined) return met;
  const { programs, backend } = engine.network;
  const remedy =
    'Install netavark and aardvark-dns, on a rootless engine also passt or slirp4netns, and restart the engine.';
  const kind = networkKind('podman', network);
  const isBridge = kind === 'named' || network === 'bridge' || !engine.rootless;
  const needsBackend = kind !== 'user-mode' && isBridge;
  const needsUserMode = kind !== 'user-mode' && engine.rootless;
  return judged(programs, 'with what the engine makes networks', remedy, (there, evidence) => {
    if (kind === 'user-mode') {
      const program = network.split(':', 1)[0] ?? '';
      if (!there.includes(program)) return unmet(`the engine has no ${program} (${evidence})`, remedy);
      return program === 'pasta' && !engine.rootless
        ? unmet('Podman has pasta for rootless engines only', 'Use `network: bridge`, or a rootless engine.')
        : met;
    }
    const name = valueOf(backend) ?? 'netavark';
    if (needsBackend && !there.includes(name))
      return unmet(`the engine has no ${name} (${evidence})`, remedy);
    if (needsUserMode && !there.includes('pasta') && !there.includes('slirp4netns'))
      return unmet(`the engine has neither pasta nor slirp4netns (${evidence})`, remedy);
    return met;
  });
}

function checkSandbox(launch: LaunchCase): Finding {
  const { engine, runtime, service, wishes } = launch;
  const remedy = sandboxRemedy(launch);
  if (runtime === undefined) return met;
  return judged(runtime.args, 'how runsc is run', remedy, (args, evidence) => {
    const mode = runscNetwork(args);
    if (mode === 'none') {
      return unmet(
        `runsc is run with --network=none (${service === 'own-podman' ? 'as by every Podman service that Bulkhead starts for it' : evidence}): the plugin would have a loopback interface and nothing of ${wishes.network ?? ''}`,
        remedy,
      );
    }
    if (networkKind(engine.kind, wishes.network ?? '') === 'host' && mode !== 'host')
      return unmet(
        `runsc is run with --network=${mode} (${evidence}), and can't have a network stack of its own in the network namespace of the host`,
        remedy,
      );
    return mode === 'host'
      ? note(
          "runsc is run with --network=host: the plugin uses the network stack of the host's kernel, in the container's own network namespace",
          'Run runsc with --network=sandbox, where its build and this kernel allow it, for a network stack of its own.',
        )
      : met;
  });
}

function sandboxRemedy({ engine }: LaunchCase): string {
  return engine.kind === 'docker'
    ? 'Add a runtime beside it in the engine\'s daemon.json, such as "runsc-network": {"path": "/usr/bin/runsc", "runtimeArgs": ["--host-uds=all", "--network=host"]}, reload it, and launch with that runtime (--network=sandbox where the build of runsc works with it on this kernel); or use runc or crun; or leave out `network`.'
    : 'Start a Podman service for runsc that is not told network=none (podman --runtime runsc --runtime-flag=host-uds=all --runtime-flag=network=host system service unix://SOCKET) and name its socket; or use runc or crun; or leave out `network`.';
}

function checkReach(launch: LaunchCase): Finding {
  const { engine } = launch;
  const network = wantedNetwork(launch) ?? '';
  if (listedNetwork(launch, network)?.internal === true && asksFor(launch, 'named', 'default'))
    return note(
      `the network ${network} is internal: the plugin reaches its containers and nothing outside`,
      'Use a network that is not internal where the plugin has to reach something outside.',
    );
  if (engine.network !== undefined && valueOf(engine.network.sharesNamespace) === false)
    return note(
      "the engine is in a network namespace of its own: the plugin reaches what that reaches, and not what listens on this host's loopback interface",
      'Let what the plugin has to reach listen on an address that the engine reaches.',
    );
  return met;
}
