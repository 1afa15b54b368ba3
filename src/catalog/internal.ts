/** Exports for other rooms that are not part of the public API. This file is no entry point, and may change at any time. */
export { readDocument, readDocuments, writeDocument, type DocumentForm } from './document.ts';
export { KindCatalog } from './kind-catalog.ts';
export { trustedPath, type TrustedDirectory } from './store/trusted-path.ts';
export { unwritable } from './store/file-failure.ts';
export { acquireClaim } from './store/claim-lock.ts';
export { deleteDurably, makeDurably, writeDurably } from './store/durable-write.ts';
