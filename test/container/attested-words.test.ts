/** How mounts are compared, word by word, and what the error for a difference tells. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { attest, AttestationError } from '../../src/container/attestation.ts';
import type { InspectedContainer, Mount } from '../../src/engine/index.ts';
import { readAnswer, recordedAnswers } from './recorded-answers.ts';

type Made = InspectedContainer['mounts'][number];

const [first] = recordedAnswers;
assert.ok(first);
const [, recorded] = first;
const made = readAnswer(recorded.engine.kind, recorded.answer);

/** The differences when a request has this mount, and the container that one. */
function mountDiffers(asked: Mount | undefined, told: Partial<Made> | undefined) {
  const whole = { source: '', readOnly: false, propagation: '', options: [], ...told } as unknown as Made;
  return attest(
    { ...recorded.request, mounts: asked === undefined ? [] : [asked] },
    { ...made, mounts: told === undefined ? [] : [whole] },
    { engine: recorded.engine, image: recorded.image },
  );
}

describe('a folder of the host in a container', () => {
  const asked = { type: 'bind', source: '/host/x', target: '/in' } as const;
  const told = { type: 'bind', source: '/host/x', target: '/in' } as const;
  const part = 'mount /in';

  it('is writable and shares no later mounts unless it was asked to', () => {
    assert.deepEqual(mountDiffers(asked, told), []);
    assert.deepEqual(mountDiffers(asked, { ...told, propagation: 'rprivate' }), []);
    assert.deepEqual(mountDiffers(asked, { ...told, readOnly: true }), [
      { setting: part, asked: 'bind /host/x writable rprivate', made: 'bind /host/x read-only rprivate' },
    ]);
    assert.deepEqual(mountDiffers({ ...asked, readOnly: true }, { ...told, readOnly: true }), []);
    assert.equal(mountDiffers({ ...asked, readOnly: true }, told).length, 1);
  });

  it('shares later mounts as it was asked to', () => {
    assert.equal(mountDiffers(asked, { ...told, propagation: 'rshared' }).length, 1);
    const shared = { ...asked, propagation: 'rslave' } as const;
    assert.deepEqual(mountDiffers(shared, { ...told, propagation: 'rslave', options: ['rslave'] }), []);
    assert.equal(mountDiffers(shared, { ...told, propagation: 'rslave', options: ['rshared'] }).length, 1);
    assert.equal(mountDiffers(shared, told).length, 1);
  });

  it('has a label for SELinux only where one was asked for', () => {
    for (const [relabel, word] of [
      ['shared', 'z'],
      ['private', 'Z'],
    ] as const) {
      assert.deepEqual(mountDiffers({ ...asked, relabel }, { ...told, options: [word] }), []);
      assert.equal(mountDiffers(asked, { ...told, options: [word] }).length, 1);
      assert.equal(mountDiffers({ ...asked, relabel }, { ...told, options: ['x'] }).length, 1);
    }
  });

  it('may have options that say nothing or forbid, and no others', () => {
    const options = ['rbind', 'rw', 'rprivate', 'nosuid', 'nodev', 'noexec'];
    assert.deepEqual(mountDiffers(asked, { ...told, options }), []);
    assert.deepEqual(mountDiffers(asked, { ...told, options: ['rbind', 'dev', 'U'] }), [
      {
        setting: part,
        asked: 'bind /host/x writable rprivate',
        made: 'bind /host/x writable rprivate dev U',
      },
    ]);
  });

  it('is the one that was asked for, and of that kind', () => {
    assert.equal(mountDiffers(asked, { ...told, source: '/host/y' }).length, 1);
    assert.equal(mountDiffers(asked, { ...told, type: 'volume' }).length, 1);
    assert.deepEqual(mountDiffers(asked, undefined), [
      { setting: part, asked: 'bind /host/x writable rprivate', made: 'nothing' },
    ]);
    assert.deepEqual(mountDiffers(undefined, told), [
      { setting: part, asked: 'nothing', made: 'bind /host/x writable rprivate' },
    ]);
    assert.deepEqual(mountDiffers({ ...asked, source: '/' }, { ...told, source: '/' }), []);
  });
});

describe('memory that is mounted in a container', () => {
  const told = (...options: string[]) => ({ type: 'tmpfs', target: '/in', options }) as const;
  const asked = (more: object = {}) => ({ type: 'tmpfs', target: '/in', ...more }) as const;
  const plain = ['rw', 'nosuid', 'nodev', 'noexec'];

  it('has the size and the mode that were asked for, in whatever unit and with however many digits', () => {
    for (const [sizeBytes, words] of [
      [64 << 20, ['67108864', '65536k', '64m', '65536K', '64M']],
      [1 << 30, ['1g', '1024m']],
      [1000, ['1000']],
    ] as const) {
      for (const size of words)
        assert.deepEqual(
          mountDiffers(asked({ sizeBytes, mode: 0o700 }), told(...plain, `size=${size}`, 'mode=700')),
          [],
          size,
        );
      assert.equal(
        mountDiffers(asked({ sizeBytes: sizeBytes + 1 }), told(...plain, `size=${words[0]}`, 'mode=1777'))
          .length,
        1,
      );
    }
    assert.deepEqual(mountDiffers(asked(), told(...plain, 'mode=1777')), []);
    assert.equal(mountDiffers(asked(), told(...plain, 'mode=0777')).length, 1);
    assert.equal(mountDiffers(asked({ mode: 0o700 }), told(...plain)).length, 1);
  });

  it('has no options that allow more, and may have some that say nothing', () => {
    const more = ['rprivate', 'notmpcopyup', 'relatime', 'tmpfs'];
    assert.deepEqual(mountDiffers(asked(), told(...more, ...plain, 'mode=1777')), []);
    for (const without of ['nosuid', 'nodev', 'noexec'])
      assert.equal(
        mountDiffers(asked(), told(...plain.filter((each) => each !== without), 'mode=1777')).length,
        1,
        without,
      );
    assert.equal(mountDiffers(asked(), told(...plain, 'mode=1777', 'tmpcopyup')).length, 1);
  });
});

describe('what a request leaves to the image', () => {
  type Config = typeof made.config;
  const image = recorded.image;
  assert.ok(image);
  const settings = (asked: object, ofImage: object, told: Partial<Config>) =>
    attest(
      { ...recorded.request, ...asked },
      { ...made, config: { ...made.config, ...told } },
      { engine: recorded.engine, image: { ...image, config: { ...image.config, ...ofImage } } },
    ).map(({ setting }) => setting);

  it('is the user of the image, and not where the request names one', () => {
    assert.deepEqual(settings({ user: undefined }, { user: '5' }, { user: '5' }), []);
    assert.deepEqual(settings({ user: undefined }, { user: '5' }, { user: '6' }), ['user']);
    assert.deepEqual(settings({ user: '6' }, { user: '5' }, { user: '6' }), []);
    assert.deepEqual(settings({ user: '6' }, { user: '5' }, { user: '5' }), ['user']);
  });

  it('is its program, and not where the request names one', () => {
    const ofImage = { entrypoint: ['/p'] };
    const cmd = { cmd: ['x'] };
    const asked = { entrypoint: ['/q'], ...cmd };
    assert.deepEqual(settings(asked, ofImage, { entrypoint: ['/q'], ...cmd }), []);
    assert.deepEqual(settings(asked, ofImage, { entrypoint: ['/p'], ...cmd }), ['entrypoint']);
  });

  it('are its variables with each of their values, and no other value', () => {
    const env = (...own: readonly string[]) => ({ env: [...made.config.env, ...own] });
    const ofImage = { env: [...image.config.env, 'A=1', 'A=2', 'B=3', 'C'] };
    const told = (...own: readonly string[]) => settings({}, ofImage, env(...own));
    assert.deepEqual(told('A=1', 'A=2', 'B=3', 'C='), []);
    assert.deepEqual(told('A=2', 'B=3', 'C'), []);
    assert.deepEqual(told('A=3', 'B=3', 'C'), ['environment A']);
    assert.deepEqual(told('A=2', 'B=2', 'C'), ['environment B']);
    assert.deepEqual(told('A=2', 'B=3', 'C=1'), ['environment C']);
    assert.deepEqual(told('A=2', 'B=3'), ['environment C']);
  });
});

describe('the error for a container that differs', () => {
  const differences = [
    { setting: 'runtime', asked: 'runsc', made: 'runc' },
    { setting: 'mount /in', asked: 'nothing', made: 'bind / writable rprivate' },
  ];
  const engine = { kind: 'docker', version: '28.5.2' } as const;

  it('names the engine and every difference, and what became of the container', () => {
    const error = new AttestationError(engine, differences);
    assert.equal(error.name, 'AttestationError');
    assert.equal(error.code, 'ATTESTATION_FAILED');
    assert.deepEqual(error.differences, differences);
    // By this, another copy of the package knows it.
    assert.ok(Symbol.for('bulkhead.error.AttestationError') in error);
    assert.equal(
      error.message,
      'docker 28.5.2 created a container that differs from the request: runtime: asked runsc, made runc; mount /in: asked nothing, made bind / writable rprivate',
    );
    assert.match(error.hint ?? '', /^The container was not started\. For runtime: /);
    const started = new AttestationError(engine, differences, { started: true });
    assert.match(started.hint ?? '', /^The container was ended before anything was sent to it\. For /);
  });
});
