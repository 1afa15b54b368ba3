import { posix } from 'node:path';
import type { CreateContainerOptions, Engine, InspectedContainer } from '../engine/index.ts';
import { BulkheadError } from '../errors.ts';
import { capabilityName } from './create-request.ts';

/** One setting that the engine made otherwise than it was asked. */
export interface Difference {
  readonly setting: string;
  readonly asked: string;
  readonly made: string;
}

/** Thrown before start when the container is not what was asked for. The container has been removed. */
export class AttestationError extends BulkheadError {
  readonly differences: readonly Difference[];

  constructor(engine: Pick<Engine, 'kind' | 'version'>, differences: readonly Difference[]) {
    const list = differences.map(({ setting, asked, made }) => `${setting}: asked ${asked}, made ${made}`);
    super(
      'ATTESTATION_FAILED',
      `${engine.kind} ${engine.version} created a container that differs from the request: ${list.join('; ')}`,
      {
        hint: 'The container was never started. The engine does not honour these settings: use another engine or runtime.',
      },
    );
    this.differences = differences;
  }
}

/**
 * Compares what the engine created with what was asked, setting by setting: engines drop settings silently.
 *
 * @returns every difference; empty when the container may be started
 */
export function attest(asked: CreateContainerOptions, made: InspectedContainer): Difference[] {
  return [
    ...compare('runtime', baseName(asked.runtime), baseName(made.runtime)),
    ...compare('privileged', false, made.privileged),
    ...(asked.user === undefined ? [] : compare('user', asked.user, made.config.user)),
    ...compare('network', asked.networkMode, made.networkMode),
    ...(asked.networkDisabled === true ? compare('no network', true, made.networkDisabled) : []),
    ...compare('read-only root file system', asked.readonlyRootfs, made.readonlyRootfs),
    ...compare('no new privileges', asked.noNewPrivileges, made.noNewPrivileges),
    ...compare('added groups', set(asked.groupAdd), set(made.groupAdd)),
    ...compareCapabilities(asked, made),
    ...compareMounts(asked, made),
    ...compareLimit('memory', asked.memory, made.memory),
    ...compareLimit('CPU', asked.nanoCpus, made.nanoCpus),
    ...compareLimit('pids', asked.pidsLimit, made.pidsLimit),
    ...compareUlimits(asked, made),
    ...(asked.cgroupParent === undefined
      ? []
      : compare('cgroup parent', asked.cgroupParent, made.cgroupParent)),
  ];
}

type Setting = string | number | boolean | undefined;

function compare(setting: string, asked: Setting, made: Setting): Difference[] {
  return asked === made ? [] : [{ setting, asked: show(asked), made: show(made) }];
}

/** An engine may set a limit of its own (Podman: 2048 processes) where none was asked for. */
function compareLimit(setting: string, asked: number | undefined, made: number | undefined): Difference[] {
  return asked === undefined ? [] : compare(setting, asked, made);
}

/** Engines add limits of their own; one that was asked for must be as asked. */
function compareUlimits(asked: CreateContainerOptions, made: InspectedContainer): Difference[] {
  return (asked.ulimits ?? []).flatMap(({ name, soft, hard }) => {
    const found = made.ulimits.find((limit) => limit.name === name);
    return compare(`ulimit ${name}`, `${soft}:${hard}`, found && `${found.soft}:${found.hard}`);
  });
}

/**
 * Podman tells the bounding set that the container will have; Docker repeats the request. `ALL` dropped is never
 * shown as such by Podman, so there only the resulting set counts.
 */
function compareCapabilities(asked: CreateContainerOptions, made: InspectedContainer): Difference[] {
  const wanted = set(asked.capAdd?.map(capabilityName));
  if (made.boundingCaps !== undefined) {
    return compare('capabilities', wanted, set(made.boundingCaps.map(capabilityName)));
  }
  return [
    ...compare('dropped capabilities', set(asked.capDrop), set(made.capDrop.map(capabilityName))),
    ...compare('capabilities', wanted, set(made.capAdd.map(capabilityName))),
  ];
}

/** Every mount that was asked for is there as asked, and nothing else of the host is. */
function compareMounts(asked: CreateContainerOptions, made: InspectedContainer): Difference[] {
  const wanted = asked.mounts ?? [];
  const binds = made.mounts.filter((mount) => mount.type !== 'tmpfs');
  const differences: Difference[] = [];
  for (const mount of wanted) {
    if (mount.type === 'tmpfs') continue;
    const found = binds.find(({ target }) => target === mount.target);
    const askedText = `${mount.type} ${mount.source} ${mount.readOnly === true ? 'read-only' : 'writable'}`;
    const madeText = found
      ? `${found.type} ${found.source} ${found.readOnly ? 'read-only' : 'writable'}`
      : 'nothing';
    differences.push(...compare(`mount ${mount.target}`, askedText, madeText));
  }
  const targets = new Set(wanted.map(({ target }) => target));
  for (const extra of binds.filter(({ target }) => !targets.has(target))) {
    differences.push({
      setting: `mount ${extra.target}`,
      asked: 'nothing',
      made: `${extra.type} ${extra.source}`,
    });
  }
  return differences;
}

function baseName(runtime: string | undefined): string | undefined {
  return runtime === undefined ? undefined : posix.basename(runtime);
}

function set(values: readonly string[] | undefined): string {
  return [...(values ?? [])].sort().join(',') || 'none';
}

function show(value: Setting): string {
  return value === undefined ? 'nothing' : String(value);
}
