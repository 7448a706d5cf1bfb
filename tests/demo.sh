#!/usr/bin/env bash
# Runs the demo in an empty directory to its first personalised recommendation, then stops it with Ctrl-C and looks for
# what it may have left behind. Usage: [ALLOWED=SECONDS] tests/demo.sh PATH-TO-CIVICSENSE, or: tests/demo.sh cargo run --
set -euo pipefail
allowed=${ALLOWED:-240}
dir=$(mktemp -d)
log="$dir/demo.log"
port=18473
url="http://127.0.0.1:$port"

"$@" demo --port "$port" --data-dir "$dir/data" --citizens "${CITIZENS:-2000}" --days "${DAYS:-30}" >"$log" 2>&1 &
pid=$!
trap 'kill -9 $pid 2>/dev/null || true; rm -rf "$dir"' EXIT

started=$SECONDS
until curl -sf --max-time 5 "$url/v1/recommendations?surface=home&limit=6" -H 'X-Civicsense-Visitor: demo-persona-new-parent' \
        2>/dev/null | grep -q '"personalized":true'; do
    kill -0 $pid 2>/dev/null || { echo "the demo ended early:"; tail -40 "$log"; exit 1; }
    [ $((SECONDS - started)) -lt "$allowed" ] || { echo "no personalised recommendation within $allowed s:"; tail -40 "$log"; exit 1; }
    sleep 0.5
done
echo "first personalised recommendation after $((SECONDS - started)) s"

children=$(pgrep -P $pid || true)
kb=0
for process in $pid $children; do
    kb=$((kb + $(awk '/^VmRSS/{print $2}' "/proc/$process/status")))
done
echo "resident memory, engine included: $((kb / 1024)) MiB"
[ $kb -lt $((2 * 1024 * 1024)) ] || { echo "that is 2 GiB or more"; exit 1; }

kill -INT $pid
for _ in $(seq 100); do kill -0 $pid 2>/dev/null || break; sleep 0.2; done
if kill -0 $pid 2>/dev/null; then echo "did not stop within 20 s of Ctrl-C"; exit 1; fi
for process in $children; do
    if kill -0 "$process" 2>/dev/null; then echo "left process $process behind"; exit 1; fi
done
echo "stopped cleanly"
