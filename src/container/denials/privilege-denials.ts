/** Capabilities, system calls and new privileges that a plugin does not have. */
import { pathIn, type Denial } from './denial.ts';

const denied = /operation not permitted|\bEPERM\b|permission denied|\bEACCES\b/i;

interface Deed {
  readonly words: RegExp;
  readonly capabilities: readonly string[];
  /** Who may only do it, in words for the hint. */
  readonly deed: string;
}

/** What needs a capability, by the words of programs that are refused it. */
const deeds: readonly Deed[] = [
  {
    words:
      /(?:set(?:res)?uid|set(?:res)?gid|setgroups|setreuid|setregid|set groups|set uid|set gid|switching to|initgroups)\b/i,
    capabilities: ['SETUID', 'SETGID'],
    deed: 'become another user',
  },
  {
    words: /\b(?:l|f)?chown|changing (?:ownership|group)/i,
    capabilities: ['CHOWN'],
    deed: 'give files to other users',
  },
  {
    words: /\b(?:chmod|utimes?|utimensat|setting times|changing permissions)\b/i,
    capabilities: ['FOWNER'],
    deed: 'change files of other users',
  },
  {
    words:
      /\bSOCK_RAW\b|ip[46]:(?:icmp|ip)|raw socket|\bping\d?: (?:permission denied|socket|.*socktype)|\bicmp\b.*socket: /i,
    capabilities: ['NET_RAW'],
    deed: 'open raw sockets',
  },
  {
    words:
      /RTNETLINK answers|\b(?:iptables|nft|ip6tables)\b|\bip(?: |: )(?:link|addr|route|ioctl)|\bTUNSETIFF\b/i,
    capabilities: ['NET_ADMIN'],
    deed: 'change its network',
  },
  { words: /\bchroot\b/i, capabilities: ['SYS_CHROOT'], deed: 'change its root directory' },
  { words: /\bmknod\b/i, capabilities: ['MKNOD'], deed: 'make devices' },
  {
    words: /\b(?:clock_)?settime(?:ofday)?\b|\badjtimex?\b|can't set (?:date|time)|cannot set date/i,
    capabilities: ['SYS_TIME'],
    deed: 'set the clock',
  },
  {
    words: /\bsetpriority\b|\bnice\b|\bsched_set\w+|\b[gs]et_mempolicy\b|\bmbind\b|\bmove_pages\b/i,
    capabilities: ['SYS_NICE'],
    deed: 'raise its priority',
  },
  {
    words: /\bsetcap\b|unable to set CAP_SETFCAP/i,
    capabilities: ['SETFCAP'],
    deed: 'give capabilities to files',
  },
  { words: /\bbpf\b/i, capabilities: ['BPF'], deed: 'load programs into the kernel' },
  { words: /\bperf_event_open\b/i, capabilities: ['PERFMON'], deed: 'measure the machine' },
  {
    words: /\bopen_by_handle_at\b/i,
    capabilities: ['DAC_READ_SEARCH'],
    deed: 'open files of any folder',
  },
  { words: /\bptrace\b/i, capabilities: ['SYS_PTRACE'], deed: 'look into other processes' },
  {
    words: /\b(?:setrlimit|prlimit)\b|error setting limit/i,
    capabilities: ['SYS_RESOURCE'],
    deed: 'raise its limits',
  },
  {
    words: /\b(?:u?mount|unshare|setns|pivot_root|sethostname)\b/i,
    capabilities: ['SYS_ADMIN'],
    deed: 'mount file systems or make namespaces',
  },
];

const missingCapability: Denial = {
  words: denied,
  hint(line, given, found) {
    const before = line.slice(0, found.index + found[0].length);
    const port = privilegedPort(line);
    const deed: Deed | undefined =
      port === undefined
        ? deeds.find(({ words }) => words.test(line) && isAbout(words, line, before))
        : { words: denied, capabilities: ['NET_BIND_SERVICE'], deed: `listen on port ${port}` };
    if (deed === undefined) return undefined;
    const missing = deed.capabilities.filter((name) => !given.capabilities.includes(name));
    if (missing.length === 0) return undefined;
    const list = missing.map((name) => `'${name}'`).join(', ');
    if (missing.includes('SETUID') || missing.includes('SETGID')) {
      return `The plugin has no capability to ${deed.deed}: leave out what changes the user (su-exec, gosu), and name the user with \`user\`; or give it \`capAdd: [${list}]\`.`;
    }
    const byFile =
      given.uid === 0 ? '' : ' A user other than root also needs it as a file capability of the program.';
    return `The plugin has no capability to ${deed.deed}: give it \`capAdd: [${list}]\`.${byFile}`;
  },
};

/** Node.js names the call after the reason; everybody else names it before. */
function isAbout(words: RegExp, line: string, before: string): boolean {
  return words.test(before) || /\bE(?:PERM|ACCES)\b/.test(line);
}

/** A port below 1024 that a line tells was refused to a listener. */
function privilegedPort(line: string): number | undefined {
  const listens = /\blisten\b.*?:(\d{1,5})\b/i.exec(line) ?? /\bbind\b.*?(?::| port )(\d{1,5})\b/i.exec(line);
  const port = Number(listens?.[1]);
  return port > 0 && port < 1024 ? port : undefined;
}

const noNewPrivileges: Denial = {
  words:
    /no new privileges|effective uid is not 0|must be suid to work|must be setuid root|not installed setuid|is sudo installed setuid/i,
  hint: (_line, given) =>
    given.noNewPrivileges
      ? 'No program gains privileges in the container, so sudo and su can do nothing: leave them out, and name the user with `user`; or allow it with `noNewPrivileges: false`.'
      : undefined,
};

/** System calls that the engines' profiles refuse to programs with any capability. */
const filteredCalls = /\b(?:keyctl|add_key|request_key|io_uring\w*|userfaultfd)\b/i;

const filtered: Denial = {
  words:
    /operation not permitted|\bEPERM\b|function not implemented|\bENOSYS\b|not implemented \(os error 38\)/i,
  hint(line, given, found) {
    const isUnknown = /not implemented|ENOSYS/i.test(found[0]);
    if (given.gvisor) {
      return isUnknown
        ? "gVisor does not know this system call: run the plugin with `runtime: 'runc'`, or let it do without."
        : undefined;
    }
    if (!given.seccomp || (!isUnknown && !filteredCalls.test(line))) return undefined;
    return "The engine's seccomp profile refuses this system call: let the plugin do without, or allow every call with `seccomp: 'unconfined'`.";
  },
};

/** Root without capabilities may not read or write what belongs to others, as it is used to. */
const otherUsersFiles: Denial = {
  words: /permission denied|\bEACCES\b/i,
  hint(line, given, found) {
    if (given.uid !== 0 || given.capabilities.includes('DAC_OVERRIDE')) return undefined;
    // gVisor says so of a read-only file system, too.
    if (given.gvisor && given.readOnlyRoot) return undefined;
    const isAboutFile =
      /\b(?:open|create|mkdir|mkdtemp|touch|unlink|rename|l?stat|opendir|scandir)\b|PermissionError/i;
    if (pathIn(line, found) === undefined || !isAboutFile.test(line)) return undefined;
    return "The plugin is root without capabilities, and may not use files of other users: run it as their owner with `user`, or give it `capAdd: ['DAC_OVERRIDE']`.";
  },
};

export const privilegeDenials: readonly Denial[] = [noNewPrivileges, missingCapability, filtered];
export const ownershipDenials: readonly Denial[] = [otherUsersFiles];
