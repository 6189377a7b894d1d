#!/usr/bin/env bash
# CPU per proxied request: nginx plain, nginx with ten sub_filters, HAProxy and consentry, before one nginx origin.
#
#   benches/proxy/run.sh [--rounds 5] [--seconds 3] [--workers 1] [--connections 32] [--binary target/release/consentry]
#
# Needs nginx, haproxy, wrk and python3 (Debian: apt-get install nginx-light haproxy wrk). Without the binary only
# the others are measured. See measure.py for what is measured and how.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export PATH="$PATH:/usr/sbin:/sbin"
for tool in nginx haproxy wrk python3; do
  command -v "$tool" >/dev/null || { echo "$tool is not installed; apt-get install nginx-light haproxy wrk python3" >&2; exit 2; }
done
exec python3 "$here/measure.py" "$@"
