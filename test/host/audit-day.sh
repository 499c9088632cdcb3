#!/bin/sh
# A working day in the root of a scenario: sessions, accounts, files, failures. $1: user id of the session, $2: the watched folder.
echo "$1" >/proc/self/loginuid
cd "$2" || exit 1
./day
ip link set lo promisc on
ip link set lo promisc off

groupadd -g 51800 wf-group
useradd -m -u 51801 -g wf-group -c "A person" wf-person
echo 'wf-person:a secret' | chpasswd
usermod -a -G audio wf-person
chage -M 90 wf-person
passwd -q -l wf-person
passwd -q -u wf-person
su wf-person -s /bin/sh -c 'cat /etc/shadow; cat /etc/nothing; ls "/root" ; id' 2>/dev/null
runuser -u wf-person -- sh -c 'echo wrong | su root -c id' 2>/dev/null
userdel -r wf-person 2>/dev/null
groupdel wf-group

mkdir -p "watched/a folder"
echo 1 >watched/plain
echo 2 >"watched/with space"
mv watched/plain watched/moved
mv watched/moved "watched/a folder/naïve"
ln "watched/a folder/naïve" watched/hard
ln -s nowhere watched/soft
chmod 4755 watched/hard
chown 64711:64711 watched/hard
touch -d @0 watched/hard
cat watched/soft 2>/dev/null
cp -p watched/hard watched/copy
rm -f watched/copy watched/hard "watched/a folder/naïve" watched/soft "watched/with space"
rmdir "watched/a folder"

setpriv --reuid="$1" --clear-groups ./mix
setpriv --reuid="$1" --clear-groups sh -c 'i=0; while [ $i -lt 20 ]; do i=$((i+1)); /bin/true "$i"; done; kill -SEGV $$'
setpriv --reuid="$1" --clear-groups sh -c '/etc/shadow; cat /etc/shadow; ./nothing; exec 3</dev/tcp' 2>/dev/null
exit 0
