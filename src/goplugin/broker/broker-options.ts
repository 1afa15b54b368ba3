/** Checks the options of the broker before anything is done. */
import { anyOf, callback, checkArgument, checkShape, listOf } from '../../settings/option-shape.ts';
import { abortOptions, brokerId, servedService, timedOptions } from '../call-options.ts';

const servable = anyOf(callback, listOf(servedService));

/** @throws InvalidOptionError */
export function checkOffer(what: unknown, options: unknown): void {
  checkArgument('broker.serve', 'what', servable, what);
  checkShape('broker.serve', abortOptions, options);
}

/** @throws InvalidOptionError */
export function checkDial(id: unknown, options: unknown): void {
  checkArgument('broker.dial', 'id', brokerId, id);
  checkShape('broker.dial', timedOptions, options);
}
