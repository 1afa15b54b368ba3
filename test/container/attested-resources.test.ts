/** What a container may use, and what it gets of the host: what a request leaves open, and what engines add by themselves. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { found, names, podman } from './attested-container.ts';

describe('limits of a container', () => {
  it('are those of the request, and the engine sets the others', () => {
    const open = { memoryBytes: undefined, pidsLimit: undefined };
    assert.deepEqual(names(open, { memoryBytes: 5, pidsLimit: 5, shmSize: 5, cpuNanos: 5 }), []);
    assert.deepEqual(names({ memoryBytes: 5 }, { memoryBytes: 6 }), ['memory']);
    assert.deepEqual(names({ shmSize: 5 }, { shmSize: 5 }), []);
    assert.deepEqual(found({ shmSize: 5 }, { shmSize: 6 }), [
      { setting: 'shared memory', asked: '5', made: '6' },
    ]);
    assert.deepEqual(names({ logDriver: 'none' }, { logDriver: 'none' }), []);
    assert.deepEqual(names({ logDriver: 'none' }, { logDriver: 'journald' }), ['log driver']);
    assert.deepEqual(found({ logDriver: 'none' }, { logDriver: '' }), [
      { setting: 'log driver', asked: 'none', made: 'nothing' },
    ]);
    assert.deepEqual(names({}, { logDriver: 'journald' }), []);
  });

  it('on processes mean something above zero alone', () => {
    for (const pidsLimit of [0, -1]) assert.deepEqual(names({ pidsLimit }, { pidsLimit: 2048 }), []);
    assert.deepEqual(names({ pidsLimit: 1 }, { pidsLimit: 1 }), []);
    assert.deepEqual(names({ pidsLimit: 1 }, { pidsLimit: 0 }), ['pids']);
  });

  it('on a share of the CPU are rounded by a Podman alone', () => {
    assert.deepEqual(names({ cpuNanos: 333_333_333 }, { cpuNanos: 333_330_000 }, podman()), []);
    assert.deepEqual(found({ cpuNanos: 333_333_333 }, { cpuNanos: 333_340_000 }, podman()), [
      { setting: 'CPU', asked: '333330000', made: '333340000' },
    ]);
    assert.deepEqual(names({ cpuNanos: 333_333_333 }, { cpuNanos: 333_330_000 }, {}), ['CPU']);
    assert.deepEqual(names({ cpuNanos: 333_333_333 }, { cpuNanos: 333_333_333 }, {}), []);
  });

  it('on swap are dropped where the kernel does not count it', () => {
    const swap = 64 << 20;
    const asked = { memorySwapBytes: swap };
    for (const memorySwapBytes of [0, -1]) {
      const told = { memorySwapBytes };
      assert.deepEqual(names(asked, told, { swapLimit: false }), []);
      assert.deepEqual(names(asked, told, {}), [], 'a Docker that says nothing of it');
      assert.deepEqual(names(asked, told, { swapLimit: true }), ['memory and swap']);
      assert.deepEqual(names(asked, told, podman({ cgroupVersion: '1' })), []);
      assert.deepEqual(names(asked, told, podman({ cgroupVersion: '2' })), ['memory and swap']);
      assert.deepEqual(names(asked, told), ['memory and swap'], 'nothing is known of the engine');
    }
    for (const engine of [{ swapLimit: false }, podman({ cgroupVersion: '1' })]) {
      assert.deepEqual(names(asked, { memorySwapBytes: swap }, engine), []);
      assert.deepEqual(names(asked, { memorySwapBytes: 1 }, engine), ['memory and swap']);
    }
    assert.deepEqual(names({}, { memorySwapBytes: 1 }, {}), []);
  });

  it('of processes are compared by both of their numbers', () => {
    const ulimits = [{ name: 'memlock', soft: 64, hard: 128 }];
    assert.deepEqual(names({ ulimits }, { ulimits }), []);
    assert.deepEqual(found({ ulimits }, { ulimits: [] }), [
      { setting: 'ulimit memlock', asked: '64:128', made: 'nothing' },
    ]);
    const nice = [{ name: 'nice', soft: 20, hard: 20 }];
    assert.deepEqual(found({}, { ulimits: nice }), [
      { setting: 'ulimit nice', asked: 'nothing', made: '20:20' },
    ]);
    assert.deepEqual(names({ ulimits: nice }, { ulimits: nice }), []);
    assert.deepEqual(names({}, { ulimits: [{ name: 'nofile', soft: 1, hard: 1 }] }), []);
    assert.deepEqual(names({}, { ulimits: [{ name: 'rtprio', soft: 1, hard: 1 }] }), ['ulimit rtprio']);
  });
});

describe('what becomes of a container', () => {
  it('is no more likely to survive a want of memory than was asked for', () => {
    assert.deepEqual(names({ oomScoreAdj: 500 }, { oomScoreAdj: 500 }), []);
    assert.deepEqual(names({ oomScoreAdj: 500 }, { oomScoreAdj: 1000 }), []);
    assert.deepEqual(found({ oomScoreAdj: 500 }, { oomScoreAdj: 499 }), [
      { setting: 'out-of-memory score', asked: '500 or more', made: '499' },
    ]);
    assert.deepEqual(found({}, { oomScoreAdj: -1 }), [
      { setting: 'out-of-memory score', asked: '0 or more', made: '-1' },
    ]);
    assert.deepEqual(found({}, { oomKillDisable: true }), [
      { setting: 'killed when out of memory', asked: 'true', made: 'false' },
    ]);
  });

  it('is that it ends, and is removed by us', () => {
    assert.deepEqual(names({}, { restartPolicy: '' }), []);
    assert.deepEqual(names({}, { restartPolicy: 'always' }), ['restart policy']);
    const always = { restartPolicy: { name: 'always' } } as const;
    assert.deepEqual(names(always, { restartPolicy: 'always' }), []);
    assert.deepEqual(names(always, { restartPolicy: '' }), ['restart policy']);
    assert.deepEqual(names({}, { autoRemove: true }), ['automatic removal']);
  });

  it('happens below the cgroup that was asked for, or one of the engine', () => {
    for (const cgroupParent of [
      '',
      '/docker',
      'system.slice',
      'machine.slice',
      'user.slice',
      '/libpod_parent',
      'libpod_parent',
    ]) {
      assert.deepEqual(names({}, { cgroupParent }), [], cgroupParent);
      assert.deepEqual(
        names({ cgroupParent: '/plugins' }, { cgroupParent }),
        ['cgroup parent'],
        cgroupParent,
      );
    }
    assert.deepEqual(found({}, { cgroupParent: '/other' }), [
      { setting: 'cgroup parent', asked: "the engine's own", made: '/other' },
    ]);
    assert.deepEqual(names({ cgroupParent: '/plugins/' }, { cgroupParent: '/plugins' }), []);
    assert.deepEqual(names({ cgroupParent: '/docker' }, { cgroupParent: '/docker' }), []);
  });
});

describe('annotations of a container', () => {
  const told = (annotations: Record<string, string>) => ({ annotations });

  it('are those of the request', () => {
    const asked = { annotations: { a: '1' } };
    for (const engine of [{}, podman()]) {
      assert.deepEqual(names(asked, told({ a: '1' }), engine), []);
      assert.deepEqual(found(asked, told({}), engine), [
        { setting: 'annotation a', asked: '1', made: 'nothing' },
      ]);
      assert.deepEqual(found(asked, told({ a: '1', b: '2' }), engine), [
        { setting: 'annotation b', asked: 'nothing', made: '2' },
      ]);
      assert.deepEqual(names(asked, told({ a: '2' }), engine), ['annotation a']);
    }
  });

  it('are also those in which a Podman notes something, and no others of a Docker', () => {
    for (const name of [
      'io.container.manager',
      'io.kubernetes.cri-o.Created',
      'org.opencontainers.image.stopSignal',
      'io.podman.annotations.pids-limit',
      'io.podman.annotations.cid-file',
      'org.opencontainers.image.title',
    ]) {
      assert.deepEqual(names({}, told({ [name]: 'x' }), podman()), [], name);
      assert.deepEqual(names({}, told({ [name]: 'x' }), {}), [`annotation ${name}`]);
      // What was asked for has to be so, whatever its name.
      const asked = { annotations: { [name]: 'y' } };
      assert.deepEqual(names(asked, told({ [name]: 'x' }), podman()), [`annotation ${name}`]);
      assert.deepEqual(names(asked, told({}), podman()), [`annotation ${name}`]);
    }
    for (const name of ['xio.container.manager', 'io.container.managers', 'io.podman.annotations.other'])
      assert.deepEqual(names({}, told({ [name]: 'FALSE' }), podman()), [`annotation ${name}`]);
  });

  it('may say of a Podman that something was not asked for, and not that it was', () => {
    for (const what of ['autoremove', 'init', 'privileged', 'publish-all']) {
      const name = `io.podman.annotations.${what}`;
      assert.deepEqual(names({}, told({ [name]: 'FALSE' }), podman()), [], what);
      assert.deepEqual(names({}, told({ [name]: 'TRUE' }), podman()), [`annotation ${name}`]);
      assert.deepEqual(names({}, told({ [name]: 'FALSE' }), {}), [`annotation ${name}`]);
    }
  });
});

describe('what a container has of its host', () => {
  it('is no device, no right to one, and no parameter of the kernel', () => {
    const device = { hostPath: '/dev/sda', containerPath: '/dev/x', permissions: 'rwm' };
    assert.deepEqual(found({}, { devices: [device] }), [
      { setting: 'devices', asked: 'none', made: '/dev/sda' },
    ]);
    assert.deepEqual(found({}, { deviceRequests: 2 }), [
      { setting: 'device requests', asked: 'none', made: '2' },
    ]);
    assert.deepEqual(names({}, { deviceCgroupRules: ['a'] }), ['device rules']);
    assert.deepEqual(found({}, { sysctls: { 'kernel.x': '1', 'a.b': '2' } }), [
      { setting: 'kernel parameters', asked: 'none', made: 'a.b, kernel.x' },
    ]);
    assert.deepEqual(names({}, { storageOptions: { size: '1G' } }), ['storage options']);
  });

  it('is no port, no name of another host, and no name server', () => {
    assert.deepEqual(names({}, { publishedPorts: ['80/tcp'] }), ['published ports']);
    assert.deepEqual(names({}, { extraHosts: ['a:1.2.3.4'] }), ['added hosts']);
    assert.deepEqual(names({}, { dns: ['1.2.3.4'] }), ['name servers']);
  });
});
