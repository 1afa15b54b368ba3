import '../node-version.ts';
export { startPodmanService, type ThrowAwayPodmanOptions } from './podman-service.ts';
export {
  startFaultProxy,
  type Fault,
  type FaultChoice,
  type FaultProxy,
  type FaultProxyOptions,
} from './fault-proxy.ts';
export {
  startRecordingServer,
  type RecordedRequest,
  type RecordingServer,
  type RecordingServerOptions,
  type ScriptedAnswer,
} from './recording-server.ts';
export { vaultStorageTests, type VaultStorageUnderTest } from './vault-storage-tests.ts';
