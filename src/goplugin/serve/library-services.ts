/** The services by which a host watches, hears and ends a plugin (go-plugin: grpc_server.go, Init). */
import { StatusError } from '../grpc/status.ts';
import { service, type ServedService } from '../service.ts';
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
  readonly shutDown: () => void;
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
      shutdown: () => {
        setImmediate(shutDown); // after the reply has been handed over
        return {};
      },
    }),
    service(stdioService, { streamStdio: (_request, { signal }) => prints.read(signal) }),
    service(brokerService, { startStream: (incoming) => link.serve(incoming, receive) }),
  ];
}
