/** Makes the JSON of instances and of lines of their logs. */
import type { InstanceSnapshot, PluginLogLine } from '../../host/index.ts';
import type { InstanceData, LogLineData } from './instance-json.ts';

/** How much of the last line an instance shows. `logs` has the whole of it. */
export const longestLastOutput = 400;

export function instanceData(snapshot: InstanceSnapshot, lastLine: PluginLogLine | undefined): InstanceData {
  const { id, type, name, version, image, imageId, runtime, state, lastEnd } = snapshot;
  const { mounts, calls, waiting, restarts, shared, spare, drift } = snapshot;
  return {
    ...{ id, type, name, version, image, image_id: imageId, runtime },
    state: state.name,
    since: state.since.toISOString(),
    ...(state.name === 'backing-off' && { until: state.until.toISOString() }),
    ...('reason' in state && { reason: state.reason }),
    ...(state.name === 'ready' && {
      ...(state.containerId !== undefined && { container_id: state.containerId }),
      protocol_version: state.handshake.protocolVersion,
      tls: state.handshake.tls,
    }),
    ...{ mounts, calls, waiting, restarts, shared: shared ?? null, spare: spare ?? null },
    last_end:
      lastEnd === undefined
        ? null
        : {
            at: lastEnd.at.toISOString(),
            reason: lastEnd.reason,
            exit_code: lastEnd.exit?.code ?? null,
            oom_killed: lastEnd.exit?.oomKilled === true,
          },
    drift,
    last_output: lastLine === undefined ? null : lineData(lastLine, longestLastOutput),
  };
}

/** @param most how many characters of the text are shown */
export function lineData(line: PluginLogLine, most = Infinity): LogLineData {
  const { at, generation, stream, level, text } = line;
  const shown = text.length <= most ? text : `${text.slice(0, most)} ...`;
  return { at: at.toISOString(), generation, stream, level, text: shown };
}
