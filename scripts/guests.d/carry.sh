# What goes into a guest (the package as it is published, with Node.js) and what comes out of it (reports).
# shellcheck shell=bash

# The luggage is a disk that holds a tar archive: reading it takes a second where ssh would take a minute in emulation.
pack_luggage() {
  local guest=$1 folder stage
  shift
  folder=$(folder_of "$guest") stage=$(folder_of "$guest")/luggage
  [[ -e $package/dist/cli/main.js ]] || fail 1 'the package is not built: npm run build'
  rm -rf --one-file-system -- "$stage"
  mkdir -p "$stage/usr/local/lib/node_modules/bulkhead" "$stage/usr/local/bin" "$stage$carried_in_guest"
  (
    cd "$package"
    npm pack --silent --ignore-scripts --pack-destination "$folder" >/dev/null
    npm ls --omit=dev --parseable --all | sed -n "s#^$PWD/##p" >"$folder/dependencies"
    tar -c --verbatim-files-from -T "$folder/dependencies" | tar -x -C "$stage/usr/local/lib/node_modules/bulkhead"
  )
  tar -xzf "$folder"/bulkhead-*.tgz --strip-components=1 -C "$stage/usr/local/lib/node_modules/bulkhead"
  rm -f -- "$folder"/bulkhead-*.tgz "$folder/dependencies"
  chmod 755 "$stage/usr/local/lib/node_modules/bulkhead/dist/cli/main.js"
  ln -s ../lib/node_modules/bulkhead/dist/cli/main.js "$stage/usr/local/bin/bulkhead"
  cp --dereference -- "$(command -v node)" "$stage/usr/local/bin/node"
  (cd "$checkout" && node --import tsx scripts/guests.d/pack-plugin.ts "$stage/usr/local/lib/node_modules/guest") ||
    fail 1 'the plugin that is launched in guests could not be built: it needs Go'
  (cd "$checkout" && node --import tsx scripts/guests.d/pack-tests.ts "$stage/usr/local/lib/node_modules/guest/tests") ||
    fail 1 'the tests of engines could not be packed'
  install -D -m 755 -t "$stage/usr/local/sbin" "$here"/guests.d/in-guest/{everything,live-matrix,host-checks,engine-tests,describe-host,as-account}
  (($# == 0)) || cp -- "$@" "$stage$carried_in_guest/"
  tar -c --owner=0 --group=0 -C "$stage" -f "$folder/luggage.tar" usr var
  truncate -s %512K "$folder/luggage.tar"
  rm -rf --one-file-system -- "$stage"
}

unpack_luggage() {
  within 1200 "$1" root sh -ec "tar --no-overwrite-dir -xf /dev/vdb -C / && install -d -m 1777 $reports_in_guest $carried_in_guest
    if command -v restorecon >/dev/null; then restorecon -RF /usr/local /var/tmp; fi"
}

# The newest report of each kind is kept, whichever run made it.
bring_reports_out() {
  local into=$data_directory/reports/$1
  mkdir -p "$into"
  within 600 "$1" root tar -c -C "$reports_in_guest" . | tar -x --no-same-owner -C "$into"
  cp -- "$(folder_of "$1")/versions" "$into/packages.txt"
  printf 'reports are in %s\n' "$into" >&2
}
