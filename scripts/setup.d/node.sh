# Sourced by the scripts: Node and the npm packages.

require_node() {
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    echo 'Node.js 20.19 or later and npm are needed (https://nodejs.org).' >&2
    exit 3
  fi
  node -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    if (major < 20 || (major === 20 && minor < 19)) {
      console.error(`Node.js 20.19 or later is needed; this is ${process.version}.`);
      process.exit(3);
    }'
}

# npm ci, unless what is installed is already what the lock file says.
install_npm_packages() {
  if [ node_modules/.package-lock.json -nt package-lock.json ]; then
    echo 'npm packages are up to date'
  else
    npm ci --no-audit --no-fund --loglevel=error
  fi
}
