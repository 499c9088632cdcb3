import { describe, expect, it } from "vitest";
import type { Stream } from "../../support/storms.ts";
import { kinds, look } from "./looks.ts";

/** `units` services that live for some milliseconds each: started by timers each second, or a second after their end. */
const services =
  (units: number, byTimer: boolean) =>
  (s: Stream): void => {
    s.seen(1, 0, "/usr/lib/systemd/systemd");
    for (let second = 1; second <= 20; second++) {
      for (let unit = 0; unit < units; unit++) {
        const late = byTimer ? (second % 3) * 2 : second * (12 + unit);
        s.ts = Math.max(s.ts, second * 1e9 + late * 1e6 + unit * 4e6);
        s.run(1, `/usr/lib/unit${unit}`, 3000);
      }
    }
  };

describe("a timer storm", () => {
  it("is services that systemd starts on whole seconds", () => {
    const detection = look(services(10, true));
    expect(kinds(detection)).toEqual(["timer-storm"]);
    expect(detection.findings[0]).toMatchObject({ confidence: "high", facts: { services: 10 } });
  });

  it("is not services that are started again a second after they end", () => {
    expect(kinds(look(services(10, false)))).not.toContain("timer-storm");
  });

  it("is not a timer or two", () => {
    expect(kinds(look(services(2, true)))).toEqual([]);
  });
});
