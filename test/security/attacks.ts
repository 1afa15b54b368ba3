/** The attacks, as data: who does what, and what the host does meanwhile. */
import type { Language } from './attacker-images.ts';

/** What the host does with the attacker once it runs; an attacker's call lasts as long as its attack. */
export type HostAct =
  /** Calls it. */
  | 'call'
  /** Calls it with a message of 8 MiB. */
  | 'put'
  /** Asks for its health. */
  | 'health'
  /** Shares many sockets with it, while it is called. */
  | 'share'
  /** Shares one socket with it, and calls it. */
  | 'serve'
  /** Asks it to describe itself. */
  | 'reflect'
  /** Calls it by a definition of lists within a message. */
  | 'decode'
  /** Calls it while somebody follows its logs, as `bulkhead logs -f` does, and reads nothing. */
  | 'follow'
  /** Looks at the engine, as every launch does, while it runs. */
  | 'look';

export interface Attack {
  readonly name: string;
  readonly language: Language;
  readonly act: HostAct;
  readonly title: string;
  /** Only as this user in the container; default: as root and as uid 1000. */
  readonly user?: '0:0' | '1000:1000';
  /** The program to start in place of the image's, one of its names. */
  readonly disguised?: true;
  readonly multiplex?: true;
  readonly memoryBytes?: number;
  /** What counts as gained only where the container's own kernel is the host's: gVisor's is another one. */
  readonly kernel?: true;
  /** What nothing stops on a rootless engine, whose host can neither mount nor rely on cgroups. */
  readonly tolerated?: RegExp;
  /** What the host has to say of it. */
  readonly ends?: RegExp;
  /** Only a mount of the host stops it, so that it is tolerated too where the engine sees none: see SECURITY.md. */
  readonly stoppedByMount?: true;
}

const ts = 'typescript';

export const attacks: readonly Attack[] = [
  // The handshake
  { name: 'handshake-endless', language: ts, act: 'call', title: 'prints a handshake line without an end' },
  {
    name: 'handshake-controls',
    language: ts,
    act: 'call',
    title: 'prints a handshake line of control characters',
  },
  {
    name: 'handshake-elsewhere',
    language: ts,
    act: 'call',
    title: 'says that it listens on a socket of the host',
  },
  {
    name: 'handshake-upwards',
    language: ts,
    act: 'call',
    title: 'says that it listens above the shared folder',
  },
  { name: 'handshake-certificate', language: ts, act: 'call', title: 'prints a certificate of 2 MB' },
  {
    name: 'handshake-another-certificate',
    language: ts,
    act: 'call',
    title: 'prints a certificate that is not its own',
  },
  { name: 'handshake-no-socket', language: ts, act: 'call', title: 'names a socket that is not there' },
  { name: 'exit-in-handshake', language: ts, act: 'call', title: 'ends within its handshake line' },
  // What it prints
  { name: 'stderr-endless', language: ts, act: 'call', title: 'prints on stderr without an end of a line' },
  { name: 'log-deep', language: ts, act: 'call', title: 'logs a message that is 20,000 deep' },
  { name: 'log-wide', language: ts, act: 'call', title: 'logs messages of 20,000 fields' },
  { name: 'log-flood', language: ts, act: 'call', title: 'logs 90 MB' },
  { name: 'log-controls', language: ts, act: 'call', title: 'logs control characters' },
  { name: 'log-prototype', language: ts, act: 'call', title: 'logs fields named as parts of objects' },
  { name: 'stdio-flood', language: ts, act: 'call', title: 'sends prints as fast as it can' },
  {
    name: 'log-flood',
    language: ts,
    act: 'follow',
    title: 'logs 90 MB while a reader of its logs stands still',
  },
  {
    name: 'stdio-flood',
    language: ts,
    act: 'follow',
    title: 'prints as fast as it can while a reader of its logs stands still',
  },
  { name: 'stdio-huge', language: ts, act: 'call', title: 'sends one print of 1 GiB' },
  // Messages, streams, connections
  { name: 'broker-message', language: ts, act: 'call', title: 'sends a broker message of 24 million fields' },
  { name: 'broker-huge', language: ts, act: 'call', title: 'sends a broker message of 1 GiB' },
  {
    name: 'broker-announcements',
    language: ts,
    act: 'call',
    title: 'announces 1,500 services with 1 MB each',
  },
  { name: 'broker-many', language: ts, act: 'call', title: 'announces 200,000 services' },
  {
    name: 'broker-connections',
    language: ts,
    act: 'serve',
    title: 'opens 10,000 connections to a socket of the host',
  },
  {
    name: 'broker-streams',
    language: ts,
    act: 'serve',
    title: 'opens 50,000 streams to a service of the host',
  },
  {
    name: 'knocks',
    language: 'go',
    act: 'call',
    multiplex: true,
    title: 'knocks without reading the answers',
  },
  { name: 'health-huge', language: ts, act: 'health', title: 'is healthy in 1 GiB' },
  { name: 'reply-huge', language: ts, act: 'call', title: 'replies with 1 GiB' },
  {
    name: 'reply-nested',
    language: ts,
    act: 'decode',
    title: 'replies with 31 million messages within one of 62 MB',
    ends: /^PLUGIN_LIMIT: .*limit valuesOfMessage/,
  },
  {
    name: 'reply-packed',
    language: ts,
    act: 'decode',
    title: 'replies with 62 million numbers within one message of 62 MB',
    ends: /^PLUGIN_LIMIT: .*limit valuesOfMessage/,
  },
  { name: 'reply-headers', language: ts, act: 'call', title: 'replies with 6 MB of headers' },
  { name: 'never-reads', language: ts, act: 'put', title: 'never reads what it is sent' },
  { name: 'call-abandoned', language: ts, act: 'call', title: 'ends in the midst of a call' },
  {
    name: 'reflection-bomb',
    language: ts,
    act: 'reflect',
    title: 'describes itself with 96,000 types',
    ends: /^REFLECTION_FAILED: /,
  },
  // The shared folder
  { name: 'names-many', language: ts, act: 'call', title: 'fills the shared folder with 100,000 names' },
  {
    name: 'disk-filled',
    language: 'go',
    act: 'call',
    title: 'fills the shared folder',
    tolerated: /of the host's disk/,
    stoppedByMount: true,
  },
  { name: 'setuid-left', language: 'go', act: 'call', title: 'leaves setuid programs and devices' },
  { name: 'links-swapped', language: 'go', act: 'share', title: 'swaps sockets of the host for links' },
  { name: 'links-left', language: ts, act: 'call', title: 'leaves links to files of the host' },
  { name: 'socket-replaced', language: ts, act: 'call', title: 'puts a link in the place of its own socket' },
  // The engine and the kernel
  {
    name: 'engine-forged',
    language: ts,
    act: 'look',
    user: '0:0',
    title: 'calls itself the engine (TypeScript)',
  },
  {
    name: 'engine-forged',
    language: 'go',
    act: 'look',
    user: '0:0',
    disguised: true,
    title: 'calls itself the engine (Go)',
  },
  {
    name: 'kernel',
    language: 'go',
    act: 'call',
    kernel: true,
    title: 'asks the kernel for more than it has',
  },
  {
    name: 'reach',
    language: 'go',
    act: 'call',
    title: 'reaches for networks, sockets and processes of others',
  },
  { name: 'signals', language: 'go', act: 'call', title: 'kills every process that it sees' },
  {
    name: 'processes',
    language: 'go',
    act: 'call',
    title: 'starts processes without an end',
    tolerated: /processes/,
  },
  {
    name: 'memory',
    language: 'go',
    act: 'call',
    memoryBytes: 256 * 2 ** 20,
    title: 'takes memory without an end',
  },
];
