import { createHash } from 'node:crypto';
import type { InspectedImage } from '../../engine/index.ts';

/**
 * Identifies what is in an image. Its id alone does not where Docker keeps images in containerd's store: it is the digest
 * of an index, of which the engine may have one image now and another one later.
 */
export function contentKey({ id, os, architecture, variant, config, layers }: InspectedImage): string {
  const content = JSON.stringify([os, architecture, variant, config, layers]);
  return `${id}-${createHash('sha256').update(content).digest('hex')}`;
}
