import type { Untrusted } from "./text.ts";

/** A socket that waits for connections. */
export interface ListeningSocket {
  protocol: "tcp" | "unix";
  /** `127.0.0.1:80`, `[::]:80`; of a Unix socket its path, `@name` for an abstract one, "" without a name. */
  address: Untrusted;
  /** Null: a Unix socket. */
  port: number | null;
}

/**
 * On which sockets one process listens or, where it listens on none, another living process of its program; or why that
 * could not be seen.
 */
export type Listening =
  | {
      /** The first ones; none: it listens on nothing. */
      sockets: ListeningSocket[];
      /** TCP connections at its ports that the kernel's table had at that moment, those that wait for their end among them. */
      connections: number;
      /** Whether it is in the tool's own network namespace, whose counters tell of it. */
      sameNetwork: boolean;
    }
  | { why: string };

/** PID → what a look after the window found. Absent: nobody looked at that one. */
export type ListeningLook = ReadonlyMap<number, Listening>;
