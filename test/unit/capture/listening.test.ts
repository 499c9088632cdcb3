import * as fs from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { factsOf } from "../../../src/capture/procfs/facts.ts";
import { ListeningSockets, readTables } from "../../../src/capture/procfs/listening.ts";
import { acceptedIn } from "../../../src/capture/procfs/snapshot.ts";
import type { Listening } from "../../../src/model/listening.ts";

const folder = fs.mkdtempSync(join(tmpdir(), "whoforks-listening-"));
const open: Server[] = [];
afterAll(() => {
  for (const server of open) server.close();
  fs.rmSync(folder, { recursive: true });
});

function listen(...where: [number, string] | [string]): Promise<Server> {
  const server = createServer((socket) => socket.end());
  open.push(server);
  return new Promise((resolve) => server.listen(...(where as [string]), () => resolve(server)));
}

const own = (): Listening | null => new ListeningSockets().of(process.pid, startOf(process.pid));
const startOf = (pid: number): number => factsOf(pid, null)?.startedAfterBoot ?? -1;

describe("on what a process listens", () => {
  it("are the sockets that it opened, and no longer those that it closed", async () => {
    const tcp = await listen(0, "127.0.0.1");
    const path = join(folder, "a b.sock");
    await listen(path);
    const { port } = tcp.address() as AddressInfo;
    const found = own();
    expect(found).toMatchObject({ sameNetwork: true });
    if (found === null || "why" in found) throw new Error("not seen");
    expect(found.sockets).toContainEqual({ protocol: "tcp", address: `127.0.0.1:${port}`, port });
    expect(found.sockets).toContainEqual({ protocol: "unix", address: path, port: null });
    await new Promise((resolve) => tcp.close(resolve));
    const after = own();
    expect(after !== null && "sockets" in after && after.sockets.some((socket) => socket.port === port)).toBe(false);
  });

  it("is not told of another process that has its number by now", () => {
    expect(new ListeningSockets().of(process.pid, startOf(process.pid) + 1)).toBeNull();
    expect(new ListeningSockets().of(0x7fff_fff0, 1)).toBeNull();
  });
});

/** Lines as Linux 6.1 wrote them. */
const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1067 1 0000000049b05501 100 0 0 10 0
   1: 0100007F:07E8 0100007F:D2F0 06 00000000:00000000 03:0000176F 00000000     0        0 0 3 000000003a1b6a1c
   2: 0100007F:D2F1 0100007F:07E8 01 00000000:00000000 00:00000000 00000000     0        0 77 1 000000003a1b6a1d 20 4 0 10 -1
   3: 0100007F:D2F2 0200000A:07E8 01 00000000:00000000 00:00000000 00000000     0        0 78 1 000000003a1b6a1e 20 4 0 10 -1
`;
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2001 1 00 100 0 0 10 0
   1: 000080FE000000000000FF0201000000:0051 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2002 1 00 100 0 0 10 0
`;
const UNIX = `Num       RefCount Protocol Flags    Type St Inode Path
000000004709825b: 00000002 00000000 00010000 0001 01 3001 /run/with space
0000000056fa03e1: 00000003 00000000 00000000 0001 03 3002 /run/connected
0000000056fa03e2: 00000002 00000000 00010000 0001 01 3003 @name
0000000056fa03e3: 00000002 00000000 00010000 0005 01 3004
`;

describe("the tables of sockets", () => {
  const texts = { tcp: TCP, tcp6: TCP6, unix: UNIX };
  const read = (given: Partial<typeof texts>, cut = false) => readTables((kind) => ({ text: given[kind] ?? "", cut }));

  it("give who listens, and the connections at each port", () => {
    const { listening, connections, cut } = read(texts);
    expect(cut).toBe(false);
    expect([...listening]).toEqual([
      ["1067", { protocol: "tcp", address: "0.0.0.0:2024", port: 2024 }],
      ["2001", { protocol: "tcp", address: "[::]:80", port: 80 }],
      ["2002", { protocol: "tcp", address: "[fe80::2ff:0:0:1]:81", port: 81 }],
      ["3001", { protocol: "unix", address: "/run/with space", port: null }],
      ["3003", { protocol: "unix", address: "@name", port: null }],
      ["3004", { protocol: "unix", address: "", port: null }],
    ]);
    // The other end counts where it is on this host.
    expect(connections).toEqual([
      { port: 2024, peer: 0xd2f0 },
      { port: 0xd2f1, peer: 2024 },
      { port: 0xd2f2, peer: null },
    ]);
  });

  it("that break off leave open who else listens, but not behind the first connection", () => {
    expect(read({ tcp: TCP }, true).cut).toBe(true);
    const tcp = (given: string) => readTables((kind) => ({ text: kind === "tcp" ? given : "", cut: kind === "tcp" }));
    expect(tcp(TCP).cut).toBe(false);
    expect(tcp(TCP.split("\n").slice(0, 2).join("\n")).cut).toBe(true);
  });

  it("of any content are read without an exception", () => {
    const odd = [
      "",
      "\n",
      "x\ny",
      "sl\n  0: zz:zz",
      "sl\n\n\n",
      UNIX + "\u0000\n\n  : : :\n",
      "a\n" + "9".repeat(9999),
    ];
    for (const text of odd) expect(() => read({ tcp: text, tcp6: text, unix: text })).not.toThrow();
  });
});

it("counts accepted connections as the kernel does", () => {
  expect(acceptedIn("Ip: a\nIp: 1\nTcp: RtoMin ActiveOpens PassiveOpens X\nTcp: 200 7 41 0\n")).toBe(41);
  for (const text of ["", "Tcp: PassiveOpens\n", "Tcp: PassiveOpens\nTcp: -1\n", "Tcp: A\nTcp: 1\n"])
    expect(acceptedIn(text)).toBeNull();
  expect(acceptedIn(fs.readFileSync("/proc/net/snmp", "latin1"))).toBeGreaterThanOrEqual(0);
});
