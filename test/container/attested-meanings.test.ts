/** Engines report settings in other words than they were asked in. The words are compared by what they mean, and no other meaning passes. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { attest } from '../../src/container/attestation.ts';
import type { ResolvedNetwork } from '../../src/container/attested/resolve-network.ts';
import type { CreateContainerOptions, NetworkEndpoint } from '../../src/engine/index.ts';
import { readAnswer, recordedAnswers, type RecordedAnswer } from './recorded-answers.ts';

const plugins = { kind: 'network', name: 'plugins', id: 'ab'.repeat(32) } as const;
const standard = { kind: 'network', name: 'podman', id: 'cd'.repeat(32) } as const;
const container = { kind: 'container', id: 'ef'.repeat(32) } as const;

interface Told {
  readonly mode: string;
  readonly networks?: readonly string[];
  readonly endpoints?: readonly NetworkEndpoint[];
}

/** Names of the settings that differ when the engine tells this of a request for the network. */
function networkDiffers(
  { engine, request, image, answer }: RecordedAnswer,
  network: string,
  { mode, networks = [], endpoints = [] }: Told,
  resolved?: ResolvedNetwork,
): string[] {
  const asked = { ...request, network, networkDisabled: network === 'none' };
  const made = {
    ...readAnswer(engine.kind, answer),
    network: mode,
    networks,
    endpoints,
    networkDisabled: mode === 'none',
  };
  return attest(asked, made, { engine, image, network: resolved }).map(({ setting }) => setting);
}

for (const [name, recorded] of recordedAnswers) {
  const { kind } = recorded.engine;
  const differs = (network: string, told: Told, resolved?: ResolvedNetwork) =>
    networkDiffers(recorded, network, told, resolved);

  describe(`a network as ${name} tells of it`, () => {
    it('is known by its name, its id and the beginning of its id', () => {
      for (const asked of [plugins.name, plugins.id, plugins.id.slice(0, 12)]) {
        const words = kind === 'podman' ? ['bridge'] : [asked, plugins.name];
        for (const mode of words)
          assert.deepEqual(differs(asked, { mode, networks: ['plugins'] }, plugins), [], `${asked} ${mode}`);
      }
    });

    it('is no other network, whatever word was asked for', () => {
      for (const asked of [plugins.name, plugins.id, plugins.id.slice(0, 12)]) {
        const mode = kind === 'podman' ? 'bridge' : asked;
        assert.ok(differs(asked, { mode, networks: ['other'] }, plugins).includes('networks'), asked);
        assert.deepEqual(differs(asked, { mode, networks: ['plugins', 'other'] }, plugins), ['networks']);
        assert.ok(differs(asked, { mode: 'host', networks: ['host'] }, plugins).includes('network'));
      }
      const foreign = { network: 'plugins', networkId: '12'.repeat(32) };
      const mode = kind === 'podman' ? 'bridge' : 'plugins';
      const told = { mode, networks: ['plugins'], endpoints: [foreign] };
      assert.deepEqual(differs('plugins', told, plugins), ['networks']);
      const own = { ...foreign, networkId: plugins.id };
      assert.deepEqual(differs('plugins', { ...told, endpoints: [own] }, plugins), []);
    });

    it('of another container is that of the container that was named', () => {
      const told = { mode: `container:${container.id}`, networks: ['podman'] };
      for (const asked of ['db', container.id, container.id.slice(0, 12)])
        assert.deepEqual(differs(`container:${asked}`, told, container), [], asked);
      const another = { mode: `container:${'12'.repeat(32)}` };
      for (const asked of ['db', container.id, container.id.slice(0, 12)])
        assert.deepEqual(differs(`container:${asked}`, another, container), ['network'], asked);
      assert.deepEqual(differs('container:db', told), ['network'], 'nobody knows whose it is');
      assert.deepEqual(differs('container:db', { mode: 'none' }, container), ['network']);
    });

    it('is none where none was asked for', () => {
      for (const mode of ['bridge', 'host', 'default', 'pasta'])
        assert.ok(differs('none', { mode }).includes('network'), mode);
    });

    if (kind === 'podman') {
      it('of the default is the default one', () => {
        const bridge = { mode: 'bridge', networks: ['podman'] };
        for (const asked of ['bridge', 'default', 'private'])
          assert.deepEqual(differs(asked, bridge, standard), [], asked);
        for (const asked of ['bridge', 'default', 'private'])
          assert.deepEqual(
            differs(asked, { ...bridge, networks: ['plugins'] }, standard),
            ['networks'],
            asked,
          );
        for (const mode of ['pasta', 'slirp4netns']) {
          assert.deepEqual(differs('private', { mode }, standard), [], mode);
          assert.deepEqual(differs('default', { mode }, standard), [], mode);
          assert.deepEqual(differs('bridge', { mode }, standard), ['network'], mode);
        }
        // So Podman 5 tells of a mode that is no network.
        for (const mode of ['pasta', 'slirp4netns', 'slirp4netns:mtu=1400'])
          assert.deepEqual(differs(mode, { mode, networks: [mode] }, standard), [], mode);
        assert.deepEqual(differs('private', { mode: 'pasta', networks: ['pasta'] }, standard), []);
        assert.deepEqual(differs('private', { mode: 'pasta', networks: ['pasta', 'other'] }, standard), [
          'networks',
        ]);
        for (const asked of ['bridge', 'default', 'private'])
          for (const mode of ['host', `container:${container.id}`, 'ns:/proc/1/ns/net'])
            assert.deepEqual(differs(asked, { mode }, standard), ['network'], `${asked} ${mode}`);
      });

      it('in user mode has the options that were asked for, where the engine tells them', () => {
        assert.deepEqual(differs('pasta:-t,80', { mode: 'pasta' }), []);
        assert.deepEqual(differs('slirp4netns:mtu=1500,cidr=10.0.2.0/24', { mode: 'slirp4netns' }), []);
        assert.deepEqual(differs('pasta', { mode: 'pasta:--map-gw' }), ['network']);
        assert.deepEqual(differs('slirp4netns', { mode: 'slirp4netns:allow_host_loopback=true' }), [
          'network',
        ]);
        const swapped = { mode: 'slirp4netns:cidr=10.0.2.0/24,mtu=1500' };
        assert.deepEqual(differs('slirp4netns:mtu=1500,cidr=10.0.2.0/24', swapped), []);
        assert.deepEqual(differs('pasta', { mode: 'slirp4netns' }), ['network']);
        assert.deepEqual(differs('pasta', { mode: 'host' }), ['network']);
      });
    } else {
      it('of the default is the bridge', () => {
        for (const asked of ['bridge', 'default'])
          for (const mode of ['bridge', 'default'])
            assert.deepEqual(differs(asked, { mode, networks: ['bridge'] }), [], `${asked} ${mode}`);
        assert.deepEqual(differs('bridge', { mode: 'bridge', networks: ['plugins'] }), ['networks']);
        assert.deepEqual(differs('default', { mode: 'host', networks: ['host'] }), ['network', 'networks']);
        assert.deepEqual(differs('private', { mode: 'bridge', networks: ['bridge'] }, undefined), [
          'network',
          'networks',
        ]);
      });
    }
  });

  describe(`other settings as ${name} tells of them`, () => {
    type Made = ReturnType<typeof readAnswer>;
    const made = readAnswer(kind, recorded.answer);
    const settings = (asked: Partial<CreateContainerOptions>, told: Partial<Made>): string[] =>
      attest(
        { ...recorded.request, ...asked },
        { ...made, ...told },
        { engine: recorded.engine, image: recorded.image },
      ).map(({ setting }) => setting);

    it('have paths without what says nothing', () => {
      const told = (workingDirectory: string) => ({ config: { ...made.config, workingDirectory } });
      for (const asked of ['/tmp/', '/tmp//', '/./tmp', '/x/../tmp'])
        assert.deepEqual(settings({ workingDirectory: asked }, told('/tmp')), [], asked);
      assert.deepEqual(settings({ workingDirectory: '/tmp' }, told('/tmp/x')), ['working directory']);
      assert.deepEqual(settings({ workingDirectory: '/' }, told('/tmp')), ['working directory']);
      const parent = (cgroupParent: string) => ({ cgroupParent });
      assert.deepEqual(settings({ cgroupParent: 'plugins/' }, parent('/plugins')), []);
      assert.deepEqual(settings({ cgroupParent: '/plugins' }, parent('/plugins/x')), ['cgroup parent']);
      assert.deepEqual(settings({ cgroupParent: 'plugins.slice' }, parent('')), ['cgroup parent']);
    });

    it('have places of mounts without what says nothing', () => {
      const [bind] = recorded.request.mounts ?? [];
      assert.ok(bind?.type === 'bind');
      const others = (recorded.request.mounts ?? []).slice(1);
      const asked = (changes: object) => ({ mounts: [{ ...bind, ...changes }, ...others] });
      assert.deepEqual(settings(asked({ source: `${bind.source}//`, target: `${bind.target}/` }), {}), []);
      assert.deepEqual(settings(asked({ source: `${bind.source}/../a` }), {}), [`mount ${bind.target}`]);
      assert.equal(settings(asked({ target: `${bind.target}/x` }), {}).length, 2);
    });

    it('have no seccomp profile where none was wanted', () => {
      const told = (...more: readonly string[]) => ({ securityOpt: [...made.securityOpt, ...more] });
      const asked = { seccomp: 'unconfined' };
      assert.deepEqual(settings(asked, told('seccomp=unconfined')), []);
      assert.deepEqual(settings(asked, told()), kind === 'podman' ? [] : ['security options']);
      assert.deepEqual(settings(asked, told('seccomp=/a/profile')), ['security options']);
      assert.deepEqual(settings({}, told('seccomp=unconfined')), ['security options']);
    });

    it('have a share of the CPU as the engine counts it', () => {
      const third = 333_333_333;
      const rounded = kind === 'podman' ? 333_330_000 : third;
      assert.deepEqual(settings({ cpuNanos: third }, { cpuNanos: rounded }), []);
      for (const other of [0, rounded + 10_000, rounded - 10_000, 2 * third])
        assert.deepEqual(settings({ cpuNanos: third }, { cpuNanos: other }), ['CPU'], String(other));
    });

    it('have signals with and without SIG', () => {
      const told = (stopSignal: string) => ({ config: { ...made.config, stopSignal } });
      assert.deepEqual(settings({ stopSignal: 'TERM' }, told('SIGTERM')), []);
      assert.deepEqual(settings({ stopSignal: 'SIGTERM' }, told('SIGKILL')), ['stop signal']);
    });
  });
}
