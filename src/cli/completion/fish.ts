import type { CommandNode } from '../command.ts';
import type { Words } from '../command.ts';
import { placesOf, wordsOfFlag, type Place } from './places.ts';

export function fishCompletion(table: readonly CommandNode[]): string {
  const places = placesOf(table);
  return `# fish completion for bulkhead: bulkhead completion fish | source
# Whether these words were written, and this many after them; '-' is any number.
function __bulkhead_at
    set -l place $argv[2..]
    set -l words (commandline -opc)
    set -e words[1]
    set -l path
    set -l after 0
    set -l takes no
    for word in $words
        if test $takes = yes
            set takes no
        else if string match -q -- '-*' $word
            set -l name (string replace -r -- '^--?' '' $word | string replace -a -- - _)
            contains -- "$path $name" ${valueFlags(places)}; and set takes yes
        else if contains -- "$path" ${groupsOf(places)}
            set -a path $word
        else
            set after (math $after + 1)
        end
    end
    test "$path" = "$place"; and contains -- $argv[1] - $after
end
complete -c bulkhead -f
${places.flatMap(lines).join('\n')}
`;
}

/** Only these characters have a meaning within single quotes of fish. */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;
}

/** What `complete -a` takes: words, and a command in parentheses that prints more of them. */
function offeredBy({ words, ask }: Words): string {
  return ask === '' ? words.join(' ') : `${words.join(' ')} (bulkhead ${ask} 2>/dev/null)`;
}

/** The flags that take the next word as their value, with their paths. */
function valueFlags(places: readonly Place[]): string {
  return places
    .flatMap(({ path, flags }) =>
      flags.flatMap(({ name, flag }) =>
        flag.value === undefined ? [] : [quoted([...path, name].join(' '))],
      ),
    )
    .join(' ');
}

/** The paths below which another word is a command. */
function groupsOf(places: readonly Place[]): string {
  return places
    .filter(({ commands }) => commands.length > 0)
    .map(({ path }) => quoted(path.join(' ')))
    .join(' ');
}

function lines({ path, commands, flags, positionals }: Place): string[] {
  const after = (count: number | '-'): string =>
    `complete -c bulkhead -n ${quoted(['__bulkhead_at', count, ...path].join(' '))}`;
  const at = after('-');
  return [
    ...commands.map(({ name, summary }) => `${at} -a ${quoted(name)} -d ${quoted(summary)}`),
    ...flags.map(({ name, flag }) => {
      const takes = flag.value === undefined ? '' : flag.path === true ? ' -rF' : ' -x';
      const offered = wordsOfFlag(flag);
      const choices = offered === undefined ? '' : ` -a ${quoted(offeredBy(offered))}`;
      const short = flag.short === undefined ? '' : ` -s ${flag.short}`;
      return `${at}${short} -o ${name} -l ${name}${takes}${choices} -d ${quoted(flag.summary)}`;
    }),
    ...(commands.length === 0 ? [`${at} -o help -d 'tell more'`] : []),
    ...positionals.flatMap((complete, count) => {
      if (complete === 'file') return [`${after(count)} -F`];
      return complete.words.length === 0 ? [] : [`${after(count)} -a ${quoted(offeredBy(complete))}`];
    }),
  ];
}
