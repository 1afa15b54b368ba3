/** Makes text from others safe for a terminal: see src/foreign-text.ts. */
export { boundedText, plainJson, plainText, safeJson } from '../../foreign-text.ts';
