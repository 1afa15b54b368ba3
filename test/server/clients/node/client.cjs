/** Drives a server as node-vault does, and writes what came of each step as a line of JSON: its value, or the typed error. */
const { createRequire } = require('node:module');
const { join } = require('node:path');

const {
  TEST_NODE_VAULT,
  TEST_IMAGE: image,
  TEST_SHA256: sha256,
  TEST_OCI_RUNTIME,
  TEST_NARROW_TOKEN,
} = process.env;
const connect = createRequire(join(TEST_NODE_VAULT, 'package.json'))('node-vault');
const [name, path, runtime, version] = ['node-kv', 'node', 'node-runtime', '0.25.0'];
const catalog = `sys/plugins/catalog/secret/${name}`;
const runtimes = `sys/plugins/runtimes/catalog/container/${runtime}`;
const pin = `sys/plugins/pins/secret/${name}`;
const vault = connect(); // by VAULT_ADDR and VAULT_TOKEN

async function step(step, work) {
  let said;
  try {
    said = { step, value: (await work()) ?? undefined };
    if (said.value === '') said.value = undefined; // the body of a 204
  } catch (error) {
    const { constructor, message, response } = error;
    said = {
      step,
      error: {
        type: constructor.name,
        message,
        status: response?.statusCode,
        errors: response?.body?.errors,
      },
    };
  }
  console.log(JSON.stringify(said));
}

async function main() {
  await step('health', async () => (await vault.health()).initialized);
  await step('sealed', async () => (await vault.status()).sealed);
  await step('token', async () => Array.isArray((await vault.tokenLookupSelf()).data.policies));

  await step('register runtime', () =>
    vault.write(runtimes, { oci_runtime: TEST_OCI_RUNTIME, memory_bytes: 256 << 20 }),
  );
  await step('read runtime', async () => (await vault.read(runtimes)).data);
  await step('list runtimes', async () =>
    (await vault.list('sys/plugins/runtimes/catalog')).data.runtimes.find((each) => each.name === runtime),
  );

  await step('register plugin', () => vault.write(catalog, { oci_image: image, sha256, version, runtime }));
  await step('read plugin', async () => (await vault.read(`${catalog}?version=${version}`)).data);
  await step('list plugins', async () => {
    const { secret, detailed } = (await vault.read('sys/plugins/catalog')).data;
    return { named: secret, detail: detailed.find((each) => each.name === name) };
  });
  await step('list plugins by type', async () => (await vault.list('sys/plugins/catalog/secret')).data);

  await step('pin', async () => (await vault.write(pin, { version })).data);
  await step('read pin', async () => (await vault.read(pin)).data);
  await step('list pins', async () => (await vault.read('sys/plugins/pins')).data);

  // It sends its own argument mount_point along, which the answer warns of.
  await step('enable', async () => {
    const said = await vault.mount({ mount_point: path, type: name, description: 'of node-vault' });
    return said.data ?? undefined;
  });
  await step('read mount', async () => {
    const mount = (await vault.mounts()).data[`${path}/`];
    const { type, description, plugin_version, running_plugin_version, running_sha256 } = mount;
    return { type, description, plugin_version, running_plugin_version, running_sha256 };
  });
  await step('tune', () =>
    vault.write(`sys/mounts/${path}/tune`, { default_lease_ttl: '1h', max_lease_ttl: 7200 }),
  );
  await step('read tuning', async () => {
    const { default_lease_ttl, max_lease_ttl } = (await vault.read(`sys/mounts/${path}/tune`)).data;
    return [default_lease_ttl, max_lease_ttl];
  });

  await step('write', () => vault.write(`${path}/greeting`, { word: 'hello', count: 3 }));
  await step('read', async () => (await vault.read(`${path}/greeting`)).data);
  await step('write below a folder', () => vault.write(`${path}/folder/with%20space`, { word: 'ü' }));
  await step('list', async () => (await vault.list(path)).data);
  await step('read of nothing', () => vault.read(`${path}/nothing`));
  await step('list of nothing', () => vault.list(`${path}/nothing`));
  await step('kv get', async () => (await vault.read(`${path}/folder/with%20space`)).data);

  await step(
    'reload plugin',
    async () => (await vault.write(`sys/plugins/reload/secret/${name}`, {})).data.reload_id !== '',
  );
  await step('reload mounts', async () => {
    const { data } = await vault.write('sys/plugins/reload/backend', { mounts: [`${path}/`] });
    return data.reload_id !== '';
  });
  await step('read after reload', async () => (await vault.read(`${path}/greeting`)).data);

  await step('error: no token', () => vault.read('sys/mounts', { headers: { 'X-Vault-Token': ' ' } }));
  await step('error: wrong token', () => connect({ token: 'hvs.wrong' }).mounts());
  await step('error: narrow token', () =>
    connect({ token: TEST_NARROW_TOKEN }).unmount({ mount_point: path }),
  );
  await step('error: unknown plugin', () => vault.read('sys/plugins/catalog/secret/nobody'));
  await step('error: unknown runtime', () => vault.read('sys/plugins/runtimes/catalog/container/nobody'));
  await step('error: bad digest', () =>
    vault.write('sys/plugins/catalog/secret/bad', { oci_image: image, sha256: 'zz' }),
  );
  await step('error: enable of an unknown plugin', () =>
    vault.mount({ mount_point: 'other', type: 'nobody' }),
  );
  await step('error: path in use', () => vault.mount({ mount_point: path, type: name }));
  await step('error: runtime in use', () => vault.delete(runtimes));
  await step('error: pinned', () => vault.delete(`${catalog}?version=${version}`));
  await step('error: negative memory', () =>
    vault.write('sys/plugins/runtimes/catalog/container/neg', { memory_bytes: -1 }),
  );
  await step('error: reload of nothing', () =>
    vault.write('sys/plugins/reload/backend', { mounts: ['nowhere/'] }),
  );
  await step('error: no mount', () => vault.write('nowhere/x', { a: 'b' }));
  await step('error: unknown lease', () => vault.renew({ lease_id: 'node/greeting/nothing', increment: 10 }));

  await step('delete', () => vault.delete(`${path}/greeting`));
  await step('read after delete', () => vault.read(`${path}/greeting`));
  await step('disable', () => vault.unmount({ mount_point: path }));
  await step('unpin', async () => (await vault.delete(pin)).data);
  await step('deregister plugin', () => vault.delete(`${catalog}?version=${version}`));
  await step('deregister runtime', () => vault.delete(runtimes));
  await step('what is left', async () => {
    const { detailed } = (await vault.read('sys/plugins/catalog')).data;
    const mounts = (await vault.mounts()).data;
    return detailed.some((each) => each.name === name) ? name : `${path}/` in mounts;
  });
}

main();
