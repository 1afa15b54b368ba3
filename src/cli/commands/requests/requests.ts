import { requestCommand } from './request.ts';

export const read = requestCommand({
  name: 'read',
  summary: 'read from a mounted secrets engine or auth method',
  details: ['Where nothing is, that is said, and the exit code is 1.'],
  examples: [
    'read secret/data/colours',
    'read secret/data/colours version=1 -format=json',
    'read -field=data secret/data/colours',
  ],
});

export const write = requestCommand(
  {
    name: 'write',
    summary: 'write to a mounted secrets engine or auth method, log in with one',
    details: ['A login shows what the auth method grants; no token is made of it.'],
    examples: [
      'write kv/colours sky=blue sea=@sea.txt',
      'write secret/data/colours -',
      'write auth/jwt/login role=reader jwt=@token.jwt',
    ],
    success: 'Data written to',
  },
  true,
);

export const patch = requestCommand(
  {
    name: 'patch',
    summary: 'change a part of what is there',
    examples: ['patch secret/data/colours @change.json'],
    success: 'Data patched at',
  },
  true,
);

export const deletion = requestCommand({
  name: 'delete',
  summary: 'delete what is at a path of a mount',
  examples: ['delete kv/colours'],
  success: 'Data deleted (if it existed) at',
});

export const list = requestCommand({
  name: 'list',
  summary: 'the names below a path of a mount; those of folders end with a slash',
  details: ['Where nothing is, that is said, and the exit code is 1.'],
  examples: ['list secret/metadata', 'list -format=json kv'],
});
