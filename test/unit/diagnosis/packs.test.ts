import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packOf, PACKS, stopWay, type Way } from "../../../src/diagnosis/packs/index.ts";
import { tasksCapped } from "../../../src/diagnosis/packs/systemd.ts";
import { hasMessage } from "../../../src/report/text/catalogue/index.ts";
import { shellQuote } from "../../../src/report/text/shell-quote.ts";
import { supervisors } from "../../../src/supervisors/index.ts";
import type { Restart } from "../../../src/supervisors/types.ts";

function restart(supervisor: string, unit: string, file: string, line: number | null = 3): Restart {
  return {
    storm: "storm-1",
    supervisor,
    unit,
    file,
    line,
    directive: "",
    limit: null,
    limitAllowsRate: null,
    command: "d",
    searchPath: null,
    resolvesTo: null,
    shadows: null,
  };
}

describe("how to stop a job for now, and take that back", () => {
  it("asks systemd where it is this host's, and nobody for another root", () => {
    const unit = restart("systemd", "d.service", "/usr/lib/systemd/system/d.service");
    expect(stopWay(unit, "/")).toEqual({
      command: ["systemctl", "mask", "--runtime", "--now", "--", "d.service"],
      undo: ["systemctl", "unmask", "--runtime", "--", "d.service"],
    });
    expect(stopWay(unit, "/proc/7/root")).toBeNull();
    expect(stopWay({ ...unit, file: "/etc/systemd/system/d.service.d/a.conf" }, "/")?.command).toContain("mask");
  });

  it("stops what a mask in /run would not hide, and a timer in place of its service", () => {
    const own = restart("systemd", "d.service", "/etc/systemd/system/d.service");
    expect(stopWay(own, "/")?.command).toEqual(["systemctl", "stop", "--", "d.service"]);
    const timer = { ...restart("systemd", "d.timer", "/usr/lib/systemd/system/d.timer"), activates: "d.service" };
    expect(stopWay(timer, "/")).toEqual({
      command: ["systemctl", "stop", "--", "d.timer"],
      undo: ["systemctl", "start", "--", "d.timer"],
    });
  });

  it("writes an override beside upstart's job", () => {
    expect(stopWay(restart("upstart", "d", "/etc/init/d.conf"), "/mnt/disk")).toEqual({
      command: ["sh", "-c", 'echo manual >> "$1"', "sh", "/mnt/disk/etc/init/d.override"],
      undo: ["sed", "-i", "/^manual$/d", "/mnt/disk/etc/init/d.override"],
    });
    expect(stopWay(restart("upstart", "d", "/etc/init/d.conf"), "/")?.command).toEqual([
      "sh",
      "-c",
      'echo manual >> "$1" && initctl stop "$2"',
      "sh",
      "/etc/init/d.override",
      "d",
    ]);
  });

  it("makes a comment of a line of inittab", () => {
    expect(stopWay(restart("sysvinit", "d", "/etc/inittab"), "/mnt")).toEqual({
      command: ["sed", "-i", "3s/^[^#]/#whoforks: &/", "/mnt/etc/inittab"],
      undo: ["sed", "-i", "3s/^#whoforks: //", "/mnt/etc/inittab"],
    });
    // A running init reads its table again when it is told to.
    expect(stopWay(restart("sysvinit", "d", "/etc/inittab"), "/")?.command[2]).toBe('"$@" && telinit q');
    expect(stopWay(restart("sysvinit", "d", "/etc/inittab", null), "/")).toBeNull();
  });

  it("asks the running daemon of this host, and of no other root", () => {
    for (const [supervisor, file, command, undo] of [
      ["runit", "/etc/sv/d/run", ["sv", "down", "/etc/sv/d"], ["sv", "up", "/etc/sv/d"]],
      ["s6", "/run/service/d/run", ["s6-svc", "-d", "/run/service/d"], ["s6-svc", "-u", "/run/service/d"]],
      ["supervisord", "/etc/supervisord.conf", ["supervisorctl", "stop", "d"], ["supervisorctl", "start", "d"]],
      ["openrc", "/etc/init.d/d", ["rc-service", "d", "stop"], ["rc-service", "d", "start"]],
      ["monit", "/etc/monitrc", ["monit", "unmonitor", "d"], ["monit", "monitor", "d"]],
    ] as const) {
      expect(stopWay(restart(supervisor, "d", file), "/")).toEqual({ command, undo });
      expect(stopWay(restart(supervisor, "d", file), "/proc/7/root")).toBeNull();
    }
    // Whoever names a program so wants others stopped with it.
    for (const supervisor of ["supervisord", "openrc", "monit", "pm2", "dinit"])
      for (const unit of ["--all", "all", "a sshd", "a\tb", "\nall", "", "/./", "0"])
        expect(stopWay(restart(supervisor, unit, "/x"), "/"), `${supervisor} ${unit}`).toBeNull();
    expect(stopWay(restart("supervisord", "group:*", "/x"), "/")?.command).toEqual([
      "supervisorctl",
      "stop",
      "group:*",
    ]);
  });

  it("makes a comment of a line, or takes the execute bit of a file that is started whole", () => {
    for (const supervisor of ["cron", "anacron", "rc.local"])
      expect(stopWay(restart(supervisor, "d", "/etc/x"), "/mnt")?.command).toEqual([
        "sed",
        "-i",
        "3s/^[^#]/#whoforks: &/",
        "/mnt/etc/x",
      ]);
    for (const [supervisor, directive] of [
      ["cron", "run-parts"],
      ["anacron", "run-parts"],
      ["rc.local", "#!"],
      ["at", "at"],
    ] as const)
      expect(stopWay({ ...restart(supervisor, "d", "/etc/x"), directive }, "/")).toEqual({
        command: ["chmod", "a-x", "--", "/etc/x"],
        undo: ["chmod", "a+x", "--", "/etc/x"],
      });
    expect(stopWay(restart("inetd", "d", "/etc/inetd.conf"), "/")?.undo).toEqual([
      "sh",
      "-c",
      '"$@" && pkill -HUP -x inetd',
      "sh",
      "sed",
      "-i",
      "3s/^#whoforks: //",
      "/etc/inetd.conf",
    ]);
  });

  it("has nothing for a supervisor that it does not know", () => {
    for (const name of ["busybox", "constructor", "__proto__"])
      expect(stopWay(restart(name, "d", "/x"), "/")).toBeNull();
  });
});

describe("every supervisor that can be read", () => {
  it("has a pack, and a sentence about its limit; nothing else has", () => {
    expect([...PACKS.keys()].sort()).toEqual(supervisors.map(({ id }) => id).sort());
    for (const { id } of supervisors) expect(hasMessage(`advice.limit.${id}`), id).toBe(true);
    for (const type of ["timer", "socket", "path"]) expect(hasMessage(`advice.limit.systemd.${type}`)).toBe(true);
  });

  it("keeps names of the host in words of their own: never in a program of sh or sed", () => {
    const hostile = "d$(id)';\n--all";
    const texts = [...PACKS].flatMap(([supervisor]) => {
      const job = { ...restart(supervisor, hostile, `/etc/x/${hostile}.d/f`), directive: "RestartPolicy=always" };
      return [job, { ...job, unit: `${hostile}.timer`, activates: hostile, directive: "OnCalendar=*:*:0/1" }];
    });
    let commands = 0;
    for (const job of texts) {
      const { pack, job: owned } = packOf(job, "/") as NonNullable<ReturnType<typeof packOf>>;
      const ways = [pack.stop(owned), pack.limit?.(owned) ?? null].filter((way) => way !== null);
      for (const words of [...ways.flatMap((way) => [way.command, way.undo]), pack.log?.(owned) ?? []]) {
        if (words.length === 0) continue;
        commands++;
        const program =
          words[0] === "sh" ? words[2] : words[0] === "sed" ? words.find((word) => /s\/|\/d/.test(word)) : "";
        expect(program ?? "", words.join(" ")).not.toContain("id");
      }
    }
    expect(commands).toBeGreaterThan(60);
  });
});

describe("commands that change files, run as the report prints them", () => {
  let folder = "";
  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "whoforks-packs-"));
    // Stands for the daemons: what they are told is written down, and nothing of the host is asked.
    for (const name of ["systemctl", "telinit", "initctl"])
      fs.writeFileSync(path.join(folder, name), `#!/bin/sh\necho ${name} "$@" >> "$TOLD"\n`, { mode: 0o755 });
  });
  afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

  const told = (): string => path.join(folder, "told");
  const run = (words: readonly string[]): void => {
    const env = { PATH: `${folder}:/usr/bin:/bin`, TOLD: told() };
    execFileSync("/bin/sh", ["-c", shellQuote(words)], { env, stdio: "pipe" });
  };

  it("comments a line out and back, byte for byte, whatever the file is called", () => {
    const file = path.join(folder, "it's a $(tab) \n.tab");
    const text = "a:2:respawn:/bin/a\n# a remark\nb:2:respawn:/bin/b\n";
    fs.writeFileSync(file, text);
    const job = { ...restart("sysvinit", "b", file, 3), directive: "respawn" };
    const owned = packOf(job, "/") as NonNullable<ReturnType<typeof packOf>>;
    for (const [way, changed] of [
      [stopWay(job, "/"), "#whoforks: b:2:respawn:/bin/b"],
      [owned.pack.limit?.(owned.job), "b:2:once:/bin/b"],
    ] as [Way, string][]) {
      run(way.command);
      expect(fs.readFileSync(file, "utf8").split("\n")[2]).toBe(changed);
      run(way.undo);
      expect(fs.readFileSync(file, "utf8")).toBe(text);
    }
    expect(fs.readFileSync(told(), "utf8")).toBe("telinit q\n".repeat(4));
    // A line that is a comment by now stays one, and its undo takes away no mark of others.
    const remark = stopWay({ ...job, line: 2 }, "/") as Way;
    run(remark.command);
    run(remark.undo);
    expect(fs.readFileSync(file, "utf8")).toBe(text);
  });

  it("writes a drop-in of our name and takes it away; another's file is left alone", () => {
    const { command, undo } = tasksCapped("d.service", 200);
    const at = path.join(folder, "units", "d.service.d");
    const here = (words: readonly string[]): string[] =>
      words.map((word) => (word.startsWith("/run/systemd/") ? at : word));
    run(here(command));
    expect(fs.readFileSync(path.join(at, "90-whoforks.conf"), "utf8")).toBe("[Service]\nTasksMax=200\n");
    // Twice: what stands there is not written over.
    expect(() => run(here(command))).toThrow();
    fs.writeFileSync(path.join(at, "own.conf"), "[Service]\n");
    run(here(undo));
    expect(fs.readdirSync(at)).toEqual(["own.conf"]);
  });
});
