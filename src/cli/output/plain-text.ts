/** Makes text from others safe for a terminal: see src/foreign-text.ts. */
export { boundedText, plainJson, plainText } from '../../foreign-text.ts';
