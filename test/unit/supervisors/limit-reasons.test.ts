import { describe, expect, it } from "vitest";
import { render } from "../../../src/report/text/catalogue/index.ts";
import { atOnce } from "../../../src/model/steps.ts";
import {
  LIMIT_CODES,
  limitAllowsRate,
  readConfiguration,
  type Ends,
  type Job,
} from "../../../src/supervisors/index.ts";
import { withTree, type Entry } from "./tree.ts";

const ID = "7c0f".repeat(16);
const run = (text: string): Entry => ({ mode: 0o755, content: text });
const docker = (name: string, most = 0): Record<string, Entry> => ({
  [`/var/lib/docker/containers/${ID}/hostconfig.json`]: JSON.stringify({
    RestartPolicy: { Name: name, MaximumRetryCount: most },
  }),
  [`/var/lib/docker/containers/${ID}/config.v2.json`]: JSON.stringify({ Name: "/web", Path: "d", Args: [] }),
});
const pm2 = (more: object): Record<string, Entry> => ({
  "/root/.pm2/dump.pm2": JSON.stringify([{ name: "d", pm_exec_path: "/d.js", ...more }]),
});
const unit = (lines: string, more = ""): Record<string, Entry> => ({
  "/etc/systemd/system/d.service": `${more}[Service]\nExecStart=/bin/d\n${lines}\n`,
});

const CLEAN: Ends = { clean: 1, failed: 0, signalled: 0 };
const FAILED: Ends = { clean: 0, failed: 1, signalled: 0 };

interface Seen {
  perSecond: number;
  seconds?: number;
  life?: number;
  ends?: Ends;
}

/**
 * What each supervisor's own defaults say to a rate. Sources: systemd.service(5) and systemd.unit(5) (RestartSec=100ms, 5 in
 * 10 s), init(5) of upstart (respawn limit 10 5), inittab(5) and init.h of sysvinit (10 in 120 s, 300 s), runsv(8) and
 * s6-supervise (a second between starts), supervisord's configuration (startsecs 1, startretries 3, exitcodes 0), monit(1)
 * (a cycle of `set daemon`), restartmanager.go of docker (0.1 s doubled to 60 s, 10 s), the kubelet's CrashLoopBackOff (10 s
 * doubled to 300 s, 600 s), crontab(5), anacrontab(5), at(1), inetd(8) (256 a minute, 10 minutes), xinetd.conf(5) (cps 50 10),
 * dinit-service(5) (0.2 s, 3 in 10 s), lib/God.js of pm2 (16 runs under 1 s), supervise-daemon(8) (10 respawns).
 */
// prettier-ignore
const CASES: [name: string, files: Record<string, Entry>, supervisor: string, seen: Seen, code: string, allowed: boolean | null][] = [
  ["systemd's limit stops it", unit("Restart=always"), "systemd", { perSecond: 5, seconds: 30 }, "would-have-stopped", false],
  ["systemd's limit is off", unit("Restart=always", "[Unit]\nStartLimitIntervalSec=0\n"), "systemd", { perSecond: 8, seconds: 30 }, "unlimited", true],
  ["systemd's delay keeps it from its limit", unit("Restart=always\nRestartSec=3"), "systemd", { perSecond: 0.3, seconds: 30 }, "never-trips", true],
  ["systemd does not restart a clean end on failure", unit("Restart=on-failure"), "systemd", { perSecond: 5, seconds: 30, ends: CLEAN }, "end-not-restarted", false],
  ["systemd does where the daemon was not ready", unit("Restart=on-failure\nType=notify"), "systemd", { perSecond: 5, seconds: 30, ends: CLEAN }, "would-have-stopped", false],
  ["systemd does not restart a failure on success", unit("Restart=on-success"), "systemd", { perSecond: 5, seconds: 30, ends: FAILED }, "end-not-restarted", false],
  ["systemd does not restart an exit on a signal", unit("Restart=on-abort"), "systemd", { perSecond: 5, seconds: 30, ends: FAILED }, "end-not-restarted", false],
  ["upstart's limit stops it", { "/etc/init/d.conf": "respawn\nexec /bin/d\n" }, "upstart", { perSecond: 20, seconds: 30 }, "would-have-stopped", false],
  ["upstart's limit is slower than two a second", { "/etc/init/d.conf": "respawn\nexec /bin/d\n" }, "upstart", { perSecond: 2, seconds: 30 }, "not-reached", true],
  ["upstart's limit is off", { "/etc/init/d.conf": "respawn\nrespawn limit unlimited\nexec /bin/d\n" }, "upstart", { perSecond: 200, seconds: 30 }, "unlimited", true],
  ["upstart takes an end for normal", { "/etc/init/d.conf": "respawn\nnormal exit 0\nexec /bin/d\n" }, "upstart", { perSecond: 20, seconds: 30, ends: CLEAN }, "end-not-restarted", false],
  ["sysvinit pauses", { "/etc/inittab": "d:2:respawn:/bin/d\n", "/sbin/init": "x" }, "sysvinit", { perSecond: 2, seconds: 30 }, "pauses", false],
  ["runit has none", { "/etc/service/d/run": run("#!/bin/sh\nexec /bin/d\n") }, "runit", { perSecond: 1, seconds: 30 }, "has-none", true],
  ["s6 has none, and waits", { "/run/service/d/run": run("#!/bin/sh\nexec /bin/d\n") }, "s6", { perSecond: 9, seconds: 30 }, "delay-bounds-rate", false],
  ["supervisord gives up", { "/etc/supervisord.conf": "[program:d]\ncommand=/bin/d\n" }, "supervisord", { perSecond: 0.9, seconds: 60, life: 0.1, ends: CLEAN }, "would-have-stopped", false],
  ["supervisord forgets who lived for a second", { "/etc/supervisord.conf": "[program:d]\ncommand=/bin/d\nautorestart=true\n" }, "supervisord", { perSecond: 0.8, seconds: 60, life: 1.2, ends: CLEAN }, "lives-too-long", true],
  ["supervisord counts each of its processes", { "/etc/supervisord.conf": "[program:d]\ncommand=/bin/d\nautorestart=true\nnumprocs=10\nprocess_name=%(process_num)d\n" }, "supervisord", { perSecond: 8, seconds: 60, life: 1.2 }, "lives-too-long", true],
  ["supervisord expects exit 0", { "/etc/supervisord.conf": "[program:d]\ncommand=/bin/d\n" }, "supervisord", { perSecond: 0.5, seconds: 60, life: 1.9, ends: CLEAN }, "end-not-restarted", false],
  ["supervisord expects what its exitcodes say", { "/etc/supervisord.conf": "[program:d]\ncommand=/bin/d\nexitcodes=0, 2\n" }, "supervisord", { perSecond: 0.5, seconds: 60, life: 1.9, ends: { ...FAILED, each: [{ code: 2, signal: null, share: 1 }] } }, "end-not-restarted", false],
  ["supervisord does not expect exit 0 where they do not", { "/etc/supervisord.conf": "[program:d]\ncommand=/bin/d\nexitcodes=2\n" }, "supervisord", { perSecond: 0.5, seconds: 60, life: 1.9, ends: { ...CLEAN, each: [{ code: 0, signal: null, share: 1 }] } }, "lives-too-long", true],
  ["monit has none but its cycle", { "/etc/monitrc": 'set daemon 10\ncheck process d with pidfile /run/d\n start program = "/bin/d"\n' }, "monit", { perSecond: 0.1, seconds: 600 }, "has-none", true],
  ["docker waits longer each time", docker("always"), "docker", { perSecond: 5, seconds: 30 }, "backs-off", false],
  ["docker has just begun to", docker("always"), "docker", { perSecond: 2, seconds: 2, life: 0.05 }, "back-off-begins", true],
  ["docker begins anew after ten seconds", docker("unless-stopped"), "docker", { perSecond: 0.09, seconds: 600, life: 11 }, "back-off-anew", true],
  ["docker does not restart a clean end on failure", docker("on-failure", 5), "docker", { perSecond: 1, seconds: 30, ends: CLEAN }, "end-not-restarted", false],
  ["docker gives up", docker("on-failure", 3), "docker", { perSecond: 4, seconds: 2, ends: FAILED }, "backs-off", false],
  ["the kubelet waits", { "/etc/kubernetes/manifests/d.yaml": "kind: Pod\nmetadata: {name: d}\nspec: {containers: [{name: d, command: [/bin/d]}]}\n" }, "kubelet", { perSecond: 0.09, seconds: 600 }, "backs-off", false],
  ["the kubelet's wait is the longest", { "/etc/kubernetes/manifests/d.yaml": "kind: Pod\nmetadata: {name: d}\nspec: {containers: [{name: d, command: [/bin/d]}]}\n" }, "kubelet", { perSecond: 1 / 300, seconds: 3600, life: 1 }, "back-off-begins", true],
  ["cron has its schedule", { "/etc/crontab": "* * * * * root /bin/d\n" }, "cron", { perSecond: 1 / 60, seconds: 600 }, "schedule", true],
  ["anacron has its schedule", { "/etc/anacrontab": "1 5 d /bin/d\n" }, "anacron", { perSecond: 1, seconds: 60 }, "schedule", false],
  ["inetd pauses", { "/etc/inetd.conf": "echo stream tcp nowait root /bin/d d\n" }, "inetd", { perSecond: 30, seconds: 60 }, "pauses", false],
  ["inetd's limit is slower than four a second", { "/etc/inetd.conf": "echo stream tcp nowait root /bin/d d\n" }, "inetd", { perSecond: 4, seconds: 60 }, "not-reached", true],
  ["xinetd pauses", { "/etc/xinetd.conf": "service echo\n{\n server = /bin/d\n}\n" }, "xinetd", { perSecond: 60, seconds: 60 }, "pauses", false],
  ["xinetd's limit is off", { "/etc/xinetd.conf": "service echo\n{\n server = /bin/d\n cps = 0\n}\n" }, "xinetd", { perSecond: 900, seconds: 60 }, "on-demand", true],
  ["xinetd's servers at once bound no rate", { "/etc/xinetd.conf": "defaults\n{\n instances = 60\n}\nservice echo\n{\n server = /bin/d\n per_source = 5\n}\n" }, "xinetd", { perSecond: 40, seconds: 60 }, "not-reached", true],
  ["inetd starts one, and the next when it has ended", { "/etc/inetd.conf": "echo dgram udp wait.600 root /bin/d d\n" }, "inetd", { perSecond: 9, seconds: 60 }, "not-reached", true],
  ["dinit gives up", { "/etc/dinit.d/d": "type = process\ncommand = /bin/d\nrestart = yes\n" }, "dinit", { perSecond: 4, seconds: 30 }, "would-have-stopped", false],
  ["dinit's limit is off", { "/etc/dinit.d/d": "type = process\ncommand = /bin/d\nrestart = yes\nrestart-limit-count = 0\n" }, "dinit", { perSecond: 4, seconds: 30 }, "unlimited", true],
  ["dinit counts restarts, not starts", { "/etc/dinit.d/d": "type = process\ncommand = /bin/d\nrestart = yes\n" }, "dinit", { perSecond: 4, seconds: 1 }, "burst-allowed", true],
  ["pm2 gives up", pm2({}), "pm2", { perSecond: 10, seconds: 30, life: 0.05 }, "would-have-stopped", false],
  ["pm2 forgets who lived for a second", pm2({}), "pm2", { perSecond: 0.8, seconds: 60, life: 1.2 }, "lives-too-long", true],
  ["pm2 waits longer each time", pm2({ exp_backoff_restart_delay: 100 }), "pm2", { perSecond: 5, seconds: 60, life: 0.05 }, "backs-off", false],
  ["supervise-daemon gives up", { "/sbin/openrc-run": "x", "/etc/runlevels/default/d": "", "/etc/init.d/d": run("#!/sbin/openrc-run\nsupervisor=supervise-daemon\ncommand=/bin/d\n") }, "openrc", { perSecond: 4, seconds: 60 }, "would-have-stopped", false],
  ["supervise-daemon's limit is off", { "/sbin/openrc-run": "x", "/etc/runlevels/default/d": "", "/etc/init.d/d": run("#!/sbin/openrc-run\nsupervisor=supervise-daemon\nrespawn_max=0\ncommand=/bin/d\n") }, "openrc", { perSecond: 400, seconds: 60 }, "unlimited", true],
  ["start-stop-daemon starts once", { "/sbin/openrc-run": "x", "/etc/runlevels/default/d": "", "/etc/init.d/d": run("#!/sbin/openrc-run\ncommand=/bin/d\n") }, "openrc", { perSecond: 4, seconds: 60 }, "no-restart", false],
  ["nobody told the rate", unit("Restart=always"), "systemd", { perSecond: Number.NaN }, "rate-unknown", null],
];

function jobOf(files: Record<string, Entry>, supervisor: string): Job {
  const { jobs } = withTree(files, ({ root }) => atOnce(readConfiguration(root)));
  const found = jobs.find(({ job }) => job.supervisor === supervisor);
  if (found === undefined) throw new Error(`no job of ${supervisor}`);
  return found.job;
}

describe("why a limit did not stop it", () => {
  it.each(CASES)("%s", (_name, files, supervisor, { perSecond, seconds, life, ends }, code, allowed) => {
    const verdict = limitAllowsRate(jobOf(files, supervisor), perSecond, seconds, life, ends);
    expect(verdict).toMatchObject({ allowed, why: { code: `limit.${code}` } });
    // One sentence in each language, with all that it speaks of.
    const args = { supervisor, ...verdict.why.args };
    for (const language of ["en", "zh-CN"] as const)
      expect(String(render(language, `chain.limit.${code}`, args))).not.toMatch(/[{}[\]]|undefined|\?/);
  });

  it("says what bounds how many run at once, and that this bounds no rate", () => {
    const said = (name: string): string => {
      const [, files, supervisor, { perSecond, seconds }] = CASES.find(([one]) => one.startsWith(name))!;
      const { why } = limitAllowsRate(jobOf(files, supervisor), perSecond, seconds);
      return String(render("en", `chain.${why.code}`, { supervisor, ...why.args }));
    };
    expect(said("xinetd's servers at once")).toContain(
      '"instances = 60, per_source = 5" bounds how many run at once, not',
    );
    expect(said("inetd starts one")).toContain("wait.600 bounds how many run at once");
    expect(said("inetd's limit is slower")).not.toContain("at once, not");
  });

  it("is told for every reason there is", () => {
    expect(new Set(CASES.map(([, , , , code]) => `limit.${code}`))).toEqual(new Set(LIMIT_CODES));
  });
});
