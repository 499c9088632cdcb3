// A real podman with a container that ends at once, and that its restart policy starts again.

const ROOTFS = "/srv/flaky";

export default {
  name: "container-restart-loop",
  about: "real podman and crun with a container that ends at once and has --restart=always",
  network: true,
  packages: ["podman", "conmon", "crun"],
  defaults: { pids: 400 },
  observe: { seconds: 40, duration: "9s" },
  expected: {
    outcome: "storm",
    exitCode: 1,
    kind: "container-restart-loop",
    exe: "/usr/bin/conmon",
    notKinds: ["respawn-loop", "health-check-storm", "polling-agent", "unclassified"],
  },
  prepare(tools) {
    tools.install("worker", `${ROOTFS}/app`);
    for (const dir of ["proc", "dev", "sys", "tmp", "etc", "run"]) tools.write(`${ROOTFS}/${dir}/.keep`, "");
    tools.write("/etc/containers/policy.json", '{"default":[{"type":"reject"}]}\n');
    tools.write(
      "/etc/containers/storage.conf",
      '[storage]\ndriver = "vfs"\nrunroot = "/run/containers"\ngraphroot = "/var/lib/containers"\n',
    );
    tools.write(
      "/etc/containers/containers.conf",
      '[containers]\ncgroups = "disabled"\n[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\nruntime = "crun"\n',
    );
    tools.write(
      "/usr/local/sbin/start-podman",
      `#!/bin/sh
# What crun looks for, though it makes no cgroup here.
grep -q " /sys sysfs " /proc/mounts || mount -t sysfs sysfs /sys
mount -t tmpfs -o mode=755,size=1m whoforks-lab /sys/fs/cgroup
exec podman run -d --name flaky --restart=always --network=none --log-driver=none --rootfs ${ROOTFS} /app
`,
      0o755,
    );
    return { inittab: ["po:2345:once:/usr/local/sbin/start-podman"] };
  },
};
