import type { CommandNode } from '../command.ts';
import { flagLines, pathOf, questions } from './case-lines.ts';
import type { Words } from '../command.ts';
import { placesOf, quoted, wordsOfFlag, type Place } from './places.ts';

export function zshCompletion(table: readonly CommandNode[]): string {
  const places = placesOf(table);
  return `#compdef bulkhead
# zsh completion for bulkhead: source <(bulkhead completion zsh)
_bulkhead() {
  emulate -L zsh
  setopt extended_glob
  local place='' word name takes='' at
  local -i positional=0
  local -a entries
  for ((at = 2; at < CURRENT; at++)); do
    word=$words[at]
    if [[ -n $takes ]]; then takes=''; continue; fi
    if [[ $word == -* ]]; then
      name=\${word##-##}
      if [[ $word != *=* ]] && _bulkhead_takes_value "$place" "\${name//-/_}"; then takes=\${name//-/_}; fi
      continue
    fi
    if _bulkhead_is_command "$place" "$word"; then place="\${place:+$place }$word"; else positional+=1; fi
  done
  if [[ -n $takes ]]; then
    _bulkhead_values "$place" "$takes"
  elif [[ $PREFIX == -*=* ]]; then
    name=\${\${PREFIX%%=*}##-##}
    compset -P '*='
    _bulkhead_values "$place" "\${name//-/_}"
  elif [[ $PREFIX == -* ]]; then
    _bulkhead_flags "$place"
  else
    _bulkhead_words "$place" "$positional"
  fi
}
${questions(places)}_bulkhead_values() {
  case "$1 $2" in
${flagLines(places, ({ flag }) => {
  const offered = wordsOfFlag(flag);
  return offered !== undefined ? offer(offered) : flag.path === true ? '_files' : undefined;
})}
  esac
}
_bulkhead_flags() {
  case $1 in
${places.map(flags).join('\n')}
  esac
}
_bulkhead_words() {
  case "$1 $2" in
${places.flatMap(words).join('\n')}
  esac
}
compdef _bulkhead bulkhead
`;
}

function offer({ words, ask }: Words): string {
  const more = ask === '' ? '' : ` \${(f)"$(bulkhead ${ask} 2>/dev/null)"}`;
  return `compadd -- ${words.map(quoted).join(' ')}${more}`;
}

/** An entry of _describe, in which a colon separates the word from its meaning. */
function entry(word: string, meaning: string): string {
  return quoted(`${word.replaceAll(':', String.raw`\:`)}:${meaning}`);
}

function flags(place: Place): string {
  const valued = place.flags.filter(({ flag }) => flag.value !== undefined);
  const plain = place.flags.filter(({ flag }) => flag.value === undefined);
  const describe = (list: Place['flags'], end: string, extra: readonly string[] = []): string =>
    `entries=(${[...list.map(({ name, flag }) => entry(`-${name}${end}`, flag.summary)), ...extra].join(' ')})`;
  return [
    `    ${quoted(pathOf(place))})`,
    ...(valued.length === 0 ? [] : [`      ${describe(valued, '=')}; _describe -o flag entries -S ''`]),
    `      ${describe(plain, '', [entry('-help', 'tell more')])}; _describe -o flag entries`,
    '      ;;',
  ].join('\n');
}

function words(place: Place): string[] {
  if (place.commands.length > 0) {
    const entries = place.commands.map(({ name, summary }) => entry(name, summary)).join(' ');
    return [`    ${quoted(`${pathOf(place)} 0`)}) entries=(${entries}); _describe command entries ;;`];
  }
  return place.positionals.flatMap((complete, at) => {
    const action = complete === 'file' ? '_files' : offer(complete);
    return complete !== 'file' && complete.words.length === 0
      ? []
      : [`    ${quoted(`${pathOf(place)} ${at}`)}) ${action} ;;`];
  });
}
