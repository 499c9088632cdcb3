import { describe, expect, it } from "vitest";
import type { Job } from "../../../src/supervisors/types.ts";
import { UPSTART_PATH, upstart } from "../../../src/supervisors/upstart/upstart.ts";
import { withTree, type Entry } from "./tree.ts";
import { atOnce } from "../../../src/model/steps.ts";

function read(conf: Entry, more: Record<string, Entry> = {}): { job: Job | undefined; problems: string[] } {
  return withTree({ "/etc/init/x.conf": conf, ...more }, ({ root }) => {
    const { jobs, problems } = atOnce(upstart.jobs(root));
    return { job: jobs[0], problems: problems.map(({ file, line, why }) => `${file}:${line} ${why}`) };
  });
}

describe("upstart jobs", () => {
  it("has no job file, so it is not present", () => {
    withTree({ "/etc/init/README": "hello" }, ({ root }) => {
      expect(upstart.present(root)).toBe(false);
      expect(atOnce(upstart.jobs(root))).toEqual({ jobs: [], problems: [] });
    });
    withTree({ "/etc/init/.x.conf": "exec a" }, ({ root }) => expect(upstart.present(root)).toBe(true));
  });

  it("reads the limit from its stanza, and points at the line of respawn", () => {
    const { job } = read("exec d\nrespawn limit 3 60\n\nrespawn # always\n");
    expect(job).toMatchObject({
      line: 4,
      directive: "respawn limit 3 60",
      restarts: "always",
      limit: { starts: 3, seconds: 60 },
      atLimit: { action: "stop" },
      delaySeconds: 0,
    });
  });

  it("does not restart for a limit alone", () => {
    expect(read("exec d\nrespawn limit 3 60\n").job).toMatchObject({
      restarts: "never",
      directive: "exec",
      line: 1,
      limit: null,
      atLimit: null,
    });
  });

  it.each(["respawn limit unlimited", "respawn limit 0 5", "respawn limit 10 0"])("takes %s as no limit", (stanza) => {
    expect(read(`respawn\n${stanza}\nexec d\n`).job).toMatchObject({
      limit: null,
      atLimit: null,
      restarts: "always",
      directive: "respawn limit unlimited",
    });
  });

  it("does not count a clean end of a task, or one called normal, as a reason to start again", () => {
    expect(read("respawn\ntask\nexec d\n").job?.restarts).toBe("on-failure");
    expect(read("respawn\nnormal exit 0 TERM\nexec d\n").job?.restarts).toBe("on-failure");
    expect(read("respawn\nnormal exit 2 TERM\nexec d\n").job?.restarts).toBe("always");
  });

  it("lets the override win stanza by stanza, and says in which file the respawn stands", () => {
    const { job } = read("start on startup\nexec /usr/sbin/d -f\nrespawn\n", {
      "/etc/init/x.override": "# local\nrespawn limit unlimited\nrespawn\n",
    });
    expect(job).toMatchObject({
      command: "/usr/sbin/d -f",
      file: "/etc/init/x.override",
      line: 3,
      definition: "/etc/init/x.conf",
      limit: null,
    });
    expect(read("start on startup\nexec d", { "/etc/init/x.override": "manual\n" }).job).toMatchObject({
      inactive: "manual",
    });
    expect(read("start on startup\nexec d", { "/etc/init/x.override": "exec /tmp/e" }).job).toMatchObject({
      program: "/tmp/e",
      file: "/etc/init/x.override",
    });
  });

  it("ignores an override without its job", () => {
    withTree({ "/etc/init/x.override": "exec d" }, ({ root }) => expect(atOnce(upstart.jobs(root)).jobs).toEqual([]));
  });

  it("names jobs in folders by their path, and reads hidden job files but not hidden folders", () => {
    withTree(
      {
        "/etc/init/a/b.conf": "exec d",
        "/etc/init/.h.conf": "exec e",
        "/etc/init/.no/n.conf": "exec f",
        "/etc/init/.conf": "exec g",
      },
      ({ root }) => {
        expect(atOnce(upstart.jobs(root)).jobs.map(({ unit }) => unit)).toEqual([".h", "a/b"]);
      },
    );
  });

  it("reads start on over several lines with parentheses and comments", () => {
    const { job, problems } = read(
      'start on (filesystem and\n  (net-device-up IFACE=lo or # comment )\n   runlevel [2345] FOO="a)b"))\nstop on runlevel [!2345]\nexec d\n',
    );
    expect(problems).toEqual([]);
    expect(job).toMatchObject({ line: 5, program: "d" });
    expect(job).not.toHaveProperty("inactive");
  });

  it("continues lines at a backslash and keeps the rest of the command as it is", () => {
    const { job } = read("exec /usr/sbin/d \\\n    -a \\\n  -b # comment\nrespawn\n");
    expect(job).toMatchObject({ command: "/usr/sbin/d -a -b", program: "/usr/sbin/d", line: 4 });
  });

  it("goes through a shell for shell characters, and knows the program when the shell does", () => {
    expect(read("exec d -c $CONF").job).toMatchObject({ shell: true, program: "d" });
    expect(read('exec "my daemon" -x').job).toMatchObject({ shell: true, program: "my daemon" });
    expect(read("exec >>/var/log/d 2>&1 d -f").job).toMatchObject({ program: "d" });
    expect(read("exec $DAEMON -f").job).toMatchObject({ shell: true, program: null });
    expect(read("exec d -f").job).not.toHaveProperty("shell");
  });

  it("finds exec in a script, unless only the shell can know", () => {
    const script = (body: string) => read(`script\n${body}\nend script\nrespawn\n`).job?.program;
    expect(script("  . /etc/default/d\n  exec /usr/sbin/d $OPTS")).toBe("/usr/sbin/d");
    expect(script("exec 2>&1\nif [ -x /a ]; then\n exec d\nfi")).toBe("d");
    expect(script("A=1 exec d")).toBe("d");
    expect(script("exec a || exec b")).toBeNull();
    expect(script('exec "$D"')).toBeNull();
    expect(script("# exec d\necho exec d\n/usr/sbin/d")).toBeNull();
  });

  it("recognises the other processes of a job and does not take them for the main one", () => {
    const { job, problems } = read(
      "pre-start script\n mkdir -p /run/d\n exec wrong\nend script\npre-start exec wrong\npost-stop exec wrong\nconsole log\numask 022\nlimit nofile 10 20\nexec right\n",
    );
    expect(problems).toEqual([]);
    expect(job?.program).toBe("right");
  });

  it("takes the later one of exec and script", () => {
    expect(read("script\nexec a\nend script\nexec b\n").job).toMatchObject({ program: "b", directive: "exec" });
    expect(read("exec b\nscript\nexec a\nend script\n").job).toMatchObject({
      program: "a",
      directive: "script",
      shell: true,
    });
  });

  it("searches where env PATH says", () => {
    expect(read("env A=1\nenv PATH=/opt/x:/bin\nexec d").job).toMatchObject({
      searchPath: ["/opt/x", "/bin"],
      settings: { Environment: "A=1 PATH=/opt/x:/bin" },
    });
    expect(read("env PATH\nexec d").job?.searchPath).toEqual(UPSTART_PATH);
  });

  it("tells expect, setuid and chroot", () => {
    expect(read("expect daemon\nsetuid nobody\nchroot /srv/jail\nexec d").job).toMatchObject({
      expects: "daemon",
      settings: { User: "nobody" },
      chroot: "/srv/jail",
    });
    expect(read("exec d").job?.expects).toBeNull();
  });

  it.each([
    ["an unknown stanza", "exec d\nfrobnicate yes\nrespawn\n", 2],
    ["an open quote", 'exec d\ndescription "x\n', 2],
    ["a script without end", "exec d\nscript\n foo\n", 2],
    ["parentheses that do not match", "exec d\nstart on (a and b\nrespawn\n", 2],
    ["words after respawn", "exec d\nrespawn now\n", 2],
    ["a limit that is no number", "exec d\nrespawn limit ten 5\n", 2],
    ["a backslash at the very end", "exec d\nrespawn \\", 2],
  ])("reports %s as upstart's refusal of the file, and keeps what stood before", (_what, conf, line) => {
    const { job, problems } = read(conf);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^/etc/init/x\\.conf:${line} .*refuses`));
    expect(job).toMatchObject({ program: "d", inactive: "rejected" });
  });

  it("reads CRLF, NUL, bytes that are no UTF-8, and a last line without newline", () => {
    expect(read("respawn\r\nexec d\r\n").job).toMatchObject({ program: "d", restarts: "always" });
    // NUL ends a command as `#` does, and is a blank between other words.
    expect(read("respawn\nexec d\0 --hidden\n").job).toMatchObject({ command: "d", restarts: "always" });
    expect(read("exec d\nrespawn\0 garbage").problems).toHaveLength(1);
    expect(read(Buffer.from("exec /bin/d\xff\n", "latin1")).job?.program).toBe("/bin/d\udcff");
  });

  it("bounds a huge file", () => {
    const { job, problems } = read(`respawn\nexec d\n${"# padding\n".repeat(200_000)}`);
    expect(job?.program).toBe("d");
    expect(problems[0]).toMatch(/larger than/);
  });

  it("reports a job file that is a directory or a link to nowhere", () => {
    withTree({ "/etc/init/a.conf": null, "/etc/init/b.conf": { link: "/nowhere" } }, ({ root }) => {
      expect(atOnce(upstart.jobs(root)).problems.map(({ file }) => file)).toEqual([
        "/etc/init/a.conf",
        "/etc/init/b.conf",
      ]);
    });
  });
});
