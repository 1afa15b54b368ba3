/** The networks of a container, by what engines call them: those of the request, and no others. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ResolvedNetwork } from '../../src/container/attested/resolve-network.ts';
import type { NetworkEndpoint } from '../../src/engine/index.ts';
import { found, podman, type Told } from './attested-container.ts';

const plugins = { kind: 'network', name: 'plugins', id: 'ab'.repeat(32) } as const;
const other = 'cd'.repeat(32);

interface Made {
  readonly mode: string;
  readonly networks?: readonly string[];
  readonly endpoints?: readonly NetworkEndpoint[];
}

function differences(
  network: string | undefined,
  { mode, networks = [], endpoints = [] }: Made,
  engine: Told = {},
  resolved?: ResolvedNetwork,
) {
  const made = { network: mode, networks, endpoints, networkDisabled: false };
  return found({ network, networkDisabled: undefined }, made, engine, undefined, resolved);
}

const names = (...given: Parameters<typeof differences>): string[] =>
  differences(...given).map(({ setting }) => setting);

const endpoint = (network: string, networkId?: string): NetworkEndpoint => ({ network, networkId });

describe('a request without a network', () => {
  it('has a namespace of its own, with one network at most', () => {
    for (const engine of [{}, podman()]) {
      for (const mode of ['bridge', 'default', 'none', 'pasta', ''])
        assert.deepEqual(names(undefined, { mode }, engine), [], mode);
      for (const mode of ['host', `container:${other}`, 'ns:/proc/1/ns/net'])
        assert.deepEqual(differences(undefined, { mode }, engine), [
          { setting: 'network', asked: 'one of its own', made: mode },
        ]);
      assert.deepEqual(names(undefined, { mode: 'bridge', networks: ['a'] }, engine), []);
      assert.deepEqual(differences(undefined, { mode: 'bridge', networks: ['b', 'a'] }, engine), [
        { setting: 'networks', asked: 'no other', made: 'a, b' },
      ]);
    }
  });

  it('may be told of in the words of an earlier version, without addresses', () => {
    const made = { network: 'bridge', networkDisabled: false, endpoints: undefined as never };
    assert.deepEqual(found({ network: 'bridge', networkDisabled: undefined }, made, {}), []);
  });
});

describe('a network of a Docker', () => {
  it('is told of as it was asked for, also by the beginning of its id', () => {
    for (const asked of [plugins.name, plugins.id, plugins.id.slice(0, 12)])
      assert.deepEqual(names(asked, { mode: asked }, {}, plugins), [], asked);
    assert.deepEqual(names(plugins.id.slice(0, 12), { mode: other.slice(0, 12) }, {}, plugins), ['network']);
  });
});

describe('a namespace that a path names', () => {
  it('is that of the path, whatever networks it has', () => {
    const asked = 'ns:/run/netns/a';
    assert.deepEqual(names(asked, { mode: asked, networks: ['a', 'b'] }, podman()), []);
    assert.deepEqual(names(asked, { mode: 'ns:/run/netns/b' }, podman()), ['network']);
    assert.deepEqual(names(asked, { mode: 'bridge' }, podman()), ['network']);
  });
});

describe('the default network of a Podman', () => {
  it('may be none where its settings say so, and only for that word', () => {
    assert.deepEqual(names('default', { mode: 'none' }, podman()), []);
    for (const asked of ['private', 'bridge'])
      assert.deepEqual(names(asked, { mode: 'none' }, podman()), ['network']);
  });

  it('is one, also where its name is not known', () => {
    assert.deepEqual(names('bridge', { mode: 'bridge', networks: ['a'] }, podman()), []);
    assert.deepEqual(names('bridge', { mode: 'bridge', networks: ['a', 'b'] }, podman()), ['networks']);
  });
});

describe('a program that passes traffic on', () => {
  it('has its options in their order, but for slirp4netns, whose options have none', () => {
    const user = (asked: string, mode: string) => names(asked, { mode }, podman());
    assert.deepEqual(user('slirp4netns:b=1,a=2', 'slirp4netns:a=2,b=1'), []);
    assert.deepEqual(user('pasta:-t,80', 'pasta:-t,80'), []);
    assert.deepEqual(user('pasta:-t,80', 'pasta:80,-t'), ['network']);
    assert.deepEqual(user('pasta:b,slirp4netns', 'pasta:slirp4netns,b'), ['network']);
  });
});

describe('a network by its name', () => {
  it('is told of by a Docker as it was asked for, or by name or id', () => {
    const asked = plugins.id.slice(0, 12);
    for (const mode of [asked, plugins.name, plugins.id])
      assert.deepEqual(names(asked, { mode, networks: ['plugins'] }, {}, plugins), [], mode);
    assert.deepEqual(names(asked, { mode: other, networks: ['plugins'] }, {}, plugins), ['network']);
  });

  it('is told of by a Podman as a bridge, with its name among the networks', () => {
    const asked = 'plugins';
    assert.deepEqual(names(asked, { mode: 'bridge', networks: ['plugins'] }, podman(), plugins), []);
    assert.deepEqual(names(asked, { mode: 'host', networks: ['plugins'] }, podman(), plugins), ['network']);
    assert.deepEqual(names(asked, { mode: 'bridge', networks: [] }, podman(), plugins), ['network']);
  });

  it('is the one that was found, and not another one of that name', () => {
    for (const engine of [{}, podman()]) {
      const made = (...endpoints: NetworkEndpoint[]): Made => ({
        mode: 'kind' in engine ? 'bridge' : 'plugins',
        networks: ['plugins'],
        endpoints,
      });
      const same = [endpoint('plugins', plugins.id), endpoint('plugins', 'plugins'), endpoint('plugins')];
      for (const each of same) assert.deepEqual(names('plugins', made(each), engine, plugins), []);
      assert.deepEqual(differences('plugins', made(endpoint('plugins', other)), engine, plugins), [
        { setting: 'networks', asked: 'no other', made: `plugins with the id ${other}` },
      ]);
      // Nothing is known of it then.
      assert.deepEqual(names('plugins', made(endpoint('plugins', other)), engine), []);
    }
  });

  it('and another one are told of once each', () => {
    const made = {
      mode: 'plugins',
      networks: ['plugins', 'more'],
      endpoints: [endpoint('plugins', plugins.id), endpoint('more', other)],
    };
    assert.deepEqual(differences('plugins', made, {}, plugins), [
      { setting: 'networks', asked: 'no other', made: 'more' },
    ]);
  });
});
