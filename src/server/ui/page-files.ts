/** The files of the page, as a browser gets them. They are the same for everybody, so no token is needed for them. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { pageDocument, pageIcon } from './document.ts';
import { uiStyle } from './style.ts';

export interface PageFile {
  readonly type: string;
  readonly text: string;
  /** Changes with the text, for `ETag`. */
  readonly mark: string;
}

const scripts = new URL('./browser/', import.meta.url);

export const scriptNames: readonly string[] = [
  'api.js',
  'catalog.js',
  'dom.js',
  'event-lines.js',
  'instance-panel.js',
  'instances.js',
  'live.js',
  'matrix-grid.js',
  'matrix.js',
  'output.js',
  'page.js',
  'panel.js',
  'states.js',
  'text.js',
];

/** @param name what stands behind `/ui/`; empty for the document @returns `undefined` where there is no such file */
export async function pageFile(name: string): Promise<PageFile | undefined> {
  if (name === '') return file('text/html', pageDocument);
  if (name === 'style.css') return file('text/css', uiStyle);
  if (name === 'icon.svg') return file('image/svg+xml', pageIcon);
  if (!scriptNames.includes(name)) return undefined;
  return file('text/javascript', await readFile(new URL(name, scripts), 'utf8'));
}

function file(type: string, text: string): PageFile {
  const mark = createHash('sha256').update(text).digest('base64url').slice(0, 22);
  return { type: `${type}; charset=utf-8`, text, mark: `"${mark}"` };
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
