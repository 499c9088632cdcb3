import type { SourceLedger } from "../../model/ledger.ts";
import type { Untrusted } from "../../model/text.ts";
import type { CouldNotLook, Observer } from "../types.ts";
import { MOST_SECONDS, type AuditWindow } from "./window.ts";

/** Audit records as the only source of kernel events. */
export class AuditObserver implements Observer {
  readonly kind = "audit";
  readonly originNs: number;
  readonly mostSeconds = MOST_SECONDS;
  readonly limits: readonly CouldNotLook[];
  readonly #window: AuditWindow;

  constructor(window: AuditWindow, limits: readonly CouldNotLook[]) {
    this.#window = window;
    this.originNs = window.originNs;
    this.limits = limits;
  }

  poll(): number {
    return this.#window.poll();
  }

  /** Records of 32-bit calls are made by a rule of their own: nothing to do. */
  watch32Bit(_comms: readonly Untrusted[]): void {}

  losses(): number | null {
    return null;
  }

  /** Records tell all arguments by themselves. */
  met(_pid: number, _program: string): void {}

  stop(): SourceLedger {
    return this.#window.stop();
  }
}
