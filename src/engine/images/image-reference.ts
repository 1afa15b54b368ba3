/**
 * Splits `host:5000/web:1` into repository and tag. The tag follows the last colon, unless that colon belongs to a
 * registry's port; a digest takes the tag's place.
 */
export function splitReference(name: string): { repository: string; tag: string } {
  const [, byDigest, digest] = /^([^@]+)@(.+)$/.exec(name) ?? [];
  if (byDigest !== undefined && digest !== undefined) return { repository: byDigest, tag: digest };
  const [, repository = name, tag = 'latest'] = /^(.+):([^:/]+)$/.exec(name) ?? [];
  return { repository, tag };
}
