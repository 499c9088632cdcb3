import { constants } from "node:os";
import type { LibC } from "../../platform/ffi.ts";
import { NetlinkSocket, SocketError } from "../netlink/socket.ts";
import type { AuditControl, HostRule } from "./control.ts";
import * as Message from "./messages.ts";
import type { RuleAbi } from "./process-calls.ts";
import { parseRule, processRule } from "./rule.ts";

/** The kernel lists rules from a thread of its own (kernel/audit.c audit_send_list_thread). */
const WAIT_MS = 500;
const STEP_MS = 2;

/** As auditctl does it, without auditctl. Needs CAP_AUDIT_CONTROL in the initial user and PID namespaces. */
export class NetlinkControl implements AuditControl {
  readonly #socket: NetlinkSocket;
  #seq = 0;

  /** Throws SocketError: EPROTONOSUPPORT without audit in the kernel, or with audit=0 at boot. */
  constructor(c: LibC) {
    const { NETLINK_AUDIT: protocol, MESSAGE_BYTES: messageBytes } = Message;
    this.#socket = new NetlinkSocket(c, { protocol, groups: 0, bufferBytes: 0, messageBytes });
  }

  status(): Message.AuditStatus | null {
    const answer = this.#ask(Message.Type.get, (type) => type === Message.Type.get)?.at(-1);
    return answer === undefined ? null : Message.parseStatus(answer);
  }

  rules(): HostRule[] | null {
    const answers = this.#ask(Message.Type.listRules, (type) => type === Message.NLMSG_DONE);
    return (
      answers
        ?.filter((message) => Message.typeOf(message) === Message.Type.listRules)
        .flatMap((message) => parseRule(message.subarray(Message.HEADER)) ?? []) ?? null
    );
  }

  add(abi: RuleAbi, key: string): string | null {
    return this.#change(Message.Type.addRule, processRule(abi.arch, abi.numbers, key));
  }

  remove({ raw }: HostRule): string | null {
    return raw instanceof Uint8Array ? this.#change(Message.Type.deleteRule, raw) : "it was listed by auditctl";
  }

  setEnabled(enabled: 0 | 1): string | null {
    return this.#change(Message.Type.set, Message.enabledPayload(enabled));
  }

  close(): void {
    this.#socket.close();
  }

  #change(type: number, payload: Uint8Array): string | null {
    try {
      const seq = ++this.#seq;
      this.#socket.send(Message.request(type, seq, payload, true));
      const answer = this.#receive(seq, (got) => got === Message.NLMSG_ERROR)?.at(-1);
      if (answer === undefined) return "the kernel did not answer";
      const errno = Message.errnoOfAnswer(answer);
      return errno === 0 ? null : (nameOf(errno) ?? `errno ${errno}`);
    } catch (error) {
      if (error instanceof SocketError) return error.code;
      throw error;
    }
  }

  /** The messages up to the last of the answer; null when the kernel refuses or keeps silent. */
  #ask(type: number, isLast: (type: number) => boolean): Uint8Array[] | null {
    try {
      const seq = ++this.#seq;
      this.#socket.send(Message.request(type, seq));
      const answers = this.#receive(seq, (got) => isLast(got) || got === Message.NLMSG_ERROR);
      const last = answers?.at(-1);
      return last === undefined || Message.typeOf(last) === Message.NLMSG_ERROR ? null : answers;
    } catch (error) {
      if (error instanceof SocketError) return null;
      throw error;
    }
  }

  #receive(seq: number, isLast: (type: number) => boolean): Uint8Array[] | null {
    const messages: Uint8Array[] = [];
    for (let waited = 0; waited < WAIT_MS;) {
      const length = this.#socket.receive();
      if (length === 0) {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STEP_MS);
        waited += STEP_MS;
        continue;
      }
      const message = this.#socket.buffer.slice(0, length);
      // What answers an earlier question that was given up.
      if (length < Message.HEADER || Message.sequenceOf(message) !== seq) continue;
      messages.push(message);
      if (isLast(Message.typeOf(message))) return messages;
    }
    return null;
  }
}

function nameOf(errno: number): string | undefined {
  return Object.entries(constants.errno).find(([, number]) => number === errno)?.[0];
}
