/** What a rootless engine of an ordinary user needs, and what is told where it is missing. */
import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import {
  judge,
  known,
  unknown,
  valueOf,
  type LaunchFacts,
  type UserNamespaceFacts,
} from '../../src/compatibility/index.ts';
import { containerProfile } from '../../src/compatibility/gather/container-profile.ts';
import { gatherUserNamespaces } from '../../src/compatibility/gather/user-namespaces.ts';
import { hintForEnding } from '../../src/engine/podman-service/ending-hint.ts';
import { matchesPattern, programsIn } from '../../src/linux/apparmor-profiles.ts';
import { subordinateIds, userName } from '../../src/linux/subordinate-ids.ts';
import { docker, fact, facts, podman, rootlessDocker, rulesOf, runtime, user } from './made-facts.ts';

const folders: string[] = [];
after(async () => {
  for (const folder of folders) await rm(folder, { recursive: true });
});

async function machine(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'userns-'));
  folders.push(root);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}

const ubuntu = {
  'sys/user/max_user_namespaces': '31209\n',
  'sys/kernel/apparmor_restrict_unprivileged_userns': '1\n',
  'etc/passwd': 'root:x:0:0::/root:/bin/sh\nann:x:1001:1001::/home/ann:/bin/sh\n',
  'etc/subuid': 'ann:100000:65536\n',
  'etc/subgid': '1001:100000:65536\n',
  'etc/apparmor.d/podman': [
    '# This profile allows everything and only exists to give the application a name',
    'abi <abi/4.0>,',
    'include <tunables/global>',
    '',
    'profile podman /usr/bin/podman flags=(unconfined) {',
    '  userns,',
    '  include if exists <local/podman>',
    '}',
  ].join('\n'),
  'bin/podman': '',
};

async function seen(root: string): Promise<UserNamespaceFacts> {
  for (const program of ['podman', 'newuidmap', 'newgidmap'])
    await chmod(join(root, 'bin', program), 0o755).catch(() => undefined);
  const places = { parameters: join(root, 'sys'), configuration: join(root, 'etc'), uid: 1001 };
  return gatherUserNamespaces(join(root, 'bin'), places);
}

describe('the facts of user namespaces', () => {
  it('are those of an Ubuntu that restricts them, whose Podman is no package', async () => {
    const found = await seen(await machine(ubuntu));
    assert.deepEqual(
      [found.most, found.unprivileged, found.restricted, found.allowedPrograms].map((each) =>
        valueOf<unknown>(each),
      ),
      [31209, true, true, ['/usr/bin/podman']],
    );
    assert.match(valueOf(found.program) ?? '', /\/bin\/podman$/);
    assert.deepEqual(valueOf(found.subordinate), { uids: 65536, gids: 65536 });
    assert.equal(valueOf(found.mappers), 'newuidmap is not installed');
  });

  it('are those of a Debian that forbids them, and of a user without ids', async () => {
    const found = await seen(
      await machine({
        'sys/user/max_user_namespaces': '0',
        'sys/kernel/unprivileged_userns_clone': '0',
        'etc/subuid': 'bob:100000:65536\n',
      }),
    );
    assert.deepEqual(
      [found.most, found.unprivileged, found.restricted].map((each) => valueOf<unknown>(each)),
      [0, false, false],
    );
    assert.deepEqual(valueOf(found.subordinate), { uids: 0, gids: 0 });
    assert.equal(valueOf(found.program), '');
  });

  it('do not take ids for missing that a service gives', async () => {
    const found = await seen(
      await machine({ ...ubuntu, 'etc/nsswitch.conf': 'passwd: files\nsubid: sss\n' }),
    );
    assert.ok('unknown' in found.subordinate);
  });

  it('tell of programs that map ids and lost their privileges', async () => {
    const root = await machine({ ...ubuntu, 'bin/newuidmap': '', 'bin/newgidmap': '' });
    const plain = await seen(root);
    // Without the program getcap in that folder, only the set-user-id bit can be seen.
    assert.ok('unknown' in plain.mappers, JSON.stringify(plain.mappers));
    if (process.geteuid?.() !== 0) return;
    await chmod(join(root, 'bin/newuidmap'), 0o4755);
    await chmod(join(root, 'bin/newgidmap'), 0o4755);
    const places = { parameters: join(root, 'sys'), configuration: join(root, 'etc'), uid: 1001 };
    assert.equal(valueOf((await gatherUserNamespaces(join(root, 'bin'), places)).mappers), '');
  });
});

it('subordinate ids are those of the name and of the number, summed', () => {
  const text = 'ann:100000:65536\n# bob:1:2\n1001:200000:10\nann:broken\nannabel:1:5\n';
  assert.equal(subordinateIds(text, { uid: 1001, name: 'ann' }), 65546);
  assert.equal(subordinateIds(text, { uid: 7, name: undefined }), 0);
  assert.equal(userName('root:x:0:0::/:/bin/sh\nann:x:1001:1:::\n', 1001), 'ann');
});

it('a profile of AppArmor is read for the programs that may make user namespaces', () => {
  assert.deepEqual(programsIn('/usr/bin/one {\n userns create,\n}\nprofile two "/opt/two" {\n network,\n}'), [
    '/usr/bin/one',
  ]);
  assert.deepEqual(
    programsIn('profile three /usr/{bin,local/bin}/three flags=(unconfined) {\n  userns,\n}\n'),
    ['/usr/{bin,local/bin}/three'],
  );
  assert.deepEqual(programsIn('profile named flags=(unconfined) {\n userns,\n}'), []);
  assert.ok(matchesPattern('/usr/local/bin/podman', '/usr/{bin,local/bin}/podman'));
  assert.ok(matchesPattern('/opt/a/b/podman', '/opt/**/podman'));
  assert.ok(!matchesPattern('/opt/a/b/podman', '/opt/*/podman'));
  assert.ok(!matchesPattern('/usr/bin/podman2', '/usr/bin/podman'));
  assert.ok(!matchesPattern('/usr/bin/podman', '/usr/bin/{podman'));
  assert.ok(!matchesPattern('/x', '@{bin}/x'));
});

function able(changes: Partial<UserNamespaceFacts> = {}): UserNamespaceFacts {
  return {
    most: fact(31209),
    unprivileged: fact(true),
    restricted: fact(false),
    allowedPrograms: fact([]),
    program: fact('/usr/bin/podman'),
    mappers: fact(''),
    subordinate: fact({ uids: 65536, gids: 65536 }),
    ...changes,
  };
}

/** A user whose engine runs crun, so that a Podman service has to be started for runc. */
function own(changes: Partial<UserNamespaceFacts>, { mapped = true } = {}): LaunchFacts {
  const host = { ...user(), podmanRuntimes: fact(['runc', 'crun']), userNamespaces: able(changes) };
  const { idMaps: both, owner, cgroup, enforces } = rootlessDocker();
  const onlyOwn = [{ containerId: 0, hostId: 1001, size: 1 }];
  const idMaps = mapped ? both : fact({ uids: onlyOwn, gids: onlyOwn });
  const engine = podman('crun', {
    rootless: true,
    idMaps,
    owner,
    cgroup,
    enforces,
    runtimes: { crun: runtime('crun') },
  });
  return facts({ host, engine });
}

const cases: readonly (readonly [string, Partial<UserNamespaceFacts>, RegExp])[] = [
  ['userns-allowed', { most: known(0, 'user.max_user_namespaces') }, /sysctl -w user\.max_user_namespaces=/],
  ['userns-allowed', { unprivileged: fact(false) }, /sysctl -w kernel\.unprivileged_userns_clone=1/],
  [
    'userns-apparmor',
    {
      restricted: fact(true),
      program: fact('/usr/local/bin/podman'),
      allowedPrograms: fact(['/usr/bin/podman']),
    },
    /profile podman\.local \/usr\/local\/bin\/podman flags=\(unconfined\) \{ userns, \}.*apparmor_parser -r/,
  ],
  ['userns-mappers', { mappers: fact('newuidmap is not installed') }, /uidmap.*shadow-utils/],
  [
    'subordinate-ids',
    { subordinate: fact({ uids: 0, gids: 0 }) },
    /usermod --add-subuids .*podman system migrate/,
  ],
];

describe('a Podman service that has to be started for an ordinary user', () => {
  for (const [rule, changes, remedy] of cases) {
    it(`is refused by ${rule}, with a remedy: ${JSON.stringify(Object.keys(changes))}`, () => {
      // An engine that answers and has further ids proves that this user can have them.
      const isAboutIds = rule === 'userns-mappers' || rule === 'subordinate-ids';
      const verdict = judge(own(changes, { mapped: !isAboutIds }), { runtime: 'runc' });
      assert.equal(verdict.status, 'refused', JSON.stringify(verdict));
      assert.deepEqual(
        verdict.reasons.map((reason) => reason.rule),
        isAboutIds ? [rule, 'ids-mapped'] : [rule],
      );
      assert.match(verdict.reasons[0]?.remedy ?? '', remedy);
      if (isAboutIds) assert.equal(judge(own(changes), { runtime: 'runc' }).status, 'works');
    });

    it(`is only told of ${rule} where an engine runs already`, () => {
      const verdict = judge(own(changes), { runtime: 'crun' });
      assert.equal(verdict.status, 'works', JSON.stringify(verdict));
      const note = verdict.notes.find((each) => each.rule === rule);
      assert.match(note?.observed ?? '', /the engine that answers has a user namespace already/);
    });
  }

  it('works with what every distribution sets up, and with a profile for its program', () => {
    assert.equal(judge(own({}), { runtime: 'runc' }).status, 'works');
    const allowed = { restricted: fact(true), allowedPrograms: fact(['/usr/{bin,local/bin}/podman']) };
    assert.equal(judge(own(allowed), { runtime: 'runc' }).status, 'works');
  });

  it('works for a plugin that is root in its container without any ids, which is told', () => {
    const given = own({
      subordinate: fact({ uids: 0, gids: 0 }),
      mappers: fact('newuidmap is not installed'),
    });
    const verdict = judge(given, { runtime: 'runc', user: '0:0' });
    assert.equal(verdict.status, 'works', JSON.stringify(verdict));
    assert.ok(verdict.notes.some(({ rule }) => rule === 'subordinate-ids'));
  });

  it('is unknown where it can not be seen', () => {
    const hidden = { mappers: unknown('no getcap') };
    const root = { runtime: 'runc', user: '0:0' };
    assert.deepEqual(rulesOf(own(hidden, { mapped: false }), root, 'unknown'), ['userns-mappers']);
    assert.equal(judge(own(hidden), root).status, 'works');
  });
});

describe('what Podman says when it ends at once', () => {
  const said: readonly (readonly [string, RegExp])[] = [
    ['exec: "newuidmap": executable file not found in $PATH', /uidmap/],
    ['newuidmap: write to uid_map failed: Operation not permitted', /set-user-id bit/],
    ['potentially insufficient UIDs or GIDs available in user namespace', /usermod --add-subuids/],
    ['cannot clone: Operation not permitted', /user\.max_user_namespaces.*AppArmor/],
    ['Error: cannot re-exec process', /user\.max_user_namespaces/],
    ['something else', /podman info/],
  ];
  for (const [words, hint] of said) {
    it(`is explained: ${words}`, () => {
      assert.match(hintForEnding(`level=error\n${words}\n`), hint);
    });
  }
});

describe('the AppArmor profile of containers', () => {
  const loaded = 'docker-default (enforce)\ncontainers-default-0.62.2 (complain)\n/usr/bin/man (enforce)\n';

  it('is a fact: its name and mode, as the kernel has loaded it', async () => {
    const file = join(await machine({ profiles: loaded }), 'profiles');
    assert.equal(
      valueOf(await containerProfile({ kind: 'docker', rootless: false }, file)),
      'docker-default (enforce)',
    );
    assert.equal(
      valueOf(await containerProfile({ kind: 'podman', rootless: false }, file)),
      'containers-default-0.62.2 (complain)',
    );
    assert.equal(valueOf(await containerProfile({ kind: 'podman', rootless: true }, file)), '');
    assert.ok('unknown' in (await containerProfile({ kind: 'docker', rootless: false }, `${file}-none`)));
  });

  it('refuses a launch while it only complains', () => {
    const security = fact(['seccomp', 'apparmor']);
    const engine = docker({ security, containerProfile: fact('docker-default (complain)') });
    assert.deepEqual(rulesOf(facts({ engine }), { runtime: 'runc' }), ['apparmor-profile']);
    const enforced = docker({ security, containerProfile: fact('docker-default (enforce)') });
    assert.equal(judge(facts({ engine: enforced }), { runtime: 'runc' }).status, 'works');
    const hidden = docker({ security, containerProfile: unknown('EACCES') });
    assert.equal(judge(facts({ engine: hidden }), { runtime: 'runc' }).status, 'works');
  });
});
