# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# bash completion for here-tracking. What can be given is read from its --help, so nothing is missing.

_here_tracking() {
  local program=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local command=() commands options takes='' word
  commands=$("${program}" --help 2>/dev/null | sed -n '/^Commands:/,/^Each/s/^  \([a-z]\{1,\}\) .*/\1/p')
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ ${#command[@]} -eq 0 && $'\n'${commands}$'\n' == *$'\n'"${word}"$'\n'* ]] ||
      [[ ${command[0]-} == queue && ${#command[@]} -eq 1 && ${word} =~ ^(export|purge|quarantine)$ ]]; then
      command+=("${word}")
    fi
  done
  options=$("${program}" --help 2>/dev/null)
  [[ ${#command[@]} -eq 0 ]] || options+=$'\n'$("${program}" "${command[@]}" --help 2>/dev/null)

  # What an option takes is the word behind it, in capitals.
  [[ ${previous} != -* ]] || takes=$(sed -n \
    "s/^  \(-[a-z], \)\{0,1\}${previous} \(\[\{0,1\}[A-Z|:-]\{1,\}\).*/\2/p" <<<"${options}" | head -n 1)
  case ${previous} in
    --when-full) takes='oldest newest thin_out' ;;
    --drain) takes='oldest_first live_first' ;;
    --old-samples) takes='drop restamp' ;;
  esac
  COMPREPLY=()
  case ${takes} in
    FILE* | DEVICE*) mapfile -t COMPREPLY < <(compgen -f -- "${current}") ;;
    DIR) mapfile -t COMPREPLY < <(compgen -d -- "${current}") ;;
    [a-z]*) mapfile -t COMPREPLY < <(compgen -W "${takes}" -- "${current}") ;;
    '' | \[*) # nothing, or something that may be left out
      if [[ ${current} == -* ]]; then
        # The options of queue stand in its usage alone.
        word=$(sed -n -E -e 's/^  (-[a-z], )?(--[a-z-]+).*/\1\2/p' \
          -e "s/.*here-tracking .* ${command[*]-none} (\[--.*)/\1/p" <<<"${options}" | tr -d '[],')
      elif [[ ${#command[@]} -eq 0 ]]; then
        word=${commands}
      elif [[ ${command[*]} == queue ]]; then
        word='export purge quarantine'
      else
        word=
      fi
      mapfile -t COMPREPLY < <(compgen -W "${word}" -- "${current}" | sort -u)
      ;;
  esac
}
complete -o filenames -o bashdefault -F _here_tracking here-tracking
