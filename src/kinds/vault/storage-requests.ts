/** Makes a secrets engine or auth method of Vault use its storage, whatever it is: by the paths that it says it has. */
import { BulkheadError } from '../../errors.ts';
import { bytesField, fieldBytes } from '../../goplugin/internal.ts';

/** Sends one request to the plugin, as bytes of `HandleRequestArgs`, and returns those of its reply. */
type Send = (request: Buffer) => Promise<Buffer>;

/** No plugin needs as many before one of them reads something that is stored. */
const mostRequests = 60;
/** What stands for a name in a path. */
const name = 'bulkhead';

/**
 * Reads and lists what the plugin keeps, until its storage was asked.
 *
 * @throws BulkheadError when the storage never was, with what the plugin said last
 */
export async function useStorage(send: Send, wasAsked: () => boolean): Promise<void> {
  let said = '';
  const ask = async (operation: string, path: string): Promise<Buffer> => {
    const reply = await send(requestOf(operation, path));
    const error = fieldBytes(fieldBytes(reply, 2), 2).toString('utf8'); // HandleRequestReply.err, ProtoError.err_msg
    if (error !== '') said = error;
    return reply;
  };
  const help = await ask('help', '');
  const paths = [...pathsOf(help), 'config', name, ''].slice(0, mostRequests / 2);
  for (const path of paths) {
    for (const operation of ['read', 'list']) {
      await ask(operation, path);
      if (wasAsked()) return;
    }
  }
  throw new BulkheadError(
    'PLUGIN_CHANNEL_SILENT',
    `the plugin never reached its storage through the broker${said === '' ? '' : `; it said: ${said}`}`,
    { hint: 'Look for what keeps the plugin from connecting to the sockets of its host.' },
  );
}

/** Vault: sdk/plugin/pb/backend.proto */
function requestOf(operation: string, path: string): Buffer {
  return bytesField(2, Buffer.concat([bytesField(3, operation), bytesField(4, path), bytesField(5, '{}')]));
}

/** The paths in the description that the SDK's framework gives of itself (OpenAPI); none for another plugin. */
function pathsOf(reply: Buffer): string[] {
  try {
    const data: unknown = JSON.parse(fieldBytes(fieldBytes(reply, 1), 3).toString('utf8')); // Response.data
    const { openapi } = data as { openapi?: { paths?: object } };
    return Object.keys(openapi?.paths ?? {}).map((path) =>
      path.replace(/^\//, '').replaceAll(/\{[^}]*\}/g, name),
    );
  } catch {
    return []; // the reply comes from the plugin and may be anything
  }
}
