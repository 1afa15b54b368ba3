/** Who is let in by a server of a plugin connection, and whom its client accepts. */
import assert from 'node:assert/strict';
import { createPrivateKey, sign } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import tls, { connect, type TLSSocket } from 'node:tls';
import { prepareContext, secureContext } from '../../src/goplugin/grpc/connection/credentials.ts';
import { connectSecured, secured, securedServer } from '../../src/goplugin/grpc/connection/tls-connection.ts';
import { limits as connectionLimits } from '../../src/goplugin/limits.ts';
import { bitString, objectIdentifier, printableString, sequence, set } from '../../src/goplugin/tls/der.ts';
import { createIdentity, derToPem, type Identity } from '../../src/goplugin/tls/identity.ts';
import { socketPair } from './fixtures/sockets.ts';

const limits = { timeout: 20_000 };

const [host, plugin, stranger] = await Promise.all([createIdentity(), createIdentity(), createIdentity()]);
const hostSide = { identity: host, peerDer: plugin.certificateDer };
const pluginSide = { identity: plugin, peerDer: host.certificateDer };
const ca = plugin.certificatePem;
const alpn = { servername: 'localhost', ALPNProtocols: ['h2'] };

test('lets in the side that was announced, in either direction', limits, async () => {
  for (const [client, server] of [
    [hostSide, pluginSide],
    [pluginSide, hostSide],
  ] as const) {
    const { accepted, end } = await meet(server, (raw) => secured(raw, client));
    assert.equal((await accepted)?.alpnProtocol, 'h2');
    end();
  }
});

const intruders: Readonly<Record<string, Parameters<typeof meet>[1]>> = {
  'without a certificate': (socket) => connect({ socket, ca, ...alpn }),
  'with the certificate of another': (socket) =>
    connect({ socket, ca, cert: stranger.certificatePem, key: stranger.privateKeyPem, ...alpn }),
  'that names no host': (socket) =>
    connect({
      socket,
      ca,
      cert: host.certificatePem,
      key: host.privateKeyPem,
      ALPNProtocols: ['h2'],
      servername: '',
    }),
  'that speaks TLS 1.1': (socket) =>
    connect({ socket, ca, maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0', ...alpn }),
  'that speaks no TLS': (socket) => {
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    return socket;
  },
};

for (const [what, intrude] of Object.entries(intruders)) {
  test(`lets in nobody ${what}`, limits, async () => {
    const { accepted, end } = await meet(pluginSide, intrude);
    assert.equal(await accepted, undefined);
    end();
  });
}

test('refuses a server that is not the one from the handshake', limits, async () => {
  const other = { identity: stranger, peerDer: host.certificateDer };
  const { client, end } = await meet(other, (raw) => secured(raw, hostSide));
  const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException];
  assert.match(String(error.code), /SELF_SIGNED|SIGNATURE|UNABLE/);
  end();
});

test('lets in nobody with a certificate that the announced one has issued', limits, async () => {
  const issued = await issuedBy(host);
  const intruder = { identity: issued, peerDer: plugin.certificateDer };
  const { accepted, end } = await meet(pluginSide, (raw) => secured(raw, intruder));
  assert.equal(await accepted, undefined);
  end();
});

test('refuses a server with a certificate that the announced one has issued', limits, async () => {
  const issued = await issuedBy(plugin);
  const { client, end } = await meet({ identity: issued, peerDer: host.certificateDer }, (raw) =>
    secured(raw, hostSide),
  );
  const [error] = (await once(client, 'error')) as [Error];
  assert.match(error.message, /not the one from the handshake/);
  end();
});

test('a context that was made ahead trusts one other side, and no second one', limits, async () => {
  const own = await createIdentity();
  prepareContext(own);
  const known = { identity: own, peerDer: plugin.certificateDer };
  const server = { identity: plugin, peerDer: own.certificateDer };
  const { accepted, end } = await meet(server, (raw) => secured(raw, known));
  assert.equal((await accepted)?.alpnProtocol, 'h2');
  end();
  assert.equal(secureContext(known), secureContext(known));

  const other = { identity: own, peerDer: stranger.certificateDer };
  assert.notEqual(secureContext(other), secureContext(known));
  for (const [serving, trusted] of [
    [server, other],
    [{ identity: stranger, peerDer: own.certificateDer }, known],
  ] as const) {
    const refused = await meet(serving, (raw) => secured(raw, trusted));
    const [error] = (await once(refused.client, 'error')) as [NodeJS.ErrnoException];
    assert.match(String(error.code), /SELF_SIGNED|SIGNATURE|UNABLE/);
    refused.end();
  }
});

test(
  'lets in the announced side alone with contexts that were made before it was known',
  limits,
  async () => {
    const [one, two] = await Promise.all([createIdentity(), createIdentity()]);
    for (const identity of [one, two]) prepareContext(identity);
    const pairs = {
      ours: { identity: one, peerDer: two.certificateDer },
      theirs: { identity: two, peerDer: one.certificateDer },
      // The context of `one` was taken for the pair above, and must not serve another one.
      other: { identity: one, peerDer: stranger.certificateDer },
    };
    const friends = await meet(pairs.theirs, (raw) => secured(raw, pairs.ours));
    assert.equal((await friends.accepted)?.alpnProtocol, 'h2');
    friends.end();
    const refused = await meet(pairs.theirs, (raw) => secured(raw, pairs.other));
    const [error] = (await once(refused.client, 'error')) as [NodeJS.ErrnoException];
    assert.match(String(error.code), /SELF_SIGNED|SIGNATURE|UNABLE/);
    refused.end();
    const intruder = { identity: stranger, peerDer: two.certificateDer };
    const intrusion = await meet(pairs.theirs, (raw) => secured(raw, intruder));
    assert.equal(await intrusion.accepted, undefined);
    intrusion.end();
  },
);

test('makes handshakes one after the other and at the same time', limits, async () => {
  const turns = async (): Promise<void> => {
    const { accepted, end } = await meet(pluginSide, (raw) => secured(raw, hostSide));
    assert.equal((await accepted)?.alpnProtocol, 'h2');
    end();
    const broken = await meet(pluginSide, (socket) => socket.end('no TLS'));
    assert.equal(await broken.accepted, undefined);
    broken.end();
  };
  await turns();
  await Promise.all(Array.from({ length: 8 }, turns));
  await turns();
});

test('connects to the announced side alone where it makes the connection itself', limits, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tls-'));
  const path = join(folder, 'socket');
  let serving = pluginSide;
  let accept: (secure: TLSSocket) => void = () => undefined;
  const server = createServer((raw) => {
    raw.on('error', () => undefined);
    securedServer(serving, (secure) => {
      accept(secure);
    })(raw);
  }).listen(path);
  await once(server, 'listening');
  try {
    const accepted = new Promise<TLSSocket>((resolve) => (accept = resolve));
    const client = connectSecured({ path }, hostSide);
    await once(client, 'secureConnect');
    assert.equal(client.alpnProtocol, 'h2');
    const there = await accepted;
    client.destroy();
    there.destroy();
    serving = { identity: stranger, peerDer: host.certificateDer };
    const refused = connectSecured({ path }, hostSide);
    const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException];
    assert.match(String(error.code), /SELF_SIGNED|SIGNATURE|UNABLE/);
    serving = { identity: await issuedBy(plugin), peerDer: host.certificateDer };
    const issued = connectSecured({ path }, hostSide);
    const [other] = (await once(issued, 'error')) as [Error];
    assert.match(other.message, /not the one from the handshake/);
  } finally {
    server.close();
    await rm(folder, { recursive: true });
  }
});

test('closes a connection whose other side begins no handshake', { timeout: 5_000 }, async () => {
  const limit = connectionLimits.tlsHandshakeMs as { value: number };
  const { value } = limit;
  limit.value = 1;
  try {
    const { accepted, end } = await meet({ ...pluginSide }, (socket) => socket);
    assert.equal(await accepted, undefined);
    end();
  } finally {
    limit.value = value;
  }
});

test(
  'uses two servers of TLS again for later connections, whatever became of the earlier ones',
  limits,
  async () => {
    const pair = { ...pluginSide };
    const { createServer: create } = tls;
    let made = 0;
    tls.createServer = ((...given: Parameters<typeof create>) => {
      made += 1;
      return create(...given);
    }) as typeof create;
    syncBuiltinESMExports();
    const connections = async (count: number, client: (raw: Socket) => Socket): Promise<number> => {
      const sockets = await Promise.all(Array.from({ length: count }, socketPair));
      const before = made;
      const all = sockets.map((ends) => meetOn(ends, pair, client)); // all of them before any handshake is done
      await Promise.all(all.map(({ accepted }) => accepted));
      for (const { end } of all) end();
      return made - before;
    };
    try {
      assert.equal(await connections(4, (raw) => secured(raw, hostSide)), 4);
      assert.equal(await connections(4, (raw) => secured(raw, hostSide)), 2);
      assert.equal(await connections(2, (raw) => raw.end('no TLS')), 0);
      assert.equal(await connections(4, (raw) => secured(raw, hostSide)), 2);
    } finally {
      tls.createServer = create;
      syncBuiltinESMExports();
    }
  },
);

test('a connection that breaks later is left to its calls', limits, async () => {
  const { accepted, end } = await meet(pluginSide, (raw) => secured(raw, hostSide));
  const secure = await accepted;
  assert.ok(secure);
  const closed = new Promise((resolve) => secure.once('close', resolve));
  secure.destroy(new Error('it broke'));
  await closed;
  end();
});

/** Another key, with a certificate signed by the key of `issuer`, whose subject it names as its issuer. */
async function issuedBy(issuer: Identity): Promise<Identity> {
  const own = await createIdentity();
  const [toBeSigned = Buffer.alloc(0), algorithm = Buffer.alloc(0)] = partsOf(own.certificateDer);
  // Another subject: with that of its issuer it would be taken for self-signed, and never get as far as the pinning.
  const subject = sequence(set(sequence(objectIdentifier('2.5.4.3'), printableString('issued'))));
  const parts = partsOf(toBeSigned).map((part, at) => (at === 5 ? subject : part));
  const signature = sign('sha256', sequence(...parts), createPrivateKey(issuer.privateKeyPem));
  const certificateDer = sequence(sequence(...parts), algorithm, bitString(signature));
  return { ...own, certificateDer, certificatePem: derToPem(certificateDer) };
}

/** The values within a DER sequence, each with its head. */
function partsOf(der: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  const sizeOf = (at: number): { head: number; size: number } => {
    const first = der[at + 1] ?? 0;
    if (first < 0x80) return { head: 2, size: 2 + first };
    const octets = first & 0x7f;
    return { head: 2 + octets, size: 2 + octets + der.readUIntBE(at + 2, octets) };
  };
  for (let at = sizeOf(0).head; at < der.length; at += sizeOf(at).size)
    parts.push(der.subarray(at, at + sizeOf(at).size));
  return parts;
}

type Serving = Parameters<typeof securedServer>[0];

/** A client and a server on two ends of a socket. `accepted` is undefined when the server hangs up. */
async function meet(server: Serving, client: (raw: Socket) => Socket) {
  return meetOn(await socketPair(), server, client);
}

function meetOn([near, far]: readonly [Socket, Socket], server: Serving, client: (raw: Socket) => Socket) {
  const accepted = new Promise<TLSSocket | undefined>((resolve) => {
    securedServer(server, resolve)(far);
    far.once('close', () => {
      resolve(undefined);
    });
  });
  const connecting = client(near);
  connecting.on('error', () => undefined);
  return {
    accepted,
    client: connecting,
    end: () => {
      connecting.destroy();
      near.destroy();
      far.destroy();
    },
  };
}
