/** The calls that one plugin has of one mount, and the clients that it is called by. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MountedGeneration } from '../../../src/host/mounts/route.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

function used(client: (service: unknown) => unknown = () => ({})) {
  const [instance, generation] = [{}, { plugin: { client } }];
  return { instance, generation, use: new MountedGeneration(instance as never, generation as never) };
}

/** Whether the promise has been kept by the next turn. */
async function isKept(promise: Promise<void>): Promise<boolean> {
  let kept = false;
  void promise.then(() => (kept = true));
  await turn();
  return kept;
}

describe('the plugin of a mount', () => {
  it('is on its instance, and has no calls at first', async () => {
    const { use, instance, generation } = used();
    assert.equal(use.instance, instance);
    assert.equal(use.generation, generation);
    assert.equal(use.calls, 0);
    assert.ok(await isKept(use.idle()));
  });

  it('is idle when the last of its calls has ended, which all learn who wait for it', async () => {
    const { use } = used();
    use.enter();
    assert.equal(use.calls, 1);
    use.enter();
    const both = Promise.all([use.idle(), use.idle()]).then(() => undefined);
    use.leave();
    assert.equal(use.calls, 1);
    assert.equal(await isKept(both), false);
    assert.equal(await isKept(use.idle()), false);
    use.leave();
    assert.equal(use.calls, 0);
    assert.ok(await isKept(both));
    assert.ok(await isKept(use.idle()));
  });

  it('has one client for each service', () => {
    const made: unknown[] = [];
    const { use } = used((service) => {
      made.push(service);
      return { service };
    });
    const [one, other] = [{}, {}];
    const first = use.client(one);
    assert.deepEqual(first, { service: one });
    assert.equal(use.client(one), first);
    assert.notEqual(use.client(other), first);
    assert.equal(made.length, 2);
  });
});
