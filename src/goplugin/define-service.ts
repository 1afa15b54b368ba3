import { checkShape } from '../settings/option-shape.ts';
import { servedService } from './call-options.ts';
import type { ImplementationFor, ServedService, ServiceDefinition } from './service.ts';

/** Pairs a definition with its implementation, and lets the compiler check one against the other. */
export function service<S extends ServiceDefinition>(
  definition: S,
  implementation: ImplementationFor<NoInfer<S>>,
): ServedService {
  const served: ServedService = { definition, implementation };
  checkShape('service', servedService, served);
  return served;
}
