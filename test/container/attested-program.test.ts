/** What runs in a container: its image, program, arguments, variables and labels, and what the image decides. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { found, made, names, podman } from './attested-container.ts';

const config = (changes: Partial<typeof made.config>) => ({ config: { ...made.config, ...changes } });

describe('the program of a container', () => {
  it('is that of the image with the id that was asked for', () => {
    assert.deepEqual(names({}, { imageId: 'sha256:2' }), ['image']);
    assert.deepEqual(names({ image: 'a' }, { imageId: 'sha256:2' }), [], 'nothing is known of the image');
    assert.deepEqual(names({ image: 'a' }, { imageId: 'sha256:2' }, {}, { id: 'sha256:2' }), []);
    assert.deepEqual(names({ image: 'a' }, { imageId: 'sha256:3' }, {}, { id: 'sha256:2' }), ['image']);
  });

  it('is that of the image that a digest names', () => {
    assert.deepEqual(names({ image: 'a@sha256:7' }, { imageId: 'sha256:2' }, {}, { id: 'sha256:2' }), []);
  });

  it('has the words of the request, else those of the image', () => {
    const image = { entrypoint: ['/p', 'a'], cmd: ['b'] };
    assert.deepEqual(names({}, config(image), {}, image), []);
    assert.deepEqual(found({}, config({ entrypoint: ['/p'], cmd: ['b', 'c'] }), {}, image), [
      { setting: 'entrypoint', asked: '2 words', made: 'other ones (1 word)' },
      { setting: 'arguments', asked: '1 word', made: 'other ones (2 words)' },
    ]);
    const asked = { entrypoint: ['/q'] };
    // The engine leaves the arguments of the image out then.
    assert.deepEqual(names(asked, config({ entrypoint: ['/q'], cmd: [] }), {}, image), []);
    assert.deepEqual(names(asked, config({ entrypoint: ['/q'], cmd: ['b'] }), {}, image), ['arguments']);
    assert.deepEqual(names({ cmd: ['x'] }, config({ ...image, cmd: ['x'] }), {}, image), []);
    assert.deepEqual(names({ cmd: [] }, config(image), {}, image), ['arguments']);
    assert.deepEqual(names({}, config(image)), [], 'nothing is known of the image');
    // So a Podman before 5 tells of an entrypoint.
    assert.deepEqual(names({}, config({ ...image, entrypoint: ['/p a'] }), {}, image), []);
  });

  it('has the name, the folder and the host name of the request', () => {
    assert.deepEqual(names({ name: 'a' }, {}), []);
    assert.deepEqual(names({ name: 'b' }, {}), ['name']);
    assert.deepEqual(names({ hostname: 'h' }, config({ hostname: 'h' })), []);
    assert.deepEqual(names({ hostname: 'h' }, config({ hostname: 'g' })), ['hostname']);
    assert.deepEqual(names({}, config({ hostname: 'g' })), []);
    const folder = (workingDirectory: string) => config({ workingDirectory });
    assert.deepEqual(names({}, folder('/x')), [], 'nothing is known of the image');
    assert.deepEqual(names({}, folder('/x'), {}, { workingDirectory: '/x/' }), []);
    assert.deepEqual(names({}, folder('/x'), {}, { workingDirectory: '/y' }), ['working directory']);
    assert.deepEqual(names({}, folder('/x'), {}, {}), ['working directory']);
    assert.deepEqual(names({}, folder('/'), {}, {}), []);
    assert.deepEqual(names({ workingDirectory: '/x' }, folder('/x'), {}, { workingDirectory: '/y' }), []);
    assert.deepEqual(names({ workingDirectory: '/x' }, folder('/y')), ['working directory']);
  });

  it('has no terminal and no stdin unless it was asked for', () => {
    assert.deepEqual(names({}, config({ tty: true, openStdin: true })), ['terminal', 'stdin']);
    assert.deepEqual(names({ tty: true, openStdin: true }, config({ tty: true, openStdin: true })), []);
    assert.deepEqual(names({ tty: true, openStdin: true }, {}), ['terminal', 'stdin']);
  });

  it('is ended as it was asked for', () => {
    assert.deepEqual(names({ stopSignal: 'term' }, config({ stopSignal: 'SIGTERM' })), []);
    assert.deepEqual(names({ stopSignal: 'XSIGTERM' }, config({ stopSignal: 'XTERM' })), ['stop signal']);
    assert.deepEqual(names({}, config({ stopSignal: 'SIGKILL' })), []);
    assert.deepEqual(names({ stopTimeout: 5 }, config({ stopTimeout: 5 })), []);
    assert.deepEqual(names({ stopTimeout: 5 }, config({ stopTimeout: 10 })), ['stop timeout']);
    assert.deepEqual(names({}, config({ stopTimeout: 10 })), []);
    assert.deepEqual(names({ init: true }, { init: true }), []);
    assert.deepEqual(names({ init: true }, { init: false }), ['init']);
    assert.deepEqual(names({}, { init: true }), []);
  });

  it('has no health check where none was wanted', () => {
    const none = { noHealthcheck: true };
    assert.deepEqual(names(none, config({ healthcheck: ['NONE'] })), []);
    assert.deepEqual(found(none, config({ healthcheck: ['CMD', 'x'] })), [
      { setting: 'health check', asked: 'none', made: 'one that is run' },
    ]);
    for (const noHealthcheck of [undefined, false])
      assert.deepEqual(names({ noHealthcheck }, config({ healthcheck: ['CMD', 'x'] })), []);
  });
});

describe('variables of a container', () => {
  const env = (...list: string[]) => config({ env: list });

  it('are those of the image and of the request', () => {
    const image = { env: ['A=1', 'B=2'] };
    assert.deepEqual(names({ env: { B: '3' } }, env('A=1', 'B=3'), {}, image), []);
    assert.deepEqual(found({ env: { B: '3' } }, env('A=1', 'B=2'), {}, image), [
      { setting: 'environment B', asked: 'a value', made: 'another one' },
    ]);
    assert.deepEqual(found({}, env('A=1'), {}, image), [
      { setting: 'environment B', asked: 'a value', made: 'nothing' },
    ]);
    assert.deepEqual(found({}, env('A=1', 'B=2', 'C'), {}, image), [
      { setting: 'environment C', asked: 'nothing', made: 'a value' },
    ]);
    assert.deepEqual(names({ env: { C: '' } }, env('A=1', 'B=2', 'C'), {}, image), []);
    assert.deepEqual(names({ env: { C: 'a=b' } }, env('A=1', 'B=2', 'C=a=b'), {}, image), []);
    assert.deepEqual(names({}, env('A=1')), [], 'nothing is known of the image');
  });

  it('may have a name of nothing', () => {
    assert.deepEqual(found({}, env('=y'), {}, { env: ['=x'] }), [
      { setting: 'environment ', asked: 'a value', made: 'another one' },
    ]);
  });

  it('may be more on a Podman: its own, and those of its proxies', () => {
    for (const name of [
      'PATH',
      'TERM',
      'HOME',
      'HOSTNAME',
      'container',
      'http_proxy',
      'NO_PROXY',
      'FTP_PROXY',
    ]) {
      assert.deepEqual(names({}, env(`${name}=x`), podman(), {}), [], name);
      assert.deepEqual(names({}, env(`${name}=x`), {}, {}), [`environment ${name}`], name);
      const asked = { env: { [name]: 'y' } };
      assert.deepEqual(names(asked, env(`${name}=x`), podman(), {}), [`environment ${name}`]);
    }
    for (const name of ['PATHS', 'XPATH', 'x_proxy'])
      assert.deepEqual(names({}, env(`${name}=x`), podman(), {}), [`environment ${name}`]);
  });
});

describe('labels of a container', () => {
  const labels = (map: Record<string, string>) => config({ labels: map });

  it('are those of the image and of the request', () => {
    const image = { labels: { a: '1', b: '2' } };
    assert.deepEqual(names({ labels: { b: '3' } }, labels({ a: '1', b: '3' }), {}, image), []);
    assert.deepEqual(found({}, labels({ a: '1', b: '3', c: '' }), {}, image), [
      { setting: 'labels b', asked: 'a value', made: 'another one' },
      { setting: 'labels c', asked: 'nothing', made: 'another one' },
    ]);
    assert.deepEqual(found({}, labels({ a: '1' }), {}, image), [
      { setting: 'labels b', asked: 'a value', made: 'nothing' },
    ]);
    assert.deepEqual(names({}, labels({ c: '' })), [], 'nothing is known of the image');
    assert.deepEqual(names({ labels: { c: '1' } }, labels({})), ['labels c']);
  });

  it('may be one more on a Podman that systemd runs', () => {
    const unit = labels({ PODMAN_SYSTEMD_UNIT: 'x' });
    assert.deepEqual(names({}, unit, podman(), {}), []);
    assert.deepEqual(names({}, unit, {}, {}), ['labels PODMAN_SYSTEMD_UNIT']);
    assert.deepEqual(names({}, labels({ PODMAN: 'x' }), podman(), {}), ['labels PODMAN']);
  });
});
