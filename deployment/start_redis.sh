#!/bin/sh
# Starts Redis with redis.conf, in which each user gets its password: that of the file redis_USER in the folder
# SECRETS (/run/secrets), or else REDIS_PASSWORD. Redis gets only the passwords' digests, and these by its
# standard input, so no list of processes shows them and any character is allowed.
set -eu

digest() {
  file=${SECRETS:-/run/secrets}/redis_$1
  if [ -f "$file" ]; then
    password=$(tr -d '\r\n' < "$file")
    password=${password#"$(printf '\357\273\277')"} # the byte order mark of an editor
  else
    password=${REDIS_PASSWORD:-}
  fi
  if [ -z "$password" ]; then
    echo "The user $1 has no password: set REDIS_PASSWORD, or write it into the file $file." >&2
    exit 1
  fi
  # macOS has shasum.
  printf %s "$password" | { sha256sum 2>/dev/null || shasum -a 256; } | cut -c 1-64
}

bot=$(digest bot)
verse=$(digest verse)
train=$(digest train)
configuration=$(sed \
  -e "s/^user bot on/& #$bot/" \
  -e "s/^user verse on/& #$verse/" \
  -e "s/^user train on/& #$train/" \
  "$(dirname "$0")/redis.conf")

exec redis-server - <<CONFIGURATION
$configuration
CONFIGURATION
