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

# Chromium and the shells that completion is tested in, where they are missing and can be had. Tests that need one of
# them skip with a reason where it is not there, so a machine without apt-get or sudo goes on without.
install_test_programs() {
  local missing=()
  command -v chromium chromium-browser google-chrome >/dev/null || missing+=(chromium fonts-dejavu-core)
  command -v zsh >/dev/null || missing+=(zsh)
  command -v fish >/dev/null || missing+=(fish)
  if [ ${#missing[@]} -eq 0 ]; then return; fi
  if ! command -v apt-get >/dev/null || { [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; }; then
    echo "not installed, so their tests are skipped: ${missing[*]}"
    return
  fi
  (install_debian_packages "${missing[@]}") || echo "could not be installed, so their tests are skipped: ${missing[*]}"
}
