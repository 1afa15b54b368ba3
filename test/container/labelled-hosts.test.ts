/**
 * What engines answer on hosts with AppArmor or SELinux, which the engines of the tests don't have: the recorded answers, with
 * the words that each engine has for its profile and label there.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { differences, recordedAnswers, type RecordedAnswer } from './recorded-answers.ts';

interface Host {
  readonly securityOption: 'name=apparmor' | 'name=selinux';
  readonly profile?: string;
  readonly label?: string;
}

/** The names of the settings that differ when the engine answers so on such a host. */
function found(recorded: RecordedAnswer, { securityOption, profile = '', label = '' }: Host): string[] {
  const { info } = recorded.engine;
  const engine = {
    ...recorded.engine,
    info: { ...info, securityOptions: [...info.securityOptions, securityOption] },
  };
  const answer = { ...recorded.answer, AppArmorProfile: profile, ProcessLabel: label, MountLabel: label };
  return differences({ ...recorded, engine }, answer).map(({ setting }) => setting);
}

const confined = 'system_u:system_r:container_t:s0:c12,c34';

for (const [name, recorded] of recordedAnswers) {
  const { kind, info } = recorded.engine;
  const namesAtOnce = kind === 'podman' && !info.rootless;

  describe(`a host with AppArmor as ${name} tells of it`, () => {
    const appArmor = (profile: string): string[] =>
      found(recorded, { securityOption: 'name=apparmor', profile });
    const own =
      kind === 'docker'
        ? ['docker-default', 'docker-default (enforce)']
        : ['containers-default-0.62.2', 'containers-default-0.49.1 (enforce)'];

    it("passes the engine's own profile", () => {
      assert.deepEqual(own.flatMap(appArmor), []);
    });

    it(
      namesAtOnce
        ? 'refuses a container without a profile'
        : 'passes a container whose profile is named at its start, or that can have none',
      () => {
        assert.deepEqual(appArmor(''), namesAtOnce ? ['AppArmor'] : []);
      },
    );

    for (const profile of [
      'unconfined',
      'docker-default (complain)',
      'containers-default-0.62.2 (complain)',
      'docker-default-2',
      'containers-default-',
      'containers-default-of-somebody',
      'unheard-of',
    ]) {
      it(`refuses the profile ${JSON.stringify(profile)}`, () => {
        assert.deepEqual(appArmor(profile), ['AppArmor']);
      });
    }
  });

  describe(`a host with SELinux as ${name} tells of it`, () => {
    const selinux = (label: string): string[] => found(recorded, { securityOption: 'name=selinux', label });

    it('passes the types of containers', () => {
      const types = ['container_t', 'container_init_t', 'container_kvm_t', 'svirt_lxc_net_t'];
      assert.deepEqual(
        types.flatMap((type) => selinux(`system_u:system_r:${type}:s0:c1,c2`)),
        [],
      );
    });

    for (const label of [
      '',
      'disable',
      'container_t',
      'container_t:container_t',
      'system_u:system_r:spc_t:s0',
      'unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023',
      'system_u:system_r:container_runtime_t:s0',
      'system_u:system_r:my_container_t:s0',
      'system_u:container_t:unheard_of_t:s0',
    ]) {
      it(`refuses the label ${JSON.stringify(label)}`, () => {
        assert.deepEqual(selinux(label), ['SELinux label']);
      });
    }

    describe('asked for a container without a label', () => {
      const asked = { ...recorded, request: { ...recorded.request, selinuxLabel: 'disable' as const } };
      const told = kind === 'docker' ? ['label=disable'] : [];
      const without = (label: string, options: readonly string[]): string[] => {
        const made = recorded.answer['HostConfig'] as Readonly<Record<string, unknown>>;
        const before = (made['SecurityOpt'] as string[] | null) ?? [];
        const host = { ...made, SecurityOpt: [...before, ...options] };
        return found(
          { ...asked, answer: { ...recorded.answer, HostConfig: host } },
          { securityOption: 'name=selinux', label },
        );
      };

      it('passes one', () => {
        assert.deepEqual(without('', told), []);
        assert.deepEqual(without('', ['label=disable']), []);
      });

      it('refuses one with a label, which runsc would not start', () => {
        assert.deepEqual(without(confined, told), ['SELinux label']);
      });

      if (kind === 'docker') {
        it('refuses one whose options do not tell of it', () => {
          assert.deepEqual(without('', []), ['security options']);
        });
      }
    });

    it('passes a folder that is relabelled as it was asked, and no other', () => {
      const relabelled = (asked: boolean, made: boolean): string[] => {
        const [first, ...others] = recorded.request.mounts ?? [];
        assert.ok(first?.type === 'bind');
        const mounts = [{ ...first, ...(asked && { relabel: 'private' as const }) }, ...others];
        const answered = (recorded.answer['Mounts'] as readonly Readonly<Record<string, unknown>>[]).map(
          (mount) =>
            mount['Destination'] === first.target && made
              ? { ...mount, Mode: kind === 'docker' ? 'rw,rprivate,Z' : 'Z' }
              : mount,
        );
        return differences(
          { ...recorded, request: { ...recorded.request, mounts } },
          { ...recorded.answer, Mounts: answered },
        ).map(({ setting }) => setting);
      };
      assert.deepEqual([relabelled(true, true), relabelled(false, false)], [[], []]);
      assert.deepEqual(relabelled(true, false), ['mount /run/bulkhead']);
      assert.deepEqual(relabelled(false, true), ['mount /run/bulkhead']);
    });

    it('refuses a label where the engine does not say that it sets any', () => {
      const answer = { ...recorded.answer, ProcessLabel: confined };
      assert.deepEqual(
        differences(recorded, answer).map(({ setting }) => setting),
        ['SELinux label'],
      );
    });
  });

  it(`refuses an option that turns the profile or label of ${name} off`, () => {
    for (const option of [
      'label=disable',
      'label=type:spc_t',
      'apparmor=unconfined',
      'apparmor:unconfined',
    ]) {
      const host = recorded.answer['HostConfig'] as Readonly<Record<string, unknown>>;
      const options = [...((host['SecurityOpt'] as string[] | null) ?? []), option];
      const answer = { ...recorded.answer, HostConfig: { ...host, SecurityOpt: options } };
      assert.deepEqual(
        differences(recorded, answer).map(({ setting }) => setting),
        ['security options'],
        option,
      );
    }
  });
}
