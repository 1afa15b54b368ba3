/**
 * `host:5000/web:1` as repository and tag. The tag stands behind the last colon, unless that belongs to a registry's port; a
 * digest takes its place.
 */
export function splitReference(name: string): { repository: string; tag: string } {
  const [, byDigest, digest] = /^([^@]+)@(.+)$/.exec(name) ?? [];
  if (byDigest !== undefined && digest !== undefined) return { repository: byDigest, tag: digest };
  const [, repository = name, tag = 'latest'] = /^(.+):([^:/]+)$/.exec(name) ?? [];
  return { repository, tag };
}
