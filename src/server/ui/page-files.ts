/** The files of the page, as a browser gets them. They are the same for everybody, so no token is needed for them. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { pageDocument, pageIcon } from './document.ts';
import { uiStyle } from './style.ts';

export interface PageFile {
  readonly type: string;
  readonly text: string;
  /** Changes with the text, for `ETag`. */
  readonly mark: string;
}

const scripts = new URL('./browser/', import.meta.url);

/** Reads the files once: the paths below `/ui`, of which that of the document is empty. */
export async function readPageFiles(): Promise<ReadonlyMap<string, PageFile>> {
  const names = (await readdir(scripts)).filter((name) => name.endsWith('.js'));
  const modules = await Promise.all(
    names.map(async (name) => [name, await readFile(new URL(name, scripts), 'utf8')] as const),
  );
  return new Map([
    ['', file('text/html; charset=utf-8', pageDocument)],
    ['style.css', file('text/css; charset=utf-8', uiStyle)],
    ['icon.svg', file('image/svg+xml', pageIcon)],
    ...modules.map(([name, text]) => [name, file('text/javascript; charset=utf-8', text)] as const),
  ]);
}

function file(type: string, text: string): PageFile {
  const mark = createHash('sha256').update(text).digest('base64url').slice(0, 22);
  return { type, text, mark: `"${mark}"` };
}

/**
 * What the page may do: load its own files, and ask its own server. It runs no script that stands in a document, makes no
 * markup from text, sends no form, and is shown in no frame.
 */
export const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** The headers of each of the files. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'Content-Security-Policy': pagePolicy,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), clipboard-read=()',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Cache-Control': 'no-cache',
};
