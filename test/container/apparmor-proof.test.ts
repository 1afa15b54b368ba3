/** Which profiles in force count as the engine's own, as kernels and engines write them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { profileDifference } from '../../src/container/apparmor-proof.ts';

describe('a profile in force', () => {
  const own = [
    'docker-default',
    'docker-default (enforce)',
    'containers-default-0.62.2 (enforce)',
    // Debian 13: its crun has a profile of its own, and the container is in both.
    'crun//&docker-default (mixed)',
    'crun//&docker-default (enforce)',
    'containers-default-0.62.2//&crun (mixed)',
  ];
  for (const profile of own) {
    it(`is the engine's own: ${profile}`, () => {
      assert.equal(profileDifference(profile), undefined);
    });
  }

  const others = [
    '',
    'unconfined',
    'docker-default (complain)',
    'docker-default (mixed)',
    'crun (unconfined)',
    'crun//&docker-default (complain)',
    'crun//&my-docker-default (enforce)',
    'containers-default- (enforce)',
    'docker-default-2 (enforce)',
  ];
  for (const profile of others) {
    it(`is none that confines as it should: ${JSON.stringify(profile)}`, () => {
      assert.deepEqual(profileDifference(profile), {
        setting: 'AppArmor',
        asked: 'the default profile',
        made: profile === '' ? 'none' : profile,
      });
    });
  }
});
