/** How the server is. */
import { vaultVersion } from '../../kinds/vault/kinds.ts';
import { dataAnswer } from '../http/answer.ts';
import type { Route } from './route.ts';

export const healthRoutes: readonly Route[] = [
  {
    method: 'GET',
    pattern: '/v1/sys/health',
    needs: 'nothing',
    handle: (_request, { host }) => ({
      kind: 'json',
      body: {
        initialized: true,
        sealed: false,
        standby: false,
        performance_standby: false,
        replication_performance_mode: 'disabled',
        replication_dr_mode: 'disabled',
        server_time_utc: Math.floor(Date.now() / 1000),
        version: vaultVersion,
        enterprise: false,
        cluster_name: 'bulkhead',
        cluster_id: host.clusterId,
        echo_duration_ms: 0,
        clock_skew_ms: 0,
        replication_primary_canary_age_ms: 0,
      },
    }),
  },
  {
    method: 'GET',
    pattern: '/v1/sys/seal-status',
    needs: 'token',
    handle: (_request, { host }) => {
      const status = {
        type: 'shamir',
        initialized: true,
        sealed: false,
        t: 1,
        n: 1,
        progress: 0,
        nonce: '',
        version: vaultVersion,
        build_date: '',
        migration: false,
        cluster_name: 'bulkhead',
        cluster_id: host.clusterId,
        recovery_seal: false,
        storage_type: 'file',
      };
      return { kind: 'json', body: status };
    },
  },
  {
    method: 'GET',
    pattern: '/v1/auth/token/lookup-self',
    needs: 'token',
    handle: ({ caller }) => {
      const { token } = caller;
      if (token === undefined) throw new Error('a token is needed here');
      const { id, name, scope, createdAt, expiresAt } = token;
      const left = expiresAt === undefined ? 0 : Math.max(0, expiresAt.getTime() - Date.now());
      const whole = expiresAt === undefined ? 0 : expiresAt.getTime() - createdAt.getTime();
      return dataAnswer(
        {
          accessor: id,
          creation_time: Math.floor(createdAt.getTime() / 1000),
          creation_ttl: Math.round(whole / 1000),
          display_name: name,
          entity_id: '',
          expire_time: expiresAt?.toISOString() ?? null,
          explicit_max_ttl: 0,
          id: '',
          issue_time: createdAt.toISOString(),
          meta: null,
          num_uses: 0,
          orphan: true,
          path: 'auth/token/create',
          policies: [scope],
          renewable: false,
          ttl: Math.round(left / 1000),
          type: 'service',
        },
        { mountType: 'token' },
      );
    },
  },
];
