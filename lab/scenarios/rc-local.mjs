// Real sysvinit runs /etc/rc.local once, and a loop in it starts a program without an end.

export default {
  name: "rc-local",
  about: "real sysvinit runs /etc/rc.local at the end of boot, which leaves a loop behind that starts a program again",
  expected: {
    outcome: "storm",
    exitCode: 1,
    kind: "shell-loop",
    notKinds: ["self-replicating-chain", "respawn-loop", "fork-bomb", "unclassified"],
    spawner: "/usr/bin/dash",
    restart: {
      supervisor: "rc.local",
      unit: "rc.local:5",
      file: "/etc/rc.local",
      line: 5,
      directive: "command",
      resolvesTo: "/usr/local/bin/worker",
    },
  },
  prepare(tools, options) {
    const end = Math.ceil(Date.now() / 1000 + options.delay + options.seconds + 1);
    tools.install("worker", "/usr/local/bin/worker");
    tools.write(
      "/etc/rc.local",
      `#!/bin/sh -e
sleep ${options.delay}
# keep it running
while [ ! -e /run/enough ]; do
  /usr/local/bin/worker --serve
done &
exit 0
`,
      0o755,
    );
    // The loop itself has no clock.
    tools.write(
      "/usr/local/sbin/enough",
      `#!/bin/bash\nsleep $(( ${end} - EPOCHSECONDS ))\n: >/run/enough\nexec sleep 1000\n`,
      0o755,
    );
    return { inittab: ["rc:2345:wait:/etc/rc.local", "en:2345:once:/usr/local/sbin/enough"] };
  },
};
