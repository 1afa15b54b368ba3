/** An SELinux context, such as `system_u:system_r:container_t:s0:c12,c34`. */
export interface SelinuxContext {
  readonly user: string;
  readonly role: string;
  readonly type: string;
  /** A level, or a range of levels. Empty where the policy has none. */
  readonly level: string;
}

/** Returns `undefined` for a text that is no context, such as the name of an AppArmor profile. */
export function parseContext(text: string): SelinuxContext | undefined {
  const found = /^(\w[\w.-]*):(\w[\w.-]*):(\w[\w.-]*)(?::([\w:.,-]+))?$/.exec(text);
  if (found === null) return undefined;
  const [, user = '', role = '', type = '', level = ''] = found;
  return { user, role, type, level };
}

export function formatContext({ user, role, type, level }: SelinuxContext): string {
  return [user, role, type, ...(level === '' ? [] : [level])].join(':');
}

/** Returns the context with the lowest level of its range. */
export function atLowestLevel(context: SelinuxContext): SelinuxContext {
  return { ...context, level: context.level.split('-')[0] ?? '' };
}
