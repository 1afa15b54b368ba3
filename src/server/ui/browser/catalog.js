/** The view of the catalog: registered plugins and plugin runtimes, and what is mounted. */
import { read, RequestError } from './api.js';
import { element, failure, fill, foreign } from './dom.js';

/**
 * @param {HTMLElement} view
 * @param {{ readonly signal: AbortSignal, readonly onRefused: (error: Error) => void }} options
 */
export async function showCatalog(view, { signal, onRefused }) {
  const again = element('button', { type: 'button', class: 'quiet' }, 'Refresh');
  const result = element('div', { id: 'catalog-result' });
  fill(view, element('header', { class: 'title' }, element('h1', {}, 'Catalog'), again), result);
  const show = async () => {
    try {
      const [catalog, pins, runtimes, secret, auth] = await Promise.all([
        ...['plugins/catalog', 'plugins/pins', 'plugins/runtimes/catalog?list=true'].map((path) =>
          read(`sys/${path}`, { signal }),
        ),
        ...['mounts', 'auth'].map((path) => read(`sys/${path}`, { signal }).catch(nothingIfRefused)),
      ]);
      fill(
        result,
        element('h2', {}, 'Plugins'),
        pluginsOf(catalog?.detailed ?? [], pins?.pinned_versions ?? []),
        element('h2', {}, 'Plugin runtimes'),
        runtimesOf(runtimes?.runtimes ?? []),
        element('h2', {}, 'Mounts'),
        secret === undefined
          ? element('p', { class: 'empty' }, 'This token does not allow to see them.')
          : mountsOf([...entriesOf(secret, ''), ...entriesOf(auth, 'auth/')]),
      );
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof RequestError && error.isRefused) onRefused(error);
      fill(result, failure(error));
    }
  };
  again.addEventListener('click', () => void show());
  await show();
}

/**
 * A token that reads the catalogs need not be one that sees the mounts.
 *
 * @param {unknown} error
 */
function nothingIfRefused(error) {
  if (error instanceof RequestError && error.isRefused) return undefined;
  throw error;
}

/** @param {any} mounts @param {string} before @returns {[string, any][]} */
function entriesOf(mounts, before) {
  return Object.entries(mounts ?? {}).map(([path, mount]) => [before + path, mount]);
}

/** @param {readonly any[]} plugins @param {readonly any[]} pins */
function pluginsOf(plugins, pins) {
  const isPinned = (/** @type {any} */ plugin) =>
    pins.some(
      (pin) => pin.type === plugin.type && pin.name === plugin.name && pin.version === plugin.version,
    );
  return tableOf(
    'No plugin is registered.',
    ['Plugin', 'Version', 'Image', 'Runtime'],
    plugins.map((plugin) => [
      text(`${plugin.type}/${plugin.name}`),
      element(
        'span',
        {},
        text(plugin.version),
        isPinned(plugin) && element('span', { class: 'badge' }, 'pinned'),
      ),
      text(plugin.oci_image),
      text(plugin.runtime),
    ]),
  );
}

/** @param {readonly any[]} runtimes */
function runtimesOf(runtimes) {
  return tableOf(
    'No plugin runtime is registered: plugins run with the usual one.',
    ['Name', 'OCI runtime', 'Parent cgroup', 'CPU', 'Memory'],
    runtimes.map((runtime) => [
      text(runtime.name),
      text(runtime.oci_runtime),
      text(runtime.cgroup_parent),
      runtime.cpu_nanos > 0 ? `${runtime.cpu_nanos / 1e9} cores` : '',
      runtime.memory_bytes > 0 ? `${(runtime.memory_bytes / 2 ** 20).toFixed(0)} MiB` : '',
    ]),
  );
}

/** @param {readonly [string, any][]} mounts */
function mountsOf(mounts) {
  return tableOf(
    'Nothing is mounted.',
    ['Path', 'Plugin', 'Version', 'Description'],
    mounts.map(([path, mount]) => [
      text(path),
      text(mount.type),
      text(mount.running_plugin_version || mount.plugin_version),
      text(mount.description),
    ]),
  );
}

/** @param {unknown} value */
function text(value) {
  return foreign(typeof value === 'string' ? value : '');
}

/**
 * @param {string} nothing what is said of an empty table
 * @param {readonly string[]} titles
 * @param {readonly (readonly import('./dom.js').Child[])[]} rows
 */
function tableOf(nothing, titles, rows) {
  if (rows.length === 0) return element('p', { class: 'empty' }, nothing);
  return element(
    'div',
    { class: 'scroll' },
    element(
      'table',
      { class: 'list' },
      element(
        'thead',
        {},
        element('tr', {}, ...titles.map((title) => element('th', { scope: 'col' }, title))),
      ),
      element(
        'tbody',
        {},
        ...rows.map((cells) =>
          element(
            'tr',
            {},
            ...cells.map((cell, at) =>
              element(at === 0 ? 'th' : 'td', at === 0 ? { scope: 'row' } : {}, cell),
            ),
          ),
        ),
      ),
    ),
  );
}
