/** A go-plugin plugin in TypeScript: a key/value store in memory. */
import { serve } from '../../src/goplugin/serve/serve.ts';
import { kvService } from './kv-service.ts';

await serve({
  handshake: { magicCookieKey: 'BASIC_PLUGIN', magicCookieValue: 'hello' },
  protocolVersions: [1],
  services: [kvService()],
});
