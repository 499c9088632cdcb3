// Real systemd-udevd of a network of its own, where interfaces come and go.

export default {
  name: "udev-storm",
  about:
    "real systemd-udevd with a rule that runs a program for each network interface, and pairs of veth that come and go",
  network: true,
  observe: { seconds: 20, duration: "6s" },
  expected: {
    outcome: "storm",
    exitCode: 1,
    kind: "udev-storm",
    notKinds: ["respawn-loop", "polling-agent", "fork-bomb", "shell-loop", "unclassified"],
    // /usr/lib/systemd/systemd-udevd is a link to it.
    spawner: "/usr/bin/udevadm",
  },
  prepare(tools, options) {
    const end = Math.ceil(Date.now() / 1000 + options.delay + options.seconds + 1);
    tools.install("worker", "/usr/local/sbin/on-link");
    // Devices of the host are told in every network: the packaged rules, which load modules and make nodes, are not for it.
    tools.remove("/usr/lib/udev/rules.d");
    tools.write(
      "/etc/udev/rules.d/90-links.rules",
      'SUBSYSTEM=="net", ACTION=="add|remove", RUN+="/usr/local/sbin/on-link %k"\n',
    );
    tools.write(
      "/usr/local/sbin/start-udevd",
      "#!/bin/sh\ngrep -q ' /sys sysfs ' /proc/mounts || mount -t sysfs sysfs /sys\nmount -o remount,bind,ro /sys\nexec /usr/lib/systemd/systemd-udevd\n",
      0o755,
    );
    // One ip(8) for all, so that the shell starts no processes.
    tools.write(
      "/usr/local/sbin/flap",
      `#!/bin/bash
sleep ${options.delay + 1}
mkfifo /run/nap
exec 4<>/run/nap
while (( EPOCHSECONDS < ${end} )); do
  echo link add lab0 type veth peer name lab1
  read -r -t 0.05 -u 4
  echo link del lab0
  read -r -t 0.05 -u 4
done | ip -force -batch -
exec sleep 1000
`,
      0o755,
    );
    return { inittab: ["ud:2345:once:/usr/local/sbin/start-udevd", "fl:2345:once:/usr/local/sbin/flap"] };
  },
};
