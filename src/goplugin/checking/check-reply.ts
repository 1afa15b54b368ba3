import { InvalidOptionError } from '../../errors.ts';
import { StatusError } from '../grpc/status.ts';
import type { MethodShape } from '../service.ts';
import { checkMessage } from './check-message.ts';

/** Methods whose author was warned. Callers choose how often a method is called, and one warning is enough. */
const warned = new WeakSet<MethodShape>();

/**
 * Checks what an implementation answers. A wrong reply is a mistake of the implementation's author, who gets a process
 * warning; the caller gets the status INTERNAL.
 *
 * @throws StatusError
 */
export function checkReply(method: MethodShape, reply: unknown): void {
  try {
    checkMessage(method, 'reply', reply);
  } catch (error) {
    if (!(error instanceof InvalidOptionError)) throw error;
    const message = `the implementation of ${method.path} answers with a wrong message: ${error.message}`;
    if (!warned.has(method)) {
      warned.add(method);
      process.emitWarning(message, { type: 'BulkheadWarning', detail: error.hint });
    }
    throw new StatusError('INTERNAL', message);
  }
}
