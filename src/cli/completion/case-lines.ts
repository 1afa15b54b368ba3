/** Lines of a `case "$path $word" in`, which bash and zsh read alike. */
import { quoted, type Place } from './places.ts';

export function pathOf({ path }: Place): string {
  return path.join(' ');
}

/** Shell functions that say whether a word is a command at its place, and whether a flag takes a value. */
export function questions(places: readonly Place[]): string {
  return `_bulkhead_is_command() {
  case "$1 $2" in
${commandLines(places)}
  esac
  return 1
}
_bulkhead_takes_value() {
  case "$1 $2" in
${flagLines(places, ({ flag }) => (flag.value === undefined ? undefined : 'return 0'))}
  esac
  return 1
}
`;
}

/** A line for every word that is a command at its place. */
function commandLines(places: readonly Place[]): string {
  return places
    .flatMap((place) =>
      place.commands.map(({ name }) => `    (${quoted(`${pathOf(place)} ${name}`)}) return 0 ;;`),
    )
    .join('\n');
}

/** A line for every flag for which `action` returns something. */
export function flagLines(
  places: readonly Place[],
  action: (flag: Place['flags'][number]) => string | undefined,
): string {
  return places
    .flatMap((place) =>
      place.flags.flatMap((flag) => {
        const done = action(flag);
        const names = [flag.name, ...(flag.flag.short === undefined ? [] : [flag.flag.short])];
        const patterns = names.map((name) => quoted(`${pathOf(place)} ${name}`)).join(' | ');
        return done === undefined ? [] : [`    (${patterns}) ${done} ;;`];
      }),
    )
    .join('\n');
}
