import type { z } from 'zod';
import type { Ulimit } from '../create/create-container.ts';
import type { ContainerState, InspectedDevice, InspectedMount } from './inspected-container.ts';
import type { deviceShape, mountShape, portsShape, stateShape, ulimitShape } from './inspect-shapes.ts';

/** Podman has states of its own; each is one of Docker's to whoever looks from outside. */
const podmanStates: Readonly<Record<string, ContainerState['status']>> = {
  configured: 'created',
  initialized: 'created',
  stopped: 'exited',
  stopping: 'running',
};

export function readState(state: z.infer<typeof stateShape>): ContainerState {
  return {
    status: podmanStates[state.Status] ?? (state.Status as ContainerState['status']),
    running: state.Running,
    pid: state.Pid,
    exitCode: state.ExitCode,
    error: state.Error,
    oomKilled: state.OOMKilled,
    ...(state.StartedAt && { startedAt: state.StartedAt }),
    ...(state.FinishedAt && { finishedAt: state.FinishedAt }),
  };
}

/** Both engines keep simple tmpfs mounts apart from the others. */
export function readMounts(
  mounts: readonly (z.infer<typeof mountShape> & { readonly Options?: readonly string[] })[],
  tmpfs: Readonly<Record<string, string>>,
): InspectedMount[] {
  const listed = mounts.map((mount) => ({
    type: mount.Type,
    source: mount.Source,
    target: mount.Destination,
    readOnly: !mount.RW,
    propagation: mount.Propagation,
    options: mount.Options ?? mount.Mode.split(',').filter((option) => option !== ''),
  }));
  const inMemory = Object.entries(tmpfs).map(([target, text]) => {
    const options = text.split(',').filter((option) => option !== '');
    return { type: 'tmpfs', source: '', target, readOnly: options.includes('ro'), propagation: '', options };
  });
  return [...listed, ...inMemory];
}

export function readUlimits(ulimits: readonly z.infer<typeof ulimitShape>[]): Ulimit[] {
  return ulimits.map(({ Name, Soft, Hard }) => ({
    name: Name.replace(/^RLIMIT_/, '').toLowerCase(),
    soft: Soft,
    hard: Hard,
  }));
}

export function readDevices(devices: readonly z.infer<typeof deviceShape>[]): InspectedDevice[] {
  return devices.map((device) => ({
    hostPath: device.PathOnHost,
    containerPath: device.PathInContainer,
    permissions: device.CgroupPermissions,
  }));
}

export function readPorts(host: {
  readonly PublishAllPorts: boolean;
  readonly PortBindings?: z.infer<typeof portsShape>;
}): string[] {
  return [...Object.keys(host.PortBindings ?? {}), ...(host.PublishAllPorts ? ['all'] : [])];
}
