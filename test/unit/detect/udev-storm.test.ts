import { describe, expect, it } from "vitest";
import type { Stream } from "../../support/storms.ts";
import { kinds, look } from "./looks.ts";

describe("a udev storm", () => {
  it("is udevd with workers and programs of rules", () => {
    const detection = look((s) => {
      const udevd = s.exec(s.fork(1), "/usr/lib/systemd/systemd-udevd");
      for (let i = 0; i < 60; i++) {
        const worker = s.wait(30_000).fork(udevd);
        s.wait(500);
        s.run(worker, "/usr/bin/logger", 2000);
        s.exit(worker);
      }
    });
    expect(kinds(detection)).toEqual(["udev-storm"]);
    expect(detection.findings[0]?.spawner?.image.exe).toBe("/usr/lib/systemd/systemd-udevd");
  });

  it("is the kernel's own helpers too", () => {
    const detection = look((s: Stream) => {
      s.seen(50, 2, null, "kworker/u4:1");
      for (let i = 0; i < 80; i++) s.wait(20_000).run(50, "/sbin/modprobe", 1500, 1);
    });
    expect(kinds(detection)).toEqual(["udev-storm"]);
  });

  it("is one storm where the daemon is known by both of its names, udevadm and systemd-udevd", () => {
    const detection = look((s) => {
      const living = s.seen(400, 1, "/usr/bin/udevadm", "systemd-udevd");
      const other = s.exec(s.fork(1), "/usr/lib/systemd/systemd-udevd");
      for (let i = 0; i < 60; i++) {
        const worker = s.wait(20_000).fork(i % 2 === 0 ? living : other);
        s.run(worker, "/usr/bin/logger", 2000);
        s.exit(worker);
      }
    });
    expect(kinds(detection)).toEqual(["udev-storm"]);
  });

  it("is not a script that asks udevadm again and again", () => {
    const detection = look((s) => {
      const shell = s.exec(s.fork(1), "/bin/sh", ["/bin/sh", "/opt/wait.sh"]);
      for (let i = 0; i < 200; i++) s.wait(5000).run(shell, "/usr/bin/udevadm", 2000);
    });
    expect(kinds(detection)).toEqual(["shell-loop"]);
  });

  it("is not one disk that is plugged in", () => {
    const detection = look((s) => {
      const udevd = s.exec(s.fork(1), "/usr/lib/systemd/systemd-udevd");
      for (let i = 0; i < 8; i++) s.exit(s.wait(1000).fork(udevd));
    });
    expect(kinds(detection)).toEqual([]);
  });
});
