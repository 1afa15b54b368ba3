/** What a verdict says of the settings of an image, and what a launch does about them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ImageFacts, ImagePlace, ImageSettings } from '../../src/compatibility/index.ts';
import { unknown } from '../../src/compatibility/index.ts';
import { goPluginVariables } from '../../src/compatibility/image-settings.ts';
import { variables } from '../../src/goplugin/handshake/environment.ts';
import { docker, fact, facts, image, podman, rulesOf, strategyOf } from './made-facts.ts';

const runc = { runtime: 'runc' };

function imageWith(settings: Partial<ImageSettings>, more: Partial<ImageFacts> = {}): ImageFacts {
  const all = {
    volumes: [],
    workingDirectory: '',
    stopSignal: '',
    exposedPorts: [],
    variables: [],
    valueless: [],
  };
  const places = [...(settings.volumes ?? [])].map((path) => place(path));
  return image({ settings: { ...all, ...settings }, places: fact(places), ...more });
}

function place(path: string, changes: Partial<ImagePlace> = {}): ImagePlace {
  return { path, leadsTo: path, kind: 'folder', files: 0, folders: 0, ...changes };
}

const factsOf = (...given: Parameters<typeof imageWith>) => facts({ image: imageWith(...given) });

describe('the exposed ports of an image', () => {
  it('are refused on Podman where they are none, in words, and change nothing elsewhere', () => {
    for (const port of ['banana', '99999/tcp', '80/quic', '90-80/tcp', ' 80/tcp', '-1', '']) {
      const given = factsOf({ exposedPorts: ['80/tcp', port] });
      assert.deepEqual(rulesOf({ ...given, engine: podman('runc') }, runc), ['image-exposed-ports'], port);
      strategyOf({ ...given, engine: docker() }, runc);
    }
    const exposedPorts = ['80', '80/tcp', '53/udp', '36412/sctp', '8000-8010/tcp', '0/tcp', '80/TCP'];
    strategyOf({ ...factsOf({ exposedPorts }), engine: podman('runc') }, runc);
  });
});

describe('a volume of an image', () => {
  it('becomes a file system in memory of the size that the launch says', () => {
    const given = factsOf(
      { volumes: ['/data', '/data/', '/x/../log'] },
      { places: fact([place('/data'), place('/log')]) },
    );
    assert.deepEqual(strategyOf(given, runc).volumes, [{ path: '/data' }, { path: '/log' }]);
    assert.deepEqual(strategyOf(given, { ...runc, volumeBytes: 5 }).volumes, [
      { path: '/data', sizeBytes: 5 },
      { path: '/log', sizeBytes: 5 },
    ]);
    const tmpfs = [{ path: '/log/', sizeBytes: 7, exec: true }];
    assert.deepEqual(strategyOf(given, { ...runc, tmpfs }).volumes, [
      { path: '/data' },
      { path: '/log', sizeBytes: 7, exec: true },
    ]);
  });

  it('is refused where files of the image are, unless the launch names a file system in memory there', () => {
    const given = factsOf(
      { volumes: ['/data'] },
      { places: fact([place('/data', { files: 3, example: '/data/model' })]) },
    );
    assert.deepEqual(rulesOf(given, runc), ['image-volumes']);
    assert.ok(strategyOf(given, { ...runc, tmpfs: [{ path: '/data' }] }));
  });

  it('is unknown where nobody could look, unless the launch names a file system in memory there', () => {
    const given = factsOf({ volumes: ['/data'] }, { places: unknown('the layers could not be read') });
    assert.deepEqual(rulesOf(given, runc, 'unknown'), ['image-volumes']);
    assert.ok(strategyOf(given, { ...runc, tmpfs: [{ path: '/data' }] }));
    const older = factsOf({ volumes: ['/data'] }, { places: undefined });
    assert.deepEqual(rulesOf(older, runc, 'unknown'), ['image-volumes']);
  });

  it('that the launch wants executable is refused on a Docker that can not do both', () => {
    const wishes = { ...runc, tmpfs: [{ path: '/data', exec: true }] };
    const of = imageWith({ volumes: ['/data'] });
    assert.deepEqual(rulesOf(facts({ image: of, engine: docker({ apiVersion: '1.45' }) }), wishes), [
      'image-volumes',
    ]);
    assert.ok(strategyOf(facts({ image: of, engine: docker({ apiVersion: '1.46' }) }), wishes));
    assert.ok(strategyOf(facts({ image: of, engine: podman('runc') }), wishes));
  });
});

describe('a file system in memory', () => {
  it('is refused where it hides the program', () => {
    assert.deepEqual(rulesOf(facts(), { ...runc, tmpfs: [{ path: '/plugin' }] }), ['tmpfs-hides-program']);
    assert.ok(strategyOf(facts(), { ...runc, tmpfs: [{ path: '/plug' }] }));
  });
});

describe('the variables of an image', () => {
  it("are empty where they are go-plugin's, or have no value", () => {
    const given = factsOf({ variables: ['PATH', 'PLUGIN_CLIENT_CERT', 'HOME'], valueless: ['HOME'] });
    assert.deepEqual(strategyOf(given, runc).blankVariables, ['PLUGIN_CLIENT_CERT', 'HOME']);
    assert.equal(strategyOf(factsOf({ variables: ['PATH'] }), runc).blankVariables, undefined);
  });

  it('are refused where one has no name', () => {
    assert.deepEqual(rulesOf(factsOf({ variables: ['PATH', ''] }), runc), ['image-variables']);
  });

  it("of go-plugin are all those that go-plugin's host sets", () => {
    assert.deepEqual([...goPluginVariables].sort(), Object.values(variables).sort());
  });
});

describe('the stop signal of an image', () => {
  for (const signal of ['SIGINT', 'term', '15', 'SIGRTMIN+3', '']) {
    it(`${signal === '' ? 'that is not given' : signal} stays`, () => {
      assert.equal(strategyOf(factsOf({ stopSignal: signal }), runc).stopSignal, undefined);
    });
  }
  for (const signal of ['SIGBANANA', '0', '99', '-1']) {
    it(`${signal} is none, and SIGTERM takes its place`, () => {
      assert.equal(strategyOf(factsOf({ stopSignal: signal }), runc).stopSignal, 'SIGTERM');
    });
  }
});

describe('the working directory of an image', () => {
  it('is refused where it is relative or a file, unless the launch gives another one', () => {
    assert.deepEqual(rulesOf(factsOf({ workingDirectory: 'app' }), runc), ['image-working-directory']);
    const file = factsOf({ workingDirectory: '/app' }, { places: fact([place('/app', { kind: 'file' })]) });
    assert.deepEqual(rulesOf(file, runc), ['image-working-directory']);
    assert.ok(strategyOf(file, { ...runc, workingDirectory: '/tmp' }));
    const missing = { places: fact([place('/app', { kind: 'missing' })]) };
    assert.ok(strategyOf(factsOf({ workingDirectory: '/app' }, missing), runc));
  });
});

describe('a working directory that is not in its shortest form', () => {
  it('is given in it, unless the launch gives another one', () => {
    const given = factsOf({ workingDirectory: '/not/there/../yet/' });
    assert.equal(strategyOf(given, runc).workingDirectory, '/not/yet');
    assert.equal(strategyOf(given, { ...runc, workingDirectory: '/tmp' }).workingDirectory, '/tmp');
    assert.equal(strategyOf(factsOf({ workingDirectory: '/app' }), runc).workingDirectory, undefined);
  });
});

describe('the annotations of an image', () => {
  const annotated = (...names: string[]) => imageWith({}, { annotations: fact(names) });
  it('are refused on Podman where a runtime could take them for orders', () => {
    for (const name of [
      'run.oci.handler',
      'dev.gvisor.flag.debug',
      'org.systemd.property.CPUQuota',
      'io.kubernetes.cri.x',
    ])
      assert.deepEqual(rulesOf(facts({ image: annotated(name), engine: podman('runc') }), runc), [
        'image-annotations',
      ]);
  });
  it('that describe it change nothing, and on Docker none does', () => {
    const plain = annotated('org.opencontainers.image.base.name', 'org.opencontainers.image.title');
    assert.ok(strategyOf(facts({ image: plain, engine: podman('runc') }), runc));
    assert.ok(strategyOf(facts({ image: annotated('run.oci.handler') }), runc));
  });
});
