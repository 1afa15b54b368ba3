/** The names of an object's methods, its own and those of its class. */
export function methodsOf(prefix: string, object: object): string[] {
  const names = new Set<string>();
  for (let each = object; each !== Object.prototype; each = Object.getPrototypeOf(each) as object) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(each))) {
      if (typeof value === 'function' && name !== 'constructor') names.add(`${prefix}.${name}`);
    }
  }
  return [...names];
}
