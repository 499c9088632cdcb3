import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { endOf } from "../../../src/model/wait-status.ts";
import { controlMessage, Operation, parseDatagram, What } from "../../../src/capture/netlink/messages.ts";
import { datagram } from "./netlink-encoder.ts";

describe("datagrams of the proc connector", () => {
  test("a fork as a kernel 6.18 sent it", () => {
    const hex =
      "4c00000003000000c22d4300000000000100000001000000c22d430000000000280000000100000000000000b56cc3cbcd060000" +
      "3c2c00003c2c0000fc330000fc3300000000000000000000";
    const bytes = new Uint8Array(Buffer.from(hex, "hex"));
    expect(parseDatagram(bytes, bytes.length)).toEqual({
      what: What.fork,
      cpu: 0,
      seq: 0x432dc2,
      ack: 0,
      ns: 0x6cd_cbc3_6cb5,
      fields: [0x2c3c, 0x2c3c, 0x33fc, 0x33fc, 0, 0],
    });
  });

  test("an exit with status 3 and SIGCHLD for its parent", () => {
    const hex =
      "4c00000003000000c32d4300000000000100000001000000c32d43000000000028000000000000800000000010b1c5cbcd060000" +
      "fc330000fc33000000030000110000003c2c00003c2c0000";
    const bytes = new Uint8Array(Buffer.from(hex, "hex"));
    const event = parseDatagram(bytes, bytes.length);
    expect(event).toMatchObject({ what: What.exit, fields: [0x33fc, 0x33fc, 0x300, 17, 0x2c3c, 0x2c3c] });
  });

  test("a shorter event of an old kernel: what it lacks is 0", () => {
    const bytes = datagram({ what: What.exec, cpu: 1, seq: 5, fields: [7, 8] }, 8);
    expect(bytes).toHaveLength(60);
    expect(parseDatagram(bytes, bytes.length)).toMatchObject({ what: What.exec, fields: [7, 8, 0, 0, 0, 0] });
  });

  test.each([
    ["too short", (bytes: Uint8Array) => bytes.subarray(0, 40), /too few/],
    ["another length in its header", (bytes: Uint8Array) => bytes.with(0, 77), /tells a length of 77/],
    ["another type", (bytes: Uint8Array) => bytes.with(4, 2), /message type 2/],
    ["another connector", (bytes: Uint8Array) => bytes.with(16, 4), /connector 4\.1/],
    ["a payload that is cut off", (bytes: Uint8Array) => bytes.with(32, 200), /cut off/],
  ])("damaged: %s", (_, damage, why) => {
    const bytes = damage(datagram({ what: What.fork, cpu: 0, seq: 1, fields: [1, 1, 2, 2] }));
    expect(parseDatagram(bytes, bytes.length)).toEqual({ why: expect.stringMatching(why) as string });
  });

  test("a length beyond the buffer is refused", () => {
    expect(parseDatagram(new Uint8Array(64), 76)).toEqual({ why: expect.stringContaining("do not fit") as string });
  });

  test("never throws, whatever the bytes are", () => {
    const header = fc.constantFrom<[number, number][]>([], [[4, 3]], [[4, 3], [16, 1], [20, 1]]); // prettier-ignore
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 128 }), header, (bytes, fixed) => {
        for (const [at, value] of [...fixed, [0, bytes.length] as [number, number]])
          if (bytes.length > at) bytes[at] = value;
        const event = parseDatagram(bytes, bytes.length);
        expect("why" in event || event.fields.length === 6).toBe(true);
      }),
    );
  });

  test("the message that asks for events", () => {
    const bytes = controlMessage(Operation.listen, 0x7700_0001);
    const view = new DataView(bytes.buffer);
    expect(bytes).toHaveLength(40);
    // nlmsghdr.len, cn_msg.idx, .val, .ack, .len, and the operation.
    expect([0, 16, 20, 28, 36].map((at) => view.getUint32(at, true))).toEqual([40, 1, 1, 0x7700_0001, 1]);
    expect(view.getUint16(32, true)).toBe(4);
  });

  test.each([
    [0, { code: 0, signal: null }],
    [0x300, { code: 3, signal: null }],
    [0xff00, { code: 255, signal: null }],
    [9, { code: null, signal: 9 }],
    [0x8b, { code: null, signal: 11 }],
    [64, { code: null, signal: 64 }],
  ])("status word %i", (status, end) => {
    expect(endOf(status)).toEqual(end);
  });
});
