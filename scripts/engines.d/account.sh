# The unprivileged user of the rootless engines, with a range of subordinate ids that nobody else has.
# shellcheck shell=bash

create_account() {
  if ! id "$user_name" >/dev/null 2>&1; then
    useradd --system --user-group --no-create-home --home-dir "$data_directory/home" --shell /usr/sbin/nologin "$user_name"
  fi
  grant_subordinate_ids /etc/subuid --add-subuids
  grant_subordinate_ids /etc/subgid --add-subgids
}

grant_subordinate_ids() {
  local file=$1 option=$2 first
  touch "$file"
  ! grep -q "^$user_name:" "$file" || return 0
  first=$(awk -F: 'BEGIN { next_free = 100000 } $2 + $3 > next_free { next_free = $2 + $3 } END { print next_free }' "$file")
  usermod "$option" "$first-$((first + 65535))" "$user_name"
}
