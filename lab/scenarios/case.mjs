// The case itself: an impostor in /usr/bin that bears the name of the packaged /usr/sbin/atd, started by a real init.

const IMPOSTOR = { path: "/usr/bin/atd", size: 2_443_616, mode: 0o711, mtime: new Date("2017-02-20T08:14:00Z") };

const SYSVINITS = {
  supervisor: "sysvinit",
  unit: "at",
  file: "/etc/inittab",
  line: 3,
  directive: "respawn",
  limitAllowsRate: false,
};

const storm = (bits, restart = SYSVINITS, reaper = "/usr/sbin/init") => ({
  outcome: "storm",
  exitCode: 1,
  kind: "self-replicating-chain",
  notKinds: ["respawn-loop", "crash-loop", "fork-bomb"],
  exe: IMPOSTOR.path,
  bits,
  reaper,
  restart,
  identity: { path: IMPOSTOR.path, verdict: "impostor", claims: { package: "at", path: "/usr/sbin/atd" } },
});

function plant(tools, options, { bits, chains, command = IMPOSTOR.path, starter = `at:2345:respawn:${command}` }) {
  const { path, ...looks } = IMPOSTOR;
  tools.install("chain", path, { ...looks, bits });
  return {
    countedBy: "page",
    inittab: [starter],
    maxStarts: chains,
    intervalNs: options.rate > 0 ? BigInt(Math.round(1e9 / options.rate)) : 0n,
  };
}

export const caseFile = {
  name: "case",
  about: "a self-replicating chain under real sysvinit, 64-bit, from an impostor of atd",
  expected: storm(64),
  prepare: (tools, options) => plant(tools, options, { bits: 64, chains: options.chains }),
};

export const case32 = {
  name: "case-32",
  about: "the same, 32-bit as in the case: forks through int 0x80 (arch=40000003 syscall=2)",
  executes32Bit: true,
  expected: storm(32),
  prepare: (tools, options) => plant(tools, options, { bits: 32, chains: options.chains }),
};

export const caseParallel = {
  name: "case-parallel",
  about:
    "the case as nature has it: init starts the impostor ten times before it pauses, so ten chains run side by side",
  defaults: { chains: 10 },
  expected: storm(64),
  prepare: (tools, options) => plant(tools, options, { bits: 64, chains: options.chains }),
};

export const short = {
  name: "short",
  about: "a chain that begins in the middle of the window and is over after 1.5 s",
  defaults: { delay: 1, seconds: 1.5 },
  expected: storm(64),
  prepare: (tools, options) => plant(tools, options, { bits: 64, chains: options.chains }),
};

export const pidReuse = {
  name: "pid-reuse",
  about:
    "a chain whose PIDs return many times a second: 1000 numbers inside (kernel 6.14 or newer), the host's wrap too",
  expected: storm(64),
  prepare(tools, options) {
    const facts = plant(tools, options, { bits: 64, chains: options.chains });
    // Before 6.14 there was one pid_max for the whole host, which is not ours to change.
    return tools.kernelAtLeast(6, 14) ? { ...facts, pidMax: 1000 } : facts;
  },
};

export const caseBare = {
  name: "case-bare",
  about:
    "the impostor lies there, but the inittab says a bare `atd`: real sysvinit finds the genuine /usr/sbin/atd first",
  // The genuine atd goes to the background, init takes that for its end and gives up after ten starts.
  expected: {
    outcome: "healthy",
    exitCode: 0,
    kind: null,
    restart: {
      supervisor: "sysvinit",
      unit: "at",
      file: "/etc/inittab",
      line: 3,
      directive: "respawn",
      resolvesTo: "/usr/sbin/atd",
    },
    identity: { path: IMPOSTOR.path, verdict: "impostor", claims: { package: "at", path: "/usr/sbin/atd" } },
  },
  prepare(tools, options) {
    const facts = plant(tools, options, { bits: 64, chains: options.chains, command: "atd" });
    return { ...facts, countedBy: "pids" };
  },
};

export const variedChain = {
  name: "varied-chain",
  about: "a chain of which each generation makes other calls before it forks",
  expected: { ...storm(64), exe: "/usr/local/bin/varied", identity: undefined, restart: undefined },
  prepare(tools, options) {
    const facts = plant(tools, options, { bits: 64, chains: options.chains, command: "/usr/local/bin/varied" });
    tools.install("chain", "/usr/local/bin/varied", { defines: { VARIED: "1" } });
    return facts;
  },
};

/** What PAM asks of a service whose own file the lab does not have. */
const PERMIT = "auth required pam_permit.so\naccount required pam_permit.so\nsession required pam_permit.so\n";

/** The case with another supervisor below init, which has the impostor's job in its own files. */
function caseUnder(name, about, restart, { starter, files, links = [], defaults }) {
  return {
    name,
    about,
    ...(defaults === undefined ? {} : { defaults }),
    expected: storm(64, { resolvesTo: IMPOSTOR.path, limitAllowsRate: false, ...restart }),
    prepare(tools, options) {
      for (const [path, text, mode] of files) tools.write(path, text, mode);
      for (const [path, target] of links) tools.link(path, target);
      return plant(tools, options, { bits: 64, chains: options.chains, starter });
    },
  };
}

export const caseRunit = caseUnder(
  "case-runit",
  "the case under real runit: runsv starts the impostor from /etc/sv/at/run",
  { supervisor: "runit", unit: "at", file: "/etc/sv/at/run", line: 4, directive: "run" },
  {
    starter: "sv:2345:respawn:/usr/bin/runsvdir -P /etc/service",
    links: [["/etc/runit/runsvdir/default/at", "/etc/sv/at"]],
    files: [["/etc/sv/at/run", "#!/bin/sh\nexec 2>&1\n# jobs for later\nexec chpst -n 1 /usr/bin/atd\n", 0o755]],
  },
);

export const caseS6 = caseUnder(
  "case-s6",
  "the case under real s6: s6-supervise starts the impostor from a script of execline",
  { supervisor: "s6", unit: "at", file: "/run/service/at/run", line: 4, directive: "run" },
  {
    starter: "s6:2345:respawn:/usr/bin/s6-svscan /run/service",
    files: [
      [
        "/run/service/at/run",
        "#!/usr/bin/execlineb -P\nfdmove -c 2 1\n# jobs for later\ns6-softlimit -o 64\n/usr/bin/atd\n",
        0o755,
      ],
    ],
  },
);

export const caseCron = caseUnder(
  "case-cron",
  "the case under real cron: a line of /etc/cron.d starts the impostor when cron starts",
  { supervisor: "cron", unit: "later:4", file: "/etc/cron.d/later", line: 4, directive: "@reboot" },
  {
    starter: "cr:2345:respawn:/usr/sbin/cron -f",
    files: [
      ["/etc/cron.d/later", "PATH=/usr/sbin:/usr/bin\n# jobs for later\n\n@reboot root nice -n 1 /usr/bin/atd\n"],
      ["/etc/pam.d/cron", PERMIT],
    ],
  },
);

export const caseAt = caseUnder(
  "case-at",
  "the case under real atd: a job of at(1) that still runs has started the impostor",
  // atd names a job so while it runs, and deletes it afterwards. What a script of several commands starts is no one program.
  {
    supervisor: "at",
    unit: "1",
    file: "/var/spool/cron/atjobs/=000010183f4d0",
    line: 9,
    directive: "at",
    resolvesTo: null,
  },
  {
    starter: "at:2345:once:/usr/sbin/atd -f",
    files: [
      [
        "/var/spool/cron/atjobs/a000010183f4d0",
        "#!/bin/sh\n# atrun uid=0 gid=0\n# mail root 0\numask 22\ncd /root || {\n\techo no >&2\n\texit 1\n}\n/usr/bin/atd\nsleep 60\n",
        0o700,
      ],
      ["/etc/pam.d/atd", PERMIT],
    ],
  },
);

export const caseAnacron = caseUnder(
  "case-anacron",
  "the case under real anacron: a line of its table starts the impostor",
  { supervisor: "anacron", unit: "later", file: "/etc/anacrontab", line: 4, directive: "1" },
  {
    starter: "an:2345:once:/usr/sbin/anacron -d -f -n -s",
    files: [["/etc/anacrontab", "SHELL=/bin/sh\nPATH=/usr/sbin:/usr/bin\n\n1\t0\tlater\tnice -n 1 /usr/bin/atd\n"]],
  },
);

export const caseSupervisord = caseUnder(
  "case-supervisord",
  "the case under real supervisord: a program of its configuration is the impostor",
  {
    supervisor: "supervisord",
    unit: "later",
    file: "/etc/supervisor/conf.d/later.conf",
    line: 3,
    directive: "autorestart=true",
  },
  {
    starter: "su:2345:respawn:/usr/bin/python3 /usr/bin/supervisord -n -c /etc/supervisor/supervisord.conf",
    files: [
      [
        "/etc/supervisor/supervisord.conf",
        "[supervisord]\nlogfile=/dev/null\nlogfile_maxbytes=0\npidfile=/run/supervisord.pid\n[include]\nfiles = conf.d/*.conf\n",
      ],
      ["/etc/supervisor/conf.d/later.conf", "[program:later]\ncommand=nice -n 1 /usr/bin/atd\nautorestart=true\n"],
    ],
  },
);

export const caseOpenrc = caseUnder(
  "case-openrc",
  "the case under OpenRC's real supervise-daemon: a service of /etc/init.d has the impostor as its command",
  { supervisor: "openrc", unit: "later", file: "/etc/init.d/later", line: 2, directive: "supervisor=supervise-daemon" },
  {
    starter: "rc:2345:once:/usr/local/sbin/start-later",
    links: [["/etc/runlevels/default/later", "/etc/init.d/later"]],
    files: [
      ["/etc/init.d/later", "#!/sbin/openrc-run\nsupervisor=supervise-daemon\ncommand=/usr/bin/atd\n", 0o755],
      // The folders that openrc-init makes at boot, then the one service.
      [
        "/usr/local/sbin/start-later",
        "#!/bin/sh\nmkdir /run/openrc\ncd /run/openrc\nmkdir starting started stopping inactive wasinactive failed hotplugged daemons options exclusive scheduled init.d tmp\necho default >/run/openrc/softlevel\nexec /sbin/rc-service later start\n",
        0o755,
      ],
    ],
  },
);

export const caseMonit = caseUnder(
  "case-monit",
  "the case under real monit: the start program of a check is the impostor",
  { supervisor: "monit", unit: "later", file: "/etc/monit/conf.d/later", line: 2, directive: "start program" },
  {
    starter: "mo:2345:respawn:/usr/bin/monit -I -c /etc/monit/monitrc",
    files: [
      [
        "/etc/monit/monitrc",
        "set daemon 2\nset log /dev/null\nset idfile /run/monit.id\nset statefile /run/monit.state\ninclude /etc/monit/conf.d/*\n",
        0o600,
      ],
      [
        "/etc/monit/conf.d/later",
        'check process later with pidfile /run/later.pid\n  start program = "/usr/bin/nice -n 1 /usr/bin/atd"\n',
        0o600,
      ],
    ],
  },
);

export const caseSystemd = {
  name: "case-systemd",
  about: "the case under real systemd (in nspawn): a unit of /etc that takes the place of the packaged one",
  system: "systemd",
  defaults: { pids: 300 },
  expected: storm(
    64,
    {
      supervisor: "systemd",
      unit: "atd.service",
      file: "/etc/systemd/system/atd.service",
      line: 6,
      directive: "Restart=always",
      limit: { starts: 5, seconds: 10 },
      limitAllowsRate: false,
      resolvesTo: IMPOSTOR.path,
    },
    "/usr/lib/systemd/systemd",
  ),
  prepare(tools, options) {
    // As in the packaged unit, KillMode= has systemd leave alone what the first process started.
    tools.write(
      "/etc/systemd/system/atd.service",
      "[Unit]\nDescription=jobs for later\n[Service]\nExecStart=/usr/bin/atd\nKillMode=process\nRestart=always\n[Install]\nWantedBy=multi-user.target\n",
    );
    return plant(tools, options, { bits: 64, chains: options.chains });
  },
};
