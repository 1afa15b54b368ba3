/** Text of somebody else's as a terminal may show it: see src/foreign-text.ts. */
export { boundedText, plainJson, plainText } from '../../foreign-text.ts';
