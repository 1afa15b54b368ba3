/**
 * Keeps node:test of Node.js 20 from following every promise of a test through async_hooks, which takes a fifth of the time of
 * a processor that tests have. What is lost is whose fault a late error is: an error that nobody caught fails its file, and no
 * longer the test that was running. Loaded before a test file, with `--import`.
 */
import asyncHooks from 'node:async_hooks';
import process from 'node:process';

if (process.versions.node.startsWith('20.')) {
  const { AsyncResource, createHook } = asyncHooks;
  /** Tells the runner of each resource, as the hook would. */
  let noticed;
  asyncHooks.AsyncResource = class extends AsyncResource {
    constructor(type, options) {
      super(type, options);
      noticed?.(this.asyncId(), type, this.triggerAsyncId(), this);
    }
  };
  asyncHooks.createHook = ({ init }) => ({
    enable() {
      noticed = init;
    },
    disable() {
      noticed = undefined;
    },
  });
  // The runner takes both when it is loaded. They are what they were for everybody else.
  await import('node:test');
  Object.assign(asyncHooks, { AsyncResource, createHook });
}
