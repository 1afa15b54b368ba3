/** Run as a process of its own: answers every request on a unix socket with a list of twenty containers. */
import { createServer } from 'node:http';
import { dockerInfoAnswer } from '../../src/testing/engine-answers.ts';

const [socketPath = ''] = process.argv.slice(2);
const container = {
  Id: 'a'.repeat(64),
  Names: ['/web'],
  Image: 'localhost/web:1',
  ImageID: `sha256:${'b'.repeat(64)}`,
  Command: '/bin/web --port 80',
  Created: 1_700_000_000,
  State: 'running',
  Status: 'Up 5 minutes',
  Labels: { team: 'a', version: '1' },
};
const list = JSON.stringify(Array.from({ length: 20 }, () => container));
const info = JSON.stringify(dockerInfoAnswer('28.5.2'));
const headers = {
  'api-version': '1.51',
  server: 'Docker/28.5.2 (linux)',
  'content-type': 'application/json',
};
createServer((request, response) => {
  const { method, url = '' } = request;
  const body = url.endsWith('/info') ? info : url.includes('/containers/json') ? list : 'OK';
  response.writeHead(200, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(method === 'HEAD' ? undefined : body);
}).listen(socketPath, () => process.send?.('listening'));
