import { EngineUnreachableError, PodmanServiceError } from '../../engine/index.ts';
import { BulkheadError } from '../../errors.ts';

/**
 * Returns the error for a Podman service of our own that can't be started, with what is known of the engines that could
 * have been used in its place.
 */
export function noEngineAtAll(none: BulkheadError, thrown: unknown): unknown {
  if (thrown instanceof PodmanServiceError && thrown.code === 'PODMAN_MISSING') {
    return new EngineUnreachableError(
      'ENGINE_NONE_FOUND',
      `${none.message}\n  a Podman service of Bulkhead's own: ${thrown.message}`,
      { cause: none.cause ?? thrown, hint: hintOf(none, thrown) },
    );
  }
  // A socket that is there and forbidden may be the engine that was meant.
  if (!(thrown instanceof PodmanServiceError) || !(none.cause instanceof BulkheadError)) return thrown;
  const { code, message, hint, output } = thrown;
  return new PodmanServiceError(code, `${message}\nand no other engine can be used: ${none.cause.message}`, {
    cause: thrown,
    hint: [none.hint, hint].filter((each) => each !== undefined).join(' '),
    output,
  });
}

/** A socket that is there and forbidden is nearer than a program that is not installed. */
function hintOf(none: BulkheadError, { hint = 'Install podman.' }: BulkheadError): string {
  const other = `Start Docker or Podman, or name its socket with \`socketPath\` or DOCKER_HOST. Bulkhead can also start a Podman of its own. ${hint}`;
  return none.cause instanceof BulkheadError && none.hint !== undefined ? `${none.hint} ${other}` : other;
}
