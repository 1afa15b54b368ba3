/** gRPC metadata to and from the form of `@grpc/grpc-js`. */
import type { Metadata } from '@grpc/grpc-js';
import { InvalidOptionError } from '../../../errors.ts';
import type { CallMetadata } from '../../service.ts';
import { grpcJs } from './grpc-js.ts';

export function toMetadata(values: CallMetadata | undefined): Metadata {
  const metadata = new (grpcJs().Metadata)();
  for (const [key, value] of Object.entries(values ?? {})) {
    for (const single of typeof value === 'string' || Buffer.isBuffer(value) ? [value] : value) {
      addValue(metadata, key, single);
    }
  }
  return metadata;
}

export function fromMetadata(metadata: Metadata): Record<string, (string | Buffer)[]> {
  return Object.fromEntries(Object.keys(metadata.getMap()).map((key) => [key, metadata.get(key)]));
}

function addValue(metadata: Metadata, key: string, value: string | Buffer): void {
  try {
    metadata.add(key, value);
  } catch (cause) {
    // grpc-js repeats the value in its text, and the value may be a secret.
    throw new InvalidOptionError(
      'metadata',
      `${JSON.stringify(key)} is not a metadata name, or its value is not of the kind that the name demands`,
      {
        hint: 'Names are lower-case letters, digits, "-", "_" and "."; a name ending in "-bin" takes a Buffer, any other printable ASCII text.',
        cause: cause instanceof TypeError ? cause : undefined,
      },
    );
  }
}
