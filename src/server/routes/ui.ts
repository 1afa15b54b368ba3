/** The page at `/ui`: files that hold no data, so that a browser gets them without a token. */
import { nothingThere } from '../http/api-error.ts';
import type { Answer } from '../http/answer.ts';
import { pageFile, pageHeaders } from '../ui/page-files.ts';
import type { ApiRequest, Route } from './route.ts';

export const uiRoutes: readonly Route[] = ['/ui', '/ui/:file'].map((pattern) => ({
  method: 'GET',
  pattern,
  needs: 'nothing',
  handle: sendFile,
}));

async function sendFile({ params, headers }: ApiRequest): Promise<Answer> {
  const found = await pageFile(params['file'] ?? '');
  if (found === undefined) throw nothingThere();
  const { type, text, mark } = found;
  const isKnown = headers['if-none-match'] === mark;
  return {
    kind: 'raw',
    status: isKnown ? 304 : 200,
    headers: { ...pageHeaders, ETag: mark, ...(!isKnown && { 'Content-Type': type }) },
    body: isKnown ? '' : text,
  };
}
