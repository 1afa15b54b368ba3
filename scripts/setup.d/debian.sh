# Sourced by the scripts: packages of Debian and Ubuntu.

# Installs those of the named packages that are not there. Asks for sudo when not root. Services that a package
# brings are not started: Bulkhead starts its own.
install_debian_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  if [ ${#missing[@]} -eq 0 ]; then
    echo 'everything is installed'
    return
  fi
  if ! command -v apt-get >/dev/null; then
    echo "These are needed, and there is no apt-get to install them: ${missing[*]}" >&2
    exit 3
  fi
  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    echo "sudo is needed to install: ${missing[*]}"
    as_root=(sudo)
  fi
  echo "installing ${missing[*]}"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 sh -euc '
    apt-get -qq update
    apt-get -qq -y install --no-install-recommends "$@" >/dev/null' sh "${missing[@]}"
}
