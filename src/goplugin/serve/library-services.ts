/** The services with which a host watches, hears and ends a plugin (go-plugin: grpc_server.go, Init). */
import { StatusError } from '../grpc/status.ts';
import { service } from '../define-service.ts';
import type { ServedService } from '../service.ts';
import { servingStatus, type ConnInfo } from '../wire/messages.ts';
import {
  brokerService,
  controllerService,
  healthService,
  healthServiceName,
  stdioService,
} from '../wire/services.ts';
import type { HostLink } from './host-link.ts';
import type { Prints } from './prints.ts';

export interface LibraryParts {
  readonly link: HostLink;
  readonly prints: Prints;
  readonly receive: (info: ConnInfo) => void;
  /** Begins the end. Resolves when only the hang-up is left to do. */
  readonly shutDown: () => Promise<void>;
}

export function libraryServices({ link, prints, receive, shutDown }: LibraryParts): readonly ServedService[] {
  return [
    service(healthService, {
      check: ({ service: name }) => {
        if (name === '' || name === healthServiceName) return { status: servingStatus.indexOf('SERVING') };
        throw new StatusError('NOT_FOUND', `unknown service ${JSON.stringify(name)}`);
      },
    }),
    service(controllerService, {
      // The answer comes last: a host in Go hangs up as soon as it has the reply, and would miss the last prints.
      shutdown: async () => {
        await shutDown();
        return {};
      },
    }),
    service(brokerService, { startStream: (incoming) => link.serve(incoming, receive) }),
    service(stdioService, { streamStdio: (_request, { signal }) => prints.read(signal) }),
  ];
}
