// Programs that are brought back by a supervisor, with and without a limit.

const loop = (kind) => ({
  outcome: "storm",
  exitCode: 1,
  kind,
  notKinds: ["self-replicating-chain", "fork-bomb", "shell-loop"],
  exe: "/usr/local/bin/worker",
  spawner: "/usr/local/sbin/superd",
});

function supervised(tools, options, mode) {
  tools.install("superd", "/usr/local/sbin/superd");
  tools.install("worker", "/usr/local/bin/worker");
  return {
    countedBy: "page",
    inittab: ["su:2345:once:/usr/local/sbin/superd"],
    mode,
    intervalNs: BigInt(Math.round(options.interval * 1e6)),
  };
}

export const respawnLoop = {
  name: "respawn-loop",
  about: "a supervisor without a limit restarts a worker that lives 1 ms and ends with exit 0",
  expected: loop("respawn-loop"),
  prepare: (tools, options) => supervised(tools, options, "0"),
};

export const crashLoop = {
  name: "crash-loop",
  about: "the same with a worker that dies of SIGSEGV",
  expected: loop("crash-loop"),
  prepare: (tools, options) => supervised(tools, options, "s"),
};

export const respawnSysvinit = {
  name: "respawn-sysvinit",
  about: "real sysvinit restarts a worker that ends at once: ten starts, then its own limit pauses it for five minutes",
  expected: {
    outcome: "healthy",
    exitCode: 0,
    kind: null,
    restart: {
      supervisor: "sysvinit",
      unit: "wk",
      file: "/etc/inittab",
      line: 3,
      directive: "respawn",
      limitAllowsRate: true,
    },
  },
  prepare(tools) {
    tools.install("worker", "/usr/local/bin/worker");
    return { inittab: ["wk:2345:respawn:/usr/local/bin/worker"] };
  },
};

export const respawnRunit = {
  name: "respawn-runit",
  about: "real runsv restarts a service that ends at once, once a second and for ever",
  expected: {
    outcome: "healthy",
    exitCode: 0,
    kind: null,
    restart: { supervisor: "runit", unit: "worker", file: "/etc/sv/worker/run", limitAllowsRate: true },
  },
  prepare(tools) {
    tools.install("worker", "/usr/local/bin/worker");
    tools.write("/etc/sv/worker/run", "#!/bin/sh\nexec /usr/local/bin/worker\n", 0o755);
    return { inittab: ["sv:2345:respawn:/usr/bin/runsv /etc/sv/worker"] };
  },
};
