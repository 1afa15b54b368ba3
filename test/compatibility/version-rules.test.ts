/** Versions of runtimes that a newer engine breaks. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { docker, fact, facts, image, podman, rulesOf, runtime } from './made-facts.ts';
import { judge, unknown } from '../../src/compatibility/index.ts';

describe('crun under Podman 5.8 and later', () => {
  const crun = (version: string) => ({ crun: { ...runtime('crun'), version: fact(version) } });
  const launchWith = (podmanVersion: string, crunVersion: string) =>
    facts({ engine: podman('crun', { version: podmanVersion, runtimes: crun(crunVersion) }) });

  it('is refused before 1.14.3', () => {
    for (const version of ['5.8.0', '5.8.6', '6.0.0-dev'])
      assert.deepEqual(
        rulesOf(launchWith(version, '1.14.2'), { runtime: 'crun' }),
        ['crun-version'],
        version,
      );
    assert.deepEqual(rulesOf(launchWith('5.8.6', '1.8.1'), { runtime: 'crun' }), ['crun-version']);
  });

  it('says nothing of other runtimes, whose versions are lower', () => {
    const runc = { runc: { ...runtime('runc'), version: fact('1.1.5') } };
    const launch = facts({ engine: podman('runc', { version: '5.8.6', runtimes: runc }) });
    assert.equal(judge(launch, { runtime: 'runc' }).status, 'works');
  });

  it('works from then on, and under an older Podman or Docker in any version', () => {
    const others = [
      launchWith('5.8.6', '1.14.3'),
      launchWith('5.8.6', '1.28'),
      launchWith('5.7.1', '1.8.1'),
      facts({ engine: docker({ version: '29.0.0', runtimes: crun('1.8.1') }) }),
    ];
    for (const other of others) assert.equal(judge(other, { runtime: 'crun' }).status, 'works');
  });
});

describe('an image of which the engine has the list of platforms alone', () => {
  const nothing = {
    os: '',
    architecture: '',
    entrypoint: [],
    cmd: [],
    program: unknown('the image names no program'),
  };

  it('is refused as one that is not there, with the command that fetches it', () => {
    for (const wishes of [{ runtime: 'runc' }, { runtime: 'runc', entrypoint: ['/plugin'] }]) {
      const verdict = judge(facts({ image: image(nothing) }), wishes);
      const reasons = 'reasons' in verdict ? verdict.reasons : [];
      const told = reasons.find(({ rule }) => rule === 'image-architecture');
      assert.equal(verdict.status, 'refused');
      assert.match(told?.remedy ?? '', /docker pull --platform linux\/amd64 localhost\/plugin:1/);
      assert.ok(!reasons.some(({ observed }) => observed.includes('neither entrypoint nor command')));
    }
  });
});
