/** What other rooms take from this one beside its public API. It is no entry point, and may change at any time. */
export { readDocument, writeDocument, type DocumentForm } from './document.ts';
export { trustedPath, type TrustedDirectory } from './store/trusted-path.ts';
