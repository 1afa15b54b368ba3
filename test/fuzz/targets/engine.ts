/** What an engine answers. */
import assert from 'node:assert/strict';
import { parseErrorBody } from '../../../src/engine/codec/error-body.ts';
import { JsonLines } from '../../../src/engine/codec/json-lines.ts';
import { parsePathStat } from '../../../src/engine/codec/path-stat.ts';
import { parseProgressLine } from '../../../src/engine/codec/progress.ts';
import { EngineStreamError, RawStream, RawStreamError } from '../../../src/engine/codec/raw-stream.ts';
import { createdContainerSchema } from '../../../src/engine/containers/create/create-container.ts';
import { dockerInspectSchema } from '../../../src/engine/containers/inspect/docker-inspect-schema.ts';
import { listedByPodmanSchema } from '../../../src/engine/containers/list-as-podman.ts';
import { listContainersSchema } from '../../../src/engine/containers/list-containers.ts';
import { podmanInspectSchema } from '../../../src/engine/containers/inspect/podman-inspect-schema.ts';
import { topSchema } from '../../../src/engine/containers/top-container.ts';
import { waitSchema } from '../../../src/engine/containers/wait-container.ts';
import { imageHistorySchema } from '../../../src/engine/images/image-history.ts';
import { inspectImageSchema } from '../../../src/engine/images/inspect-image.ts';
import { listImagesSchema } from '../../../src/engine/images/list-images.ts';
import { removeImageSchema } from '../../../src/engine/images/remove-image.ts';
import { diskUsageSchema } from '../../../src/engine/system/disk-usage.ts';
import { eventSchema } from '../../../src/engine/system/events.ts';
import { dockerInfoSchema, podmanInfoSchema } from '../../../src/engine/system/info.ts';
import { versionSchema } from '../../../src/engine/system/version.ts';
import { bounded, sameHoweverCut } from '../properties.ts';
import type { FuzzTarget } from '../target.ts';
import { jsonWords } from './json-words.ts';

const schemas = {
  createdContainerSchema,
  dockerInspectSchema,
  listContainersSchema,
  listedByPodmanSchema,
  podmanInspectSchema,
  topSchema,
  waitSchema,
  imageHistorySchema,
  inspectImageSchema,
  listImagesSchema,
  removeImageSchema,
  diskUsageSchema,
  eventSchema,
  dockerInfoSchema,
  podmanInfoSchema,
  versionSchema,
};

const answers = [
  '{"Id":"sha256:aa","RepoTags":["a:1"],"RepoDigests":null,"Created":"2024-01-02T03:04:05Z","Architecture":"amd64","Os":"linux","Size":5,"Config":{"User":"1:1","Env":["A=b"],"Entrypoint":["/p"],"Labels":{"a":"b"},"ExposedPorts":{"80/tcp":{}}},"RootFS":{"Layers":["sha256:bb"]}}',
  '{"Id":"c","Name":"/n","Created":"2024-01-02T03:04:05Z","Image":"sha256:aa","State":{"Status":"running","Running":true,"Pid":1,"ExitCode":0,"OOMKilled":false},"Config":{"User":"","Labels":{}},"HostConfig":{"Runtime":"runc","CapDrop":["ALL"]},"Mounts":[]}',
  '[{"Id":"c","Names":["/n"],"Image":"a","ImageID":"sha256:aa","State":"running","Status":"Up","Created":1700000000,"Labels":{"a":"b"}}]',
  '{"Type":"container","Action":"die","Actor":{"ID":"c","Attributes":{"exitCode":"1"}},"timeNano":"1700000000000000000"}',
  '{"ID":"x","Driver":"overlay2","DriverStatus":[["a","b"]],"MemTotal":1,"NCPU":2,"SecurityOptions":["name=seccomp,profile=default"],"Runtimes":{"runc":{"path":"runc"}},"DefaultRuntime":"runc","CgroupVersion":"2","CgroupDriver":"systemd","KernelVersion":"6","OperatingSystem":"Debian"}',
  '{"StatusCode":137,"Error":null}',
];

function json(input: Buffer): unknown {
  return JSON.parse(input.toString('utf8'));
}

function rawFrame(stream: number, text: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(text.length, 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

const jsonError = [SyntaxError] as const;

export const engineTargets: readonly FuzzTarget[] = [
  {
    name: 'engine-json',
    run(input) {
      const value = json(input);
      for (const schema of Object.values(schemas)) schema.safeParse(value);
    },
    allowed: jsonError,
    seeds: () => answers.map((answer) => Buffer.from(answer)),
    words: [
      ...jsonWords,
      '"Id":',
      '"Labels":',
      '"State":',
      '"Config":',
      '"Created":',
      '"0001-01-01T00:00:00Z"',
    ],
  },
  {
    name: 'json-lines',
    run(input) {
      const values = sameHoweverCut(input, (parts) => {
        const lines = new JsonLines({ longestLine: 4096 });
        return [...parts.flatMap((part) => lines.push(part)), ...lines.end()];
      });
      const expected = input
        .toString('utf8')
        .split('\n')
        .filter((line) => line.trim() !== '');
      assert.equal(values.length, expected.length);
    },
    allowed: jsonError,
    seeds: () => [
      Buffer.from('{"status":"one","id":"a"}\r\n\n{"stream":"two\\n"}\n[1]'),
      Buffer.from('7\n"x"\n'),
    ],
    words: [...jsonWords, '\n', '\r\n', '\n\n'],
  },
  {
    name: 'raw-stream',
    run(input) {
      const read = sameHoweverCut(input, (parts) => {
        const stream = new RawStream();
        const output = { stdout: '', stderr: '', complete: false };
        for (const part of parts) {
          for (const piece of stream.push(part))
            output[piece.stream] += Buffer.from(piece.data).toString('latin1');
        }
        return { ...output, complete: stream.complete };
      });
      bounded('payloads', read.stdout.length + read.stderr.length, input, 1, 0);
    },
    allowed: [RawStreamError, EngineStreamError],
    seeds: () => [
      Buffer.concat([
        rawFrame(1, 'out'),
        rawFrame(2, 'err'),
        rawFrame(1, ''),
        rawFrame(0, 'in'),
        rawFrame(1, 'more'),
      ]),
      Buffer.concat([rawFrame(1, 'out'), rawFrame(3, 'the engine failed')]),
    ],
    words: [rawFrame(1, ''), rawFrame(2, 'x'), rawFrame(3, ''), Buffer.from('01000000ffffffff', 'hex')],
  },
  {
    name: 'progress',
    run(input) {
      const line = parseProgressLine(json(input));
      assert.ok(['progress', 'error', 'result'].includes(line.kind));
    },
    allowed: jsonError,
    seeds: () => [
      Buffer.from('{"status":"Loading","progressDetail":{"current":1,"total":2},"id":"a"}'),
      Buffer.from('{"errorDetail":{"message":"no"},"error":"no"}'),
      Buffer.from('{"aux":{"ID":"sha256:aa"}}'),
    ],
    words: [...jsonWords, '"errorDetail":', '"aux":', '"stream":', '"progressDetail":', '"message":'],
  },
  {
    name: 'error-body',
    run(input) {
      const { message, cause = '' } = parseErrorBody(input.toString('utf8'));
      bounded('text', message.length + cause.length, input, 2);
    },
    allowed: [],
    seeds: () => [
      Buffer.from('{"cause":"x","message":"no such image","response":404}'),
      Buffer.from('<!DOCTYPE html><title>Bad Gateway</title>'),
      Buffer.from('plain text'),
    ],
    words: [...jsonWords, '<title>', '<html', '"message":', '"errorDetail":'],
  },
  {
    name: 'path-stat',
    run(input) {
      const { mode, modifiedAt, sizeBytes } = parsePathStat(input.toString('base64'));
      assert.ok(mode >= 0 && mode <= 0o7777);
      assert.ok(Number.isSafeInteger(sizeBytes) && sizeBytes >= 0);
      assert.ok(!Number.isNaN(modifiedAt.getTime()));
    },
    allowed: jsonError,
    seeds: () => [
      Buffer.from(
        '{"name":"x","size":4096,"mode":2147484141,"mtime":"2024-01-02T03:04:05Z","linkTarget":"/a"}',
      ),
    ],
    words: [...jsonWords, '"mode":', '"size":', '"mtime":', '134218239'],
  },
];
