import type { CommandNode } from '../command.ts';
import { flagLines, pathOf, questions } from './case-lines.ts';
import type { Words } from '../command.ts';
import { placesOf, quoted, wordsOfFlag, type Place } from './places.ts';

export function bashCompletion(table: readonly CommandNode[]): string {
  const places = placesOf(table);
  return `# bash completion for bulkhead: source <(bulkhead completion bash)
_bulkhead() {
  local IFS=$' \\t\\n' cur word name path='' at=0 positional=0
  local -a words=()
  # bash splits at "=": put -name=value together again.
  for ((at = 1; at <= COMP_CWORD; at++)); do
    word=\${COMP_WORDS[at]}
    if ((\${#words[@]} > 0)) && [[ $word == = || \${COMP_WORDS[at - 1]} == = ]]; then
      words[\${#words[@]} - 1]+=$word
    else
      words+=("$word")
    fi
  done
  cur=\${words[\${#words[@]} - 1]}
  local flags='' choices='' files='' previous=''
  for ((at = 0; at < \${#words[@]} - 1; at++)); do
    word=\${words[at]}
    if [[ $previous == takes ]]; then previous=''; continue; fi
    if [[ $word == -* ]]; then
      name=\${word#-}
      name=\${name#-}
      if [[ $word != *=* ]] && _bulkhead_takes_value "$path" "\${name//-/_}"; then previous=takes; fi
      continue
    fi
    if _bulkhead_is_command "$path" "$word"; then path="\${path:+$path }$word"; else ((positional += 1)); fi
  done
  if [[ $previous == takes ]]; then
    _bulkhead_values "$path" "\${name//-/_}"
  elif [[ $cur == -*=* ]]; then
    name=\${cur%%=*}
    name=\${name#-}
    name=\${name#-}
    cur=\${cur#*=}
    _bulkhead_values "$path" "\${name//-/_}"
  elif [[ $cur == -* ]]; then
    _bulkhead_flags "$path"
    choices=$flags
    # The same with two dashes, where two were begun.
    if [[ $cur == --* ]]; then choices=" $flags" choices=\${choices// -/ --}; fi
  else
    _bulkhead_words "$path" "$positional"
  fi
  COMPREPLY=($(compgen -W "$choices" -- "$cur"))
  if [[ -n $files ]]; then compopt -o filenames 2>/dev/null; COMPREPLY+=($(compgen -f -- "$cur")); fi
  if [[ \${#COMPREPLY[@]} == 1 && \${COMPREPLY[0]} == *= ]]; then compopt -o nospace 2>/dev/null; fi
}
${questions(places)}_bulkhead_values() {
  case "$1 $2" in
${flagLines(places, ({ flag }) => {
  const offered = wordsOfFlag(flag);
  return offered !== undefined ? choicesOf(offered) : flag.path === true ? 'files=yes' : undefined;
})}
  esac
}
_bulkhead_flags() {
  case $1 in
${places.map((place) => `    ${quoted(pathOf(place))}) flags=${quoted(flagWords(place))} ;;`).join('\n')}
  esac
}
_bulkhead_words() {
  case "$1 $2" in
${places.flatMap(words).join('\n')}
  esac
}
complete -F _bulkhead bulkhead
`;
}

function choicesOf({ words, ask }: Words): string {
  const more = ask === '' ? '' : `" $(bulkhead ${ask} 2>/dev/null)"`;
  return `choices=${quoted(words.join(' '))}${more}`;
}

function flagWords({ flags }: Place): string {
  return [...flags.map(({ name, flag }) => `-${name}${flag.value === undefined ? '' : '='}`), '-help'].join(
    ' ',
  );
}

function words(place: Place): string[] {
  const commands = place.commands.map(({ name }) => name);
  if (commands.length > 0)
    return [`    ${quoted(`${pathOf(place)} 0`)}) choices=${quoted(commands.join(' '))} ;;`];
  return place.positionals.flatMap((complete, at) => {
    const action = complete === 'file' ? 'files=yes' : choicesOf(complete);
    return complete !== 'file' && complete.words.length === 0
      ? []
      : [`    ${quoted(`${pathOf(place)} ${at}`)}) ${action} ;;`];
  });
}
