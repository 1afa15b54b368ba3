import { BulkheadError } from '../../errors.ts';
import { ApiError } from '../http/api-error.ts';

/**
 * What is wrong with a plugin that is registered or mounted, with its image or with what it is called, is the caller's to
 * mend, and clients must not repeat it by themselves. An engine that is away is not.
 */
export function refusedPlugin(error: unknown, what = ''): unknown {
  if (error instanceof ApiError) return error;
  const { blames, code } = BulkheadError.from(error);
  const isCallers = blames === 'plugin' || blames === 'image' || code === 'CATALOG_NOT_FOUND';
  if (!isCallers) return error;
  const refused = ApiError.of(400, error);
  if (what === '' || code === 'CATALOG_NOT_FOUND') return refused;
  return new ApiError(400, `${what}: ${refused.message}`, { code, cause: error });
}
