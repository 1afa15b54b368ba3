import { readFile } from 'node:fs/promises';

/** Install commands by the `ID` or `ID_LIKE` of os-release(5). */
const installers: readonly (readonly [RegExp, string])[] = [
  [/\b(debian|ubuntu)\b/, 'apt-get install -y'],
  [/\b(fedora|rhel|centos)\b/, 'dnf install -y'],
  [/\bsuse\b|\bopensuse\b/, 'zypper install -y'],
  [/\barch\b/, 'pacman -S --noconfirm'],
  [/\balpine\b/, 'apk add'],
];

const packaged = ['podman', 'crun', 'runc', 'runsc'];

/** Returns the command that installs `program` on this distribution, as a sentence. */
export async function installHint(program: string, osReleaseFile = '/etc/os-release'): Promise<string> {
  if (!packaged.includes(program)) return `Install ${program}, or choose another runtime.`;
  const release = await readFile(osReleaseFile, 'utf8').catch(() => '');
  const ids = [...release.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)"?$/gm)].map(([, value]) => value).join(' ');
  const installer = installers.find(([distribution]) => distribution.test(ids))?.[1];
  // gVisor is packaged by Debian and those that follow it; others get it from its own site.
  if (program === 'runsc' && installer?.startsWith('apt-get') !== true) {
    return 'Install runsc as https://gvisor.dev/docs/user_guide/install/ says.';
  }
  if (installer === undefined) return `Install ${program} with the package manager of this system.`;
  return `Install it: ${process.geteuid?.() === 0 ? '' : 'sudo '}${installer} ${program}`;
}
