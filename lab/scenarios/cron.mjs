// The real cron of Debian, with a crowd of jobs and with a few.

function cron(tools, jobs) {
  tools.install("worker", "/usr/local/bin/worker");
  const lines = Array.from({ length: jobs }, () => "* * * * * root /usr/local/bin/worker\n");
  tools.write("/etc/cron.d/lab", `SHELL=/bin/sh\nPATH=/usr/local/bin:/usr/bin:/bin\n${lines.join("")}`);
  tools.write(
    "/usr/local/sbin/start-cron",
    "#!/bin/sh\nmkdir -p /var/spool/cron/crontabs\nexec /usr/sbin/cron -f\n",
    0o755,
  );
  return { inittab: ["cr:2345:once:/usr/local/sbin/start-cron"] };
}

export const cronStorm = {
  name: "cron-storm",
  // Until the next full minute.
  observe: { seconds: 90, duration: "65s" },
  about: "real cron with forty jobs that are all due each minute: quiet, but for the first second of a minute",
  defaults: { pids: 400, seconds: 80 },
  expected: {
    outcome: "storm",
    exitCode: 1,
    kind: "cron-storm",
    notKinds: ["respawn-loop", "fork-bomb", "polling-agent", "unclassified"],
    spawner: "/usr/sbin/cron",
  },
  prepare: (tools) => cron(tools, 40),
};

export const quietCron = {
  name: "quiet-cron",
  about: "an idle host with real cron and three jobs a minute",
  defaults: { seconds: 80 },
  expected: { outcome: "healthy", exitCode: 0, kind: null },
  prepare: (tools) => cron(tools, 3),
};
