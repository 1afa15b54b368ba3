/** Reads and checks SETTINGS frames (RFC 9113, section 6.5). Pure. */
import { ConnectionFault } from './errors.ts';
import {
  defaultMaxFrameSize,
  defaultTableSize,
  defaultWindow,
  errorCode,
  largestMaxFrameSize,
  largestWindow,
  settingId,
} from './protocol.ts';

/** What the other side has asked for. */
export interface PeerSettings {
  headerTableSize: number;
  maxConcurrentStreams: number;
  initialWindowSize: number;
  maxFrameSize: number;
  maxHeaderListSize: number;
}

export function initialSettings(): PeerSettings {
  return {
    headerTableSize: defaultTableSize,
    maxConcurrentStreams: Infinity,
    initialWindowSize: defaultWindow,
    maxFrameSize: defaultMaxFrameSize,
    maxHeaderListSize: Infinity,
  };
}

/**
 * Applies a frame to the settings. Unknown settings are ignored.
 *
 * @param fromServer true when the frame comes from a server, which may not allow pushes
 * @throws ConnectionFault
 */
export function applySettings(
  settings: PeerSettings,
  payload: Buffer,
  { mostEntries, fromServer }: { readonly mostEntries: number; readonly fromServer: boolean },
): void {
  if (payload.length % 6 !== 0) {
    throw new ConnectionFault(errorCode.frameSizeError, `a SETTINGS frame of ${payload.length} bytes`);
  }
  if (payload.length / 6 > mostEntries) {
    throw new ConnectionFault(
      errorCode.enhanceYourCalm,
      `a SETTINGS frame of ${payload.length / 6} entries, and the limit settingsEntries is ${mostEntries}`,
    );
  }
  for (let at = 0; at < payload.length; at += 6) {
    const value = payload.readUInt32BE(at + 2);
    switch (payload.readUInt16BE(at)) {
      case settingId.headerTableSize:
        settings.headerTableSize = value;
        break;
      case settingId.enablePush:
        if (value > (fromServer ? 0 : 1)) throw wrong('ENABLE_PUSH', value);
        break;
      case settingId.maxConcurrentStreams:
        settings.maxConcurrentStreams = value;
        break;
      case settingId.initialWindowSize:
        if (value > largestWindow) throw wrong('INITIAL_WINDOW_SIZE', value, errorCode.flowControlError);
        settings.initialWindowSize = value;
        break;
      case settingId.maxFrameSize:
        if (value < defaultMaxFrameSize || value > largestMaxFrameSize) throw wrong('MAX_FRAME_SIZE', value);
        settings.maxFrameSize = value;
        break;
      case settingId.maxHeaderListSize:
        settings.maxHeaderListSize = value;
        break;
    }
  }
}

function wrong(name: string, value: number, code: number = errorCode.protocolError): ConnectionFault {
  return new ConnectionFault(code, `the setting ${name} is ${value}`);
}
