import { longestSocketPath } from '../../linux/socket-path.ts';
import { describeUntrusted, trustedParentRemedy } from '../../linux/trusted-parent.ts';
import { isRoot } from '../case.ts';
import { bytesBelow } from '../../linux/socket-depth.ts';
import { isKnown, valueOf } from '../fact.ts';
import type { HostFacts } from '../host-facts.ts';
import type { Rule } from '../rule.ts';
import { needsAcl } from '../strategy-socket.ts';
import { judged, met, mustBe, note, notSeen, page, unmet } from './finding.ts';

/** Used where the facts do not say it: a host makes its folder there, and the plugin's folder in that. */
const usualBytesBelow = bytesBelow({ ownedFolder: true });

const otherFolder = 'Choose another folder with `socketDirectory`, or set TMPDIR to one.';

const usualFileSystem = 'With `socketDirectory`, choose a folder on ext4, xfs, btrfs or tmpfs.';

/** Types of file systems that hold sockets as every other file. */
const withSockets = [
  ...['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'f2fs', 'jfs', 'nilfs2', 'reiserfs', 'zfs', 'bcachefs'],
  ...['tmpfs', 'ramfs', 'devtmpfs', 'overlay', 'aufs', 'nfs', 'nfs4'],
];

/** Types whose files are made by the kernel alone, or that have neither sockets nor owners. */
const withoutSockets = [
  ...[
    'proc',
    'sysfs',
    'cgroup',
    'cgroup2',
    'cpuset',
    'devpts',
    'debugfs',
    'tracefs',
    'securityfs',
    'configfs',
  ],
  ...[
    'bpf',
    'fusectl',
    'mqueue',
    'pstore',
    'efivarfs',
    'binfmt_misc',
    'autofs',
    'selinuxfs',
    'smackfs',
    'nsfs',
  ],
  ...['rpc_pipefs', 'resctrl', 'vfat', 'msdos', 'exfat', 'iso9660', 'squashfs', 'erofs', 'cramfs', 'romfs'],
];
const mountTheFolder =
  'This process is in a container: give it a folder of the machine at the same path, as in docker run -v /run/bulkhead:/run/bulkhead, and name that.';

function isInContainer({ container }: HostFacts): boolean {
  return container !== undefined && (valueOf(container) ?? '') !== '';
}

/** Rules about the folder in which host and plugin make their sockets. */
export const socketRules: readonly Rule[] = [
  {
    id: 'socket-path-length',
    concerns: 'every launch',
    requirement: `The path of the socket has at most ${longestSocketPath} bytes.`,
    source: { document: 'unix(7)' },
    isFinal: true,
    applies: () => true,
    check({ host }) {
      const { path, bytesBelow: room = usualBytesBelow } = host.socketFolder;
      const longest = Buffer.byteLength(path) + room;
      if (longest <= longestSocketPath) return met;
      return unmet(
        `sockets below ${path} could have paths of ${longest} bytes`,
        `Choose a folder whose path has ${longestSocketPath - room} bytes at most with \`socketDirectory\`, or set TMPDIR to one.`,
      );
    },
  },
  {
    id: 'socket-folder-writable',
    concerns: 'every launch',
    requirement: 'This process can make directories in the socket folder.',
    source: { measured: 'follows from how the socket is shared' },
    isFinal: true,
    applies: () => true,
    check: ({ host: { socketFolder } }) =>
      mustBe(
        socketFolder.writable,
        `whether directories can be made in ${socketFolder.path}`,
        `no directory can be made in ${socketFolder.path}`,
        otherFolder,
      ),
  },
  {
    id: 'socket-folder-trusted',
    concerns: 'every launch',
    requirement: 'Nobody but this user and root can replace what is made in the socket folder.',
    source: { measured: 'whoever can replace a folder leads the bind mount of the engine to any other' },
    isFinal: true,
    applies: () => true,
    check: ({ host: { socketFolder } }) =>
      judged(
        socketFolder.changeable,
        `who could replace what is made in ${socketFolder.path}`,
        trustedParentRemedy,
        (changeable) =>
          changeable === ''
            ? met
            : unmet(describeUntrusted(socketFolder.path, changeable), trustedParentRemedy),
      ),
  },
  {
    id: 'socket-file-system',
    concerns: 'every launch',
    requirement:
      'The file system of the socket folder can hold sockets, with an owner and a mode of their own.',
    source: { document: 'bind(2), chown(2)', measured: 'ext4, tmpfs; proc' },
    applies: () => true,
    check: ({ host: { socketFolder } }) =>
      judged(
        socketFolder.fileSystem,
        `the type of the file system of ${socketFolder.path}`,
        usualFileSystem,
        (type, evidence) => {
          if (withSockets.includes(type)) return met;
          return withoutSockets.includes(type)
            ? unmet(
                `the file system of ${socketFolder.path}, ${type}, can't hold sockets (${evidence})`,
                usualFileSystem,
              )
            : notSeen(
                `whether the file system of ${socketFolder.path}, ${type}, can hold sockets is not known`,
                `${usualFileSystem} If you know that it can, pass \`override: 'unknown'\`.`,
              );
        },
      ),
  },
  {
    id: 'socket-folder-shared',
    concerns:
      'engines in a mount namespace of their own, among them those in a container, and snap packages; a host in a container',
    requirement: 'The engine sees the socket folder under the same path.',
    source: { measured: 'otherwise the bind mount fails, or is of another folder' },
    applies: ({ engine, host }) => isKnown(engine.seesSocketFolder) || isInContainer(host),
    check({ host, engine: { seesSocketFolder } }) {
      const { path } = host.socketFolder;
      const remedy = `With \`socketDirectory\`, choose a folder that both see under the same path.${isInContainer(host) ? ` ${mountTheFolder}` : ''}`;
      if (!isKnown(seesSocketFolder))
        return note(`whether the engine sees ${path} is not known: ${seesSocketFolder.unknown}`, remedy);
      const what = 'whether the engine sees the socket folder';
      return mustBe(seesSocketFolder, what, `the engine does not see ${path} of this host`, remedy);
    },
  },
  {
    id: 'socket-folder-reachable',
    concerns: 'root using the rootless engine of somebody else',
    requirement: "The engine's user can pass every folder on the way to the socket folder.",
    source: { measured: 'path_resolution(7): each folder on the way has to be searched' },
    applies: ({ host, engine }) => engine.rootless && valueOf(host.uid) !== valueOf(engine.owner)?.uid,
    check: ({ host: { socketFolder } }) =>
      judged(
        socketFolder.closedTo,
        'who can pass the way to the socket folder',
        otherFolder,
        (closed, evidence) =>
          closed === '' ? met : unmet(`other users can't pass through ${closed} (${evidence})`, otherFolder),
      ),
  },
  {
    id: 'socket-acl',
    concerns: 'gVisor, where neither host process nor plugin is root',
    requirement: 'The socket directory can carry a default ACL, and the command setfacl is there to set it.',
    source: {
      measured:
        'runsc of 2022 does not really change the group of a socket; since 2024 it does, and the ACL changes nothing',
    },
    applies: needsAcl,
    check({ host: { setfacl, socketFolder } }) {
      const install = 'Install the package that brings setfacl (Debian and Ubuntu: apt-get install acl).';
      if (valueOf(setfacl) !== true)
        return mustBe(setfacl, 'whether setfacl is there', 'setfacl is missing', install);
      return mustBe(
        socketFolder.acl,
        `whether the file system of ${socketFolder.path} has ACLs`,
        `the file system of ${socketFolder.path} has no ACLs`,
        usualFileSystem,
      );
    },
  },
  {
    id: 'rootless-non-root',
    concerns: 'rootless engines with a plugin that is not root',
    requirement: 'The plugin is a member of container group 0, and its socket has that group.',
    source: {
      document: page,
      measured: 'works on Docker 20.10 to 28.5 and Podman 4.3 to 5.8 with runc, crun and runsc',
      conflict: 'documented as not supported; it works in every combination, through container group 0',
    },
    applies: (launch) => launch.engine.rootless && isRoot(launch) === false,
    check: () => met,
  },
  {
    id: 'remapped-socket',
    concerns: 'Docker with userns-remap',
    requirement:
      'Host process is root, the runtime is not gVisor, and the ids of the user namespace are known.',
    source: {
      measured: 'Docker 20.10: runc and crun work through a group of the namespace, under runsc only one way',
    },
    applies: ({ engine }) => valueOf(engine.remapped) === true,
    check({ host, engine, runtime }) {
      const remedy = 'Turn userns-remap off in the daemon.json of the engine, or use a rootless engine.';
      if (runtime?.kind === 'runsc') {
        return unmet("under runsc in a remapped engine the plugin can't reach sockets of the host", remedy);
      }
      if (valueOf(host.uid) !== 0) {
        return unmet('only root can give a directory to a group of the user namespace', remedy);
      }
      return judged(engine.idMaps, 'the ids of the user namespace', remedy, () => met);
    },
  },
  {
    id: 'apparmor-profile',
    concerns: 'hosts with AppArmor',
    requirement: "The engine's default profile is in force, and lets a plugin work.",
    source: {
      measured:
        'the default profiles of Docker 26 and 28 and Podman 5.4 and 5.8 disturbed no combination; which one is in force is compared after the start',
    },
    applies: ({ engine }) => valueOf(engine.security)?.includes('apparmor') === true,
    check({ engine: { containerProfile } }) {
      const profile = containerProfile === undefined ? '' : (valueOf(containerProfile) ?? '');
      const [, name = '', mode = 'enforce'] = /^(\S+) \((\w+)\)$/.exec(profile) ?? [];
      if (mode === 'enforce') return met;
      return unmet(
        `the profile ${name} of containers is in ${mode} mode, in which it prevents nothing`,
        `Let it enforce, as root: aa-enforce ${name}; or reload it: apparmor_parser -r.`,
      );
    },
  },
  {
    id: 'apparmor-crun',
    concerns: 'crun of Debian and Ubuntu on rootful engines, on hosts with AppArmor',
    requirement: 'Processes of the plugin may send signals to each other.',
    source: {
      measured:
        'Debian 13: containers are under crun//&docker-default, whose signals to itself docker-default denies: apparmor="DENIED" operation="signal"',
    },
    applies: ({ engine, runtime }) =>
      !engine.rootless &&
      runtime?.kind === 'crun' &&
      runtime.ownProfile !== undefined &&
      (valueOf(runtime.ownProfile) ?? '') !== '',
    check: () =>
      note(
        "AppArmor lets no process of the plugin send a signal to another one or to itself, because crun's own profile is in force beside that of containers",
        'Nothing to do for most plugins; one that ends programs of its own by signals needs `runtime` runc.',
      ),
  },
  {
    id: 'ids-mapped',
    concerns: 'engines with a user namespace',
    requirement: "The user and groups of the plugin are among the ids of the engine's user namespace.",
    source: {
      measured: "other ids: runc and crun do not start the container, under runsc the plugin can't bind",
    },
    applies: ({ engine }) => engine.rootless || valueOf(engine.remapped) === true,
    check({ engine, user }) {
      const [ids, maps] = [valueOf(user), valueOf(engine.idMaps)];
      if (ids === undefined || maps === undefined) return met;
      const isMapped = (id: number, ranges: typeof maps.uids) =>
        ranges.some(({ containerId, size }) => id >= containerId && id < containerId + size);
      const outside = [
        ...(isMapped(ids.uid, maps.uids) ? [] : [`uid ${ids.uid}`]),
        ...(isMapped(ids.gid, maps.gids) ? [] : [`gid ${ids.gid}`]),
      ];
      if (outside.length === 0) return met;
      return unmet(
        `${outside.join(' and ')} of the plugin don't exist in the engine's user namespace`,
        "Give the engine's user more ids in /etc/subuid and /etc/subgid and restart the engine, or choose a user with a lower id.",
      );
    },
  },
];
