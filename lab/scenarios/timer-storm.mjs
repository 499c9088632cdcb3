// Real systemd whose timer starts a service again and again.

export default {
  name: "timer-storm",
  about: "real systemd (in nspawn) with a timer that starts a service ten times a second",
  system: "systemd",
  defaults: { pids: 300 },
  expected: {
    outcome: "storm",
    exitCode: 1,
    kind: "timer-storm",
    exe: "/usr/local/bin/worker",
    notKinds: ["respawn-loop", "crash-loop", "polling-agent", "unclassified"],
    spawner: "/usr/lib/systemd/systemd",
    restart: {
      supervisor: "systemd",
      unit: "poll.timer",
      file: "/etc/systemd/system/poll.timer",
      line: 5,
      directive: "OnUnitActiveSec=100ms",
      resolvesTo: "/usr/local/bin/worker",
      limitAllowsRate: true,
    },
  },
  prepare(tools) {
    tools.install("worker", "/usr/local/bin/worker");
    tools.write(
      "/etc/systemd/system/poll.timer",
      "[Unit]\nDescription=polls\n[Timer]\nOnActiveSec=1s\nOnUnitActiveSec=100ms\nAccuracySec=1us\n",
    );
    // Without the limit switched off systemd refuses the sixth start within ten seconds.
    tools.write(
      "/etc/systemd/system/poll.service",
      "[Unit]\nStartLimitIntervalSec=0\n[Service]\nType=oneshot\nExecStart=/usr/local/bin/worker\n",
    );
    tools.link("/etc/systemd/system/multi-user.target.wants/poll.timer", "../poll.timer");
    return {};
  },
};
