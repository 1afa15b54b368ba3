import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Most profiles that are read; Ubuntu 24.04 has some 150. */
const mostProfiles = 2_000;
const longestProfile = 256 * 1024;

/**
 * Returns the patterns of programs that a profile of this host lets make user namespaces, as AppArmor writes them. Profiles
 * are read where they are kept, since the kernel shows those that it has loaded to root alone.
 */
export async function programsWithUserNamespaces(folder = '/etc/apparmor.d'): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  const found = await Promise.all(
    names.slice(0, mostProfiles).map(async (name) => {
      const text = await readFile(join(folder, name), 'utf8').catch(() => '');
      return text.length > longestProfile ? [] : programsIn(text);
    }),
  );
  return found.flat();
}

/** Returns the programs of the profiles in a file that have a rule `userns`, apparmor.d(5). */
export function programsIn(text: string): readonly string[] {
  const found: string[] = [];
  let program: string | undefined;
  for (const line of text.split('\n').map((each) => each.replace(/#.*/, '').trim())) {
    const head = /^(?:profile\s+)?(?:"?[\w.-]+"?\s+)?"?(\/[^\s"]+)"?(?:\s+flags=\([^)]*\))?\s*\{$/.exec(line);
    if (head !== null) program = head[1];
    else if (line === '}') program = undefined;
    else if (program !== undefined && /^(?:audit\s+)?(?:allow\s+)?userns(?:\s+create)?\s*,$/.test(line))
      found.push(program);
  }
  return found;
}

/** Whether a path is one that a pattern of AppArmor names: `{a,b}` for either, `*` for a name, `**` for any path. */
export function matchesPattern(path: string, pattern: string): boolean {
  let text = '';
  let depth = 0;
  for (const part of pattern.match(/\*\*|[\s\S]/g) ?? []) {
    if (part === '**') text += '.*';
    else if (part === '*') text += '[^/]*';
    else if (part === '?') text += '[^/]';
    else if (part === '{') [text, depth] = [`${text}(?:`, depth + 1];
    else if (part === '}' && depth > 0) [text, depth] = [`${text})`, depth - 1];
    else if (part === ',' && depth > 0) text += '|';
    else if (/[@[\]\\^$]/.test(part))
      return false; // variables and classes of characters
    else text += part.replace(/[.+()|]/g, '\\$&');
  }
  return depth === 0 && new RegExp(`^${text}$`).test(path);
}
