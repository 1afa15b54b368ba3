/**
 * Text of somebody else's (a plugin, an engine, an image) without what would steer a terminal: control characters are
 * shown by their numbers. Tabs and line ends stay.
 */
export function plainText(text: string): string {
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (character) =>
    character === '\r' ? '' : `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}
