#!/bin/sh
# Installs what the tests need from the system: the server programs of MariaDB and RabbitMQ, and Chromium to look at the
# console with. They are only installed, never started: the tests start throwaway ones of their own (server/test/servers,
# console/test). PostgreSQL comes with npm.
set -eu

has_mariadb() {
  command -v mariadbd >/dev/null 2>&1 || [ -x /usr/sbin/mariadbd ]
}
has_rabbitmq() {
  ls /usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server >/dev/null 2>&1
}
has_chromium() {
  command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 ||
    command -v google-chrome >/dev/null 2>&1
}

packages=''
has_mariadb || packages='mariadb-server mariadb-client'
has_rabbitmq || packages="$packages rabbitmq-server"
has_chromium || packages="$packages chromium"
if [ -z "$packages" ]; then exit 0; fi

fail() {
  echo "install-test-servers: $1" >&2
  echo "install-test-servers: the tests need the server programs of MariaDB (mariadbd) and RabbitMQ (rabbitmq-server), and Chromium; install them and run the tests again." >&2
  exit 1
}

command -v apt-get >/dev/null 2>&1 || fail 'a program is missing and this system has no apt-get.'

as_root=''
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null 2>&1 || fail 'a program is missing, and installing it needs root or sudo.'
  sudo -n true 2>/dev/null || fail 'a program is missing, and sudo wants a password here.'
  as_root='sudo -n'
fi

# A package must not start its service: exit code 101 of policy-rc.d says so. An existing policy is left alone.
policy=/usr/sbin/policy-rc.d
made_policy=''
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
  $as_root chmod 755 "$policy"
  made_policy=yes
fi
clean_up() {
  if [ -n "$made_policy" ]; then $as_root rm -f "$policy"; fi
}
trap clean_up EXIT INT TERM

install_packages() {
  # One word each: the list is ours.
  # shellcheck disable=SC2086
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $packages
}

install_packages || {
  $as_root apt-get update || fail 'apt-get update failed.'
  install_packages || fail "apt-get could not install$packages."
}

has_mariadb || fail 'mariadb-server was installed, but mariadbd is not there.'
has_rabbitmq || fail 'rabbitmq-server was installed, but its program is not where it is expected.'
has_chromium || fail 'chromium was installed, but its program is not where it is expected.'
