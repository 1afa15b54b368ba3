export { BulkheadError, InvalidOptionError, errorCodes, type ErrorCode } from './errors.ts';
