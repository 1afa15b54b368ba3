/** Writes the description of the HTTP API, api-specs/server/openapi.json: `npm run openapi`. */
import { writeFileSync } from 'node:fs';
import { openapiFile, openapiSource, undescribed } from './openapi/document.ts';

const missing = undescribed();
if (missing.length > 0) {
  console.error(
    `scripts/openapi/operations.ts has to describe what is declared, and nothing else:\n${missing.join('\n')}`,
  );
  process.exit(1);
}
writeFileSync(openapiFile, openapiSource());
