import { posix } from 'node:path';
import type { GoBuildInfo } from '../../program/go-build-info.ts';
import type { GoBuildFacts } from '../image-facts.ts';

export const goPlugin = 'github.com/hashicorp/go-plugin';

/** Says what a program's build info tells about go-plugin, and whether it could tell anything. */
export function goFacts({ goVersion, modules }: GoBuildInfo): GoBuildFacts {
  const version = modules.get(goPlugin);
  if (version !== undefined) return { goVersion, goPlugin: version };
  const like = [...modules.keys()].find(
    (path) => posix.basename(path.replace(/\/v\d+$/, '')) === posix.basename(goPlugin),
  );
  return {
    goVersion,
    ...(modules.size === 0 && { listsModules: false }),
    ...(like !== undefined && { goPluginLike: like }),
  };
}
