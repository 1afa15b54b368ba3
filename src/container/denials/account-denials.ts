/** Users that the image does not list, about whom programs ask their C library or read /etc/passwd. */
import type { Denial } from './denial.ts';

const hint =
  "The user of the plugin has no entry in the image's /etc/passwd, and so neither a name nor a home: give it one with `env: { HOME: '/' }`, or name a user that the image has with `user`.";

/** What is said with the number of the user, which must be that of the plugin's own. */
const withNumber: Denial = {
  words:
    /(?:uid not found: |unknown userid |unknown uid |lookup userid |no user exists for uid |cannot find name for user id |local user with id |no such user: )(\d+)/i,
  hint: (_line, { uid }, [, number]) =>
    uid !== undefined && uid !== 0 && Number(number) === uid ? hint : undefined,
};

const withoutNumber: Denial = {
  words:
    /uv_os_get_passwd returned ENOENT|uv_os_homedir returned ENOENT|ERR_SYSTEM_ERROR.*uv_os_(?:get_passwd|homedir)|could not determine home directory|\$HOME is not defined|\/etc\/passwd: no such file or directory|ENOENT.*'\/etc\/passwd'|current user:.*no such user/i,
  hint: (_line, { uid }) => (uid === 0 ? undefined : hint),
};

export const accountDenials: readonly Denial[] = [withNumber, withoutNumber];
