// A parent that never waits for its children, in the two ways there are: only in the first do they stay as zombies.

function careless(tools, options, mode) {
  tools.install("careless", "/usr/local/sbin/careless");
  tools.install("worker", "/usr/local/bin/worker");
  return {
    countedBy: "page",
    inittab: ["cl:2345:once:/usr/local/sbin/careless"],
    mode,
    intervalNs: BigInt(Math.round(options.interval * 1e6)),
  };
}

export const zombies = {
  name: "zombies",
  about: "a daemon starts twenty workers a second and waits for none: each stays as a zombie",
  // One zombie for each start, as long as the scenario may last.
  defaults: { interval: 50, pids: 2000, seconds: 20 },
  expected: {
    outcome: "storm",
    exitCode: 1,
    kind: "zombie-accumulation",
    notKinds: ["respawn-loop", "crash-loop", "self-replicating-chain"],
    exe: "/usr/local/bin/worker",
    spawner: "/usr/local/sbin/careless",
  },
  prepare: (tools, options) => careless(tools, options, "z"),
};

export const quietAutoreap = {
  name: "quiet-autoreap",
  about: "a daemon starts three workers a second and ignores SIGCHLD: the kernel reaps them, none stays as a zombie",
  defaults: { interval: 330 },
  expected: { outcome: "healthy", exitCode: 0, kind: null },
  prepare: (tools, options) => careless(tools, options, "i"),
};
