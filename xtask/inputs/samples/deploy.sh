#!/usr/bin/env bash
# Puts a release in place, and the old one back if it does not start.
set -euo pipefail

release=${1:?usage: deploy.sh RELEASE}
current=/srv/app/current
previous=$(readlink "$current" || true)

log() {
  printf '%s %s\n' "$(date -u +%FT%TZ)" "$*" >&2
}

if [[ ! -d "/srv/app/releases/$release" ]]; then
  log "there is no release $release"
  exit 1
fi

ln -sfn "releases/$release" "$current"
for attempt in 1 2 3; do
  if systemctl restart app && curl -fsS localhost:8080/health > /dev/null; then
    log "$release is up"
    exit 0
  fi
  log "attempt $attempt failed"
done

[ -n "$previous" ] && ln -sfn "$previous" "$current"
exit 1
