/** Engines and runtimes behind a virtual machine are refused before a launch, by what they are called. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judge, unknown } from '../../src/compatibility/index.ts';
import { virtualMachineOf } from '../../src/compatibility/gather/virtual-machine.ts';
import { docker, fact, facts, rulesOf, runtime } from './made-facts.ts';

describe('an engine in a virtual machine is named', () => {
  const linux = { operatingSystem: 'Debian GNU/Linux 13 (trixie)', name: 'host' };
  const socket = '/var/run/docker.sock';
  for (const [machine, info, socketPath] of [
    ['Docker Desktop', { ...linux, operatingSystem: 'Docker Desktop' }, socket],
    ['Docker Desktop', linux, '/home/u/.docker/desktop/docker.sock'],
    ['Lima', { ...linux, name: 'lima-docker' }, socket],
    ['Lima', linux, '/home/u/.lima/default/sock/docker.sock'],
    ['Colima', { ...linux, name: 'colima' }, socket],
    ['Colima', linux, '/home/u/.colima/default/docker.sock'],
    ['Rancher Desktop', { ...linux, name: 'lima-rancher-desktop' }, socket],
    ['podman machine', linux, '/run/user/1000/podman/podman-machine-default-api.sock'],
  ] as const) {
    it(`${machine} by ${socketPath === socket ? 'its answer' : 'its socket'}`, () => {
      assert.match(virtualMachineOf(info, socketPath) ?? '', new RegExp(`^${machine}: `));
    });
  }

  it('and one on this host is none', () => {
    for (const path of [
      socket,
      '/run/user/1000/docker.sock',
      '/run/podman/podman.sock',
      '/home/lima/docker.sock',
    ])
      assert.equal(virtualMachineOf({ ...linux, name: 'climate' }, path), undefined);
  });

  it('in the reason of the refusal', () => {
    const sameKernel = { value: false, evidence: 'Lima: GET /info: Name "lima-docker"' };
    const verdict = judge(facts({ engine: docker({ sameKernel }) }), { runtime: 'runc' });
    assert.ok(verdict.status === 'refused');
    assert.match(verdict.reasons[0]?.observed ?? '', /Lima/);
  });
});

describe('a runtime that makes virtual machines is refused', () => {
  for (const [name, path] of [
    ['kata', fact('/usr/bin/kata-runtime')],
    ['io.containerd.kata.v2', unknown('a containerd shim')],
    ['sandbox', fact('/opt/kata/bin/containerd-shim-kata-v2')],
    ['krun', fact('/usr/bin/krun')],
  ] as const) {
    it(`as ${name}`, () => {
      const engine = docker({ runtimes: { [name]: { ...runtime('other'), path } } });
      assert.deepEqual(rulesOf(facts({ engine }), { runtime: name }), ['runtime-virtual-machine']);
    });
  }

  it('and another that is not known is not', () => {
    const engine = docker({ runtimes: { youki: { ...runtime('other'), path: fact('/usr/bin/youki') } } });
    assert.equal(judge(facts({ engine }), { runtime: 'youki' }).status, 'works');
  });
});
