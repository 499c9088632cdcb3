# Becomes PID 1 of the namespaces that unshare(1) made, with the overlay as the only root it can see, then the program
# given. Arguments: FOLDER PID-MAX|- LOGIN-UID|- net|- COMMAND…
set -e
folder=$1 pid_max=$2 login_uid=$3 network=$4
shift 4
# /proc still is the host's: our number as the host counts.
read -r host_pid rest </proc/self/stat
# By this number audit rules tell what happens inside from the rest of the host; every descendant inherits it.
[ "$login_uid" = - ] || echo "$login_uid" >/proc/self/loginuid
# A network of its own begins with nothing that is up.
[ "$network" = - ] || ip link set lo up
cd "$folder/root"
mount -t proc -o nosuid,nodev,noexec proc proc
mount -t tmpfs -o mode=755,size=1m,nosuid whoforks-lab dev
mknod -m 666 dev/null c 1 3
mknod -m 666 dev/zero c 1 5
mknod -m 666 dev/full c 1 7
mknod -m 666 dev/random c 1 8
mknod -m 666 dev/urandom c 1 9
ln -s /proc/self/fd dev/fd
mkdir dev/shm
: >dev/console
mount --bind "$folder/console" dev/console
hostname whoforks-lab
# Only on kernels that keep a limit per PID namespace; the caller has made sure.
[ "$pid_max" = - ] || echo "$pid_max" >proc/sys/kernel/pid_max
echo "$host_pid" >"$folder/init.pid.new"
mv "$folder/init.pid.new" "$folder/init.pid"
pivot_root . mnt
cd /
umount -l mnt
ulimit -c 0
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@" <>/dev/console >&0 2>&0
