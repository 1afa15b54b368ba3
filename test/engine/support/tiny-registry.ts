/** A registry with one image, read-only and behind a password, as the OCI distribution specification describes it. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tarOf } from './tar-of.ts';

export interface TinyRegistry extends AsyncDisposable {
  /** `host:port`, or the path of the socket. */
  readonly address: string;
  /** Digest of the image's configuration, with `sha256:`. */
  readonly imageId: string;
  /** Digest of its manifest. */
  readonly manifest: string;
  /** Requests that came without the right password. */
  readonly refused: () => number;
}

const types = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
};

/** Serves `repository:1` to whoever has the credentials: at a port of 127.0.0.1, or at a unix socket. */
export async function startTinyRegistry(
  repository: string,
  credentials: { readonly username: string; readonly password: string },
  socketPath?: string,
): Promise<TinyRegistry> {
  const layer = await tarOf({ hello: 'from a registry' });
  const config = Buffer.from(
    JSON.stringify({
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      config: { Cmd: ['/hello'] },
      rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
    }),
  );
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: types.manifest,
      config: { mediaType: types.config, digest: digestOf(config), size: config.length },
      layers: [{ mediaType: types.layer, digest: digestOf(layer), size: layer.length }],
    }),
  );
  const served: Readonly<Record<string, { type: string; bytes: Buffer }>> = {
    '/v2/': { type: 'application/json', bytes: Buffer.from('{}') },
    [`/v2/${repository}/manifests/1`]: { type: types.manifest, bytes: manifest },
    [`/v2/${repository}/manifests/${digestOf(manifest)}`]: { type: types.manifest, bytes: manifest },
    [`/v2/${repository}/blobs/${digestOf(config)}`]: { type: 'application/octet-stream', bytes: config },
    [`/v2/${repository}/blobs/${digestOf(layer)}`]: { type: 'application/octet-stream', bytes: layer },
  };
  const { username, password } = credentials;
  const expected = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  let refused = 0;
  const server = createServer(({ url = '', method, headers }, response) => {
    if (headers.authorization !== expected) {
      if (headers.authorization !== undefined) refused += 1;
      response.writeHead(401, { 'www-authenticate': 'Basic realm="tiny"' }).end();
      return;
    }
    const found = served[url];
    if (found === undefined) response.writeHead(404).end();
    else send(response, found, method === 'HEAD');
  });
  server.listen(socketPath === undefined ? { port: 0, host: '127.0.0.1' } : { path: socketPath });
  await once(server, 'listening');
  return {
    address: socketPath ?? `127.0.0.1:${(server.address() as AddressInfo).port}`,
    imageId: digestOf(config),
    manifest: digestOf(manifest),
    refused: () => refused,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(response: ServerResponse, { type, bytes }: { type: string; bytes: Buffer }, headOnly: boolean) {
  response.writeHead(200, {
    'content-type': type,
    'content-length': bytes.length,
    'docker-content-digest': digestOf(bytes),
    'docker-distribution-api-version': 'registry/2.0',
  });
  response.end(headOnly ? undefined : bytes);
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
