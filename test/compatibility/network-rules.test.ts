/** What network a plugin will really have is said before the launch, from the facts alone. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  factsFile,
  judge,
  known,
  parseFacts,
  unknown,
  type EngineFacts,
  type LaunchVerdict,
  type NetworkFacts,
} from '../../src/compatibility/index.ts';
import { docker, fact, facts, host, podman, rulesOf, runtime, sandboxArguments } from './made-facts.ts';

const id = (digits: string) => digits.repeat(32);
const listed = (name: string, changes: object = {}) => ({
  name,
  id: id(name === 'plugins' ? 'ab' : name === 'closed' ? 'cd' : '12'),
  driver: 'bridge',
  internal: false,
  isDefault: name === 'bridge' || name === 'podman',
  ...changes,
});

function networks(names: readonly string[], changes: Partial<NetworkFacts> = {}): NetworkFacts {
  return {
    networks: fact(names.map((name) => listed(name, { internal: name === 'closed' }))),
    sharesNamespace: fact(true),
    programs: fact(['netavark', 'pasta']),
    backend: fact('netavark'),
    ...changes,
  };
}

const onDocker = (changes: Partial<EngineFacts> = {}) =>
  docker({ network: networks(['bridge', 'host', 'none', 'plugins', 'closed']), ...changes });
const onPodman = (name: 'runc' | 'crun' | 'runsc', changes: Partial<EngineFacts> = {}) =>
  podman(name, { network: networks(['podman', 'plugins', 'closed']), ...changes });
const runsc = (...args: readonly string[]) => ({
  runsc: runtime('runsc', ['--host-uds=all', ...args]),
});

function verdictOf(engine: EngineFacts, network: string | undefined, name = 'runc'): LaunchVerdict {
  return judge(facts({ engine, host: host({ kernel: fact('5.15.0') }) }), { runtime: name, network });
}

function reachOf(engine: EngineFacts, network: string | undefined, name = 'runc'): string {
  const { status, network: access } = verdictOf(engine, network, name);
  return `${status} ${access.reach}`;
}

describe('the network of a plugin is told', () => {
  it('where none is asked for', () => {
    for (const asked of [undefined, 'none']) {
      assert.equal(reachOf(onDocker(), asked), 'works none');
      assert.equal(reachOf(onDocker(), asked, 'runsc'), 'works none');
      assert.equal(reachOf(docker(), asked), 'works none');
    }
  });

  it('by name, by id, and by the beginning of an id', () => {
    for (const asked of ['bridge', 'default', 'plugins', id('ab'), id('ab').slice(0, 12)]) {
      assert.equal(reachOf(onDocker(), asked), 'works outside', asked);
      assert.equal(reachOf(onPodman('runc'), asked), 'works outside', asked);
    }
    assert.equal(reachOf(onPodman('runc'), 'private'), 'works outside');
    assert.match(verdictOf(onDocker(), id('ab').slice(0, 12)).network.description, /plugins/);
  });

  it('where the network is internal, with a note', () => {
    for (const engine of [onDocker(), onPodman('runc')]) {
      const verdict = verdictOf(engine, 'closed');
      assert.equal(verdict.network.reach, 'internal');
      assert.ok(verdict.notes.some(({ rule }) => rule === 'network-reach'));
    }
  });

  it('where it is that of the host or of another container', () => {
    assert.equal(reachOf(onDocker(), 'host'), 'refused host');
    assert.equal(reachOf(onPodman('runc'), 'host'), 'refused host');
    assert.equal(reachOf(onDocker(), 'container:db'), 'refused shared');
    assert.equal(reachOf(onPodman('runc'), 'ns:/proc/1/ns/net'), 'refused shared');
  });

  it('where the engine is in a network namespace of its own, with a note on the loopback of this host', () => {
    const network = networks(['bridge'], { sharesNamespace: fact(false) });
    const verdict = verdictOf(onDocker({ rootless: true, network }), 'bridge');
    assert.ok(
      verdict.notes.some(({ rule, observed }) => rule === 'network-reach' && observed.includes('loopback')),
    );
    assert.match(verdict.network.description, /not that of this host/);
  });

  it('in files of facts, and not in those of earlier versions', () => {
    const whole = { host: host(), engines: [onDocker()] };
    assert.deepEqual(parseFacts(JSON.stringify(factsFile(whole))).engines, whole.engines);
    assert.equal(reachOf(docker(), 'plugins'), 'works outside');
    assert.ok(verdictOf(docker(), 'plugins').notes.some(({ rule }) => rule === 'network-exists'));
  });
});

describe('a network that the plugin would not have', () => {
  const refused = (engine: EngineFacts, network: string, name = 'runc') =>
    rulesOf(facts({ engine, host: host({ kernel: fact('5.15.0') }) }), { runtime: name, network });

  it('is refused where the engine has no such network, and the nearest is named', () => {
    for (const engine of [onDocker(), onPodman('runc')]) {
      assert.deepEqual(refused(engine, 'plugin'), ['network-exists']);
      assert.deepEqual(refused(engine, id('ff')), ['network-exists']);
      const verdict = verdictOf(engine, 'plugin');
      assert.equal(verdict.network.reach, 'none');
      assert.ok('reasons' in verdict && (verdict.reasons[0]?.observed ?? '').includes('is plugins meant'));
    }
  });

  it('is refused where the beginning of an id is that of several networks', () => {
    const two = [listed('a', { id: `ab${id('1')}` }), listed('b', { id: `ab${id('2')}` })];
    const engine = onDocker({ network: networks([], { networks: fact(two) }) });
    assert.deepEqual(refused(engine, 'ab'), ['network-exists']);
    assert.equal(reachOf(engine, 'ab11'), 'works outside');
  });

  it('is refused on a Docker without a bridge', () => {
    const engine = onDocker({ network: networks(['host', 'none']) });
    for (const asked of ['bridge', 'default']) {
      assert.deepEqual(refused(engine, asked), ['network-exists']);
      const verdict = verdictOf(engine, asked);
      assert.ok('reasons' in verdict && (verdict.reasons[0]?.remedy ?? '').includes('"bridge": "none"'));
    }
  });

  it('is refused on a Podman without the programs for it', () => {
    const without = (programs: readonly string[], rootless = false) =>
      onPodman('runc', { rootless, network: networks(['podman', 'plugins'], { programs: fact(programs) }) });
    const rules = (engine: EngineFacts, network: string) =>
      judge(facts({ engine }), { runtime: 'runc', network });
    const isRefused = (engine: EngineFacts, network: string): boolean => {
      const verdict = rules(engine, network);
      return 'reasons' in verdict && verdict.reasons.some(({ rule }) => rule === 'network-programs');
    };
    for (const asked of ['bridge', 'plugins', 'private', 'default'])
      assert.ok(isRefused(without([]), asked), asked);
    assert.ok(!isRefused(without(['netavark']), 'plugins'));
    assert.ok(isRefused(without(['netavark'], true), 'plugins'), 'a rootless bridge needs a way out');
    assert.ok(!isRefused(without(['netavark', 'slirp4netns'], true), 'plugins'));
    assert.ok(!isRefused(without(['slirp4netns'], true), 'private'));
    assert.ok(isRefused(without(['slirp4netns'], true), 'pasta:-t,80'));
    assert.ok(!isRefused(without(['pasta'], true), 'pasta:-t,80'));
    assert.ok(isRefused(without(['pasta']), 'pasta'), 'pasta is for rootless engines');
    const cni = networks(['podman'], { backend: fact('cni'), programs: fact(['netavark']) });
    assert.ok(isRefused(onPodman('runc', { network: cni }), 'bridge'));
  });

  it('is unknown where the engine does not tell', () => {
    const engine = onDocker({ network: networks([], { networks: unknown('it broke off') }) });
    assert.deepEqual(rulesOf(facts({ engine }), { runtime: 'runc', network: 'plugins' }, 'unknown'), [
      'network-exists',
    ]);
    assert.equal(reachOf(engine, 'plugins'), 'unknown unknown');
    const unseen = networks(['podman'], { programs: unknown('no folder has it') });
    const verdict = verdictOf(onPodman('runc', { network: unseen }), 'bridge');
    assert.equal(verdict.status, 'unknown');
  });

  it('is refused under a runsc that gives its sandboxes none, by whatever way it is told', () => {
    for (const args of [['--network=none'], ['-network', 'none'], ['--network', 'none']]) {
      const engine = onDocker({ runtimes: runsc(...args) });
      for (const asked of ['bridge', 'plugins', 'closed']) {
        assert.deepEqual(
          refused(engine, asked, 'runsc'),
          ['runsc-gives-network'],
          `${args.join(' ')} ${asked}`,
        );
        assert.equal(reachOf(engine, asked, 'runsc'), 'refused none');
      }
      assert.equal(reachOf(engine, undefined, 'runsc'), 'works none');
    }
    assert.deepEqual(refused(onPodman('runsc'), 'plugins', 'runsc'), ['runsc-gives-network']);
  });

  it('works under a runsc with a network stack of its own or of the kernel', () => {
    assert.equal(
      reachOf(onDocker({ runtimes: runsc('--network=host') }), 'plugins', 'runsc'),
      'works outside',
    );
    assert.equal(
      reachOf(onDocker({ runtimes: runsc('--network=sandbox') }), 'plugins', 'runsc'),
      'works outside',
    );
    assert.equal(reachOf(onDocker({ runtimes: runsc() }), 'plugins', 'runsc'), 'works outside');
    const { notes } = verdictOf(onDocker({ runtimes: runsc('--network=host') }), 'plugins', 'runsc');
    assert.ok(notes.some(({ rule }) => rule === 'runsc-gives-network'));
  });

  it('is unknown where it is not known how runsc is run', () => {
    const blind = { ...runtime('runsc'), args: unknown('a script') };
    const verdict = verdictOf(onDocker({ runtimes: { runsc: blind } }), 'plugins', 'runsc');
    assert.equal(verdict.status, 'unknown');
    assert.equal(verdict.network.reach, 'unknown');
    assert.ok('reasons' in verdict && verdict.reasons.some(({ rule }) => rule === 'runsc-gives-network'));
  });

  it('of the host is no network for a sandbox with a stack of its own', () => {
    const rules = (...args: readonly string[]) =>
      refused(onDocker({ runtimes: runsc(...args) }), 'host', 'runsc');
    assert.deepEqual(rules(), ['runsc-gives-network', 'own-network-namespace']);
    assert.deepEqual(rules('--network=none'), ['runsc-gives-network', 'own-network-namespace']);
    assert.deepEqual(rules('--network=host'), ['own-network-namespace']);
  });

  it('is refused where Bulkhead would start a Podman service for runsc', () => {
    const engine = onPodman('crun', { owner: known({ uid: 0, gid: 0 }, 'made') });
    const here = host({ podmanRuntimes: fact(['runsc']) });
    const verdict = judge(facts({ engine, host: here }), { runtime: 'runsc', network: 'plugins' });
    assert.ok('reasons' in verdict && verdict.reasons.some(({ rule }) => rule === 'runsc-gives-network'));
    assert.equal(verdict.network.reach, 'none');
    assert.ok(sandboxArguments.includes('--network=none'));
  });
});

describe('a Podman service of our own for gVisor', () => {
  const own = { host: host({ podmanRuntimes: fact(['runc', 'runsc']) }), engine: podman('runc') };

  it('gives a plugin no network, and says so whether one was asked for or not', () => {
    const none = judge(facts(own), { runtime: 'runsc' });
    assert.deepEqual([none.status, none.network.reach], ['works', 'none']);
    assert.equal('strategy' in none && none.strategy.service, 'own-podman');
    for (const network of ['podman', 'bridge', 'default', 'slirp4netns', 'plugins']) {
      const verdict = judge(facts(own), { runtime: 'runsc', network });
      assert.deepEqual([verdict.status, verdict.network.reach], ['refused', 'none'], network);
      const [reason] =
        'reasons' in verdict ? verdict.reasons.filter(({ rule }) => rule === 'runsc-gives-network') : [];
      assert.match(reason?.observed ?? '', /as by every Podman service that Bulkhead starts for it/, network);
      assert.match(reason?.remedy ?? '', /Start a Podman service for runsc that is not told network=none/);
    }
  });
});
