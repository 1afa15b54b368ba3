/** The answers of an engine about itself that `connectEngine` needs. */

export function dockerInfoAnswer(version: string): object {
  return {
    ID: 'RECO:RDER',
    Name: 'recorder',
    ServerVersion: version,
    OperatingSystem: 'none',
    Architecture: 'x86_64',
    CgroupVersion: '2',
    CgroupDriver: 'cgroupfs',
    Runtimes: { runc: { path: 'runc' } },
    DefaultRuntime: 'runc',
    SecurityOptions: ['name=seccomp,profile=builtin'],
    MemoryLimit: true,
    PidsLimit: true,
    CpuCfsQuota: true,
    Driver: 'overlay2',
    DockerRootDir: '/var/lib/docker',
    Warnings: null,
  };
}

export function podmanInfoAnswer(version: string): object {
  return {
    host: {
      arch: 'amd64',
      hostname: 'recorder',
      cgroupManager: 'cgroupfs',
      cgroupVersion: 'v2',
      cgroupControllers: ['cpu', 'memory', 'pids'],
      distribution: { distribution: 'none', version: '1' },
      idMappings: { uidmap: null, gidmap: null },
      ociRuntime: { name: 'crun', path: '/usr/bin/crun' },
      security: { rootless: false, seccompEnabled: true, selinuxEnabled: false, apparmorEnabled: false },
    },
    store: { graphDriverName: 'overlay', graphRoot: '/var/lib/containers/storage' },
    version: { Version: version },
  };
}
