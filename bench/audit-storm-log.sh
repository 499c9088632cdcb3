#!/bin/sh
# Records a real audit log of a real, bounded storm: usage  audit-storm-log.sh FILE [ROUNDS]
# Needs root, auditd and unshare, and that no audit daemon runs. Rules carry the key whoforks-bench and are gone afterwards.
set -eu
out=$1
rounds=${2:-4200}
[ "$(auditctl -s | sed -n 's/^pid //p')" = 0 ] || { echo "an audit daemon is running: not touching it" >&2; exit 1; }
dir=$(mktemp -d)
enabled=$(auditctl -s | sed -n 's/^enabled //p')
backlog=$(auditctl -s | sed -n 's/^backlog_limit //p')
daemon=
finish() {
  auditctl -D -k whoforks-bench >/dev/null 2>&1 || true
  [ -z "$daemon" ] || { kill "$daemon" && wait "$daemon" || true; }
  auditctl -e "$enabled" >/dev/null
  auditctl -b "$backlog" >/dev/null
  rm -rf "$dir"
}
trap finish EXIT INT TERM
mkdir "$dir/plugins.d"
cat > "$dir/auditd.conf" <<CONF
log_file = $out
log_format = RAW
log_group = root
flush = NONE
num_logs = 0
max_log_file = 999
max_log_file_action = IGNORE
space_left = 75
space_left_action = IGNORE
admin_space_left = 50
admin_space_left_action = IGNORE
disk_full_action = IGNORE
disk_error_action = IGNORE
name_format = NONE
q_depth = 90000
plugin_dir = $dir/plugins.d
CONF
auditd -n -c "$dir" &
daemon=$!
sleep 1
auditctl -b 65536 >/dev/null
for arch in b64 b32; do
  auditctl -a always,exit -F arch=$arch -S execve,execveat,fork,vfork,clone,clone3,exit,exit_group -k whoforks-bench
done
# A shell that starts a missing program, a pipeline and a script again and again: vforks, forks, PATH searches that fail.
cat > "$dir/storm.sh" <<'STORM'
n=0
while [ $n -lt $1 ]; do
  n=$((n + 1))
  /bin/true
  no-such-program 2>/dev/null
  sh -c 'echo ab | cat' >/dev/null
done
STORM
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin unshare -pf --mount-proc timeout 120 sh "$dir/storm.sh" "$rounds" || true
sleep 2
