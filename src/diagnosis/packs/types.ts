import type { Untrusted } from "../../model/text.ts";

/** A command, and the one that takes it back. */
export interface Way {
  command: Untrusted[];
  undo: Untrusted[];
}

/** A job as its owner's commands need it. */
export interface Owned {
  unit: Untrusted;
  /** The job's file as the host sees it. */
  path: Untrusted;
  line: number | null;
  directive: Untrusted;
  /** The service that it starts, where it is a timer, a socket or a path of systemd. */
  activates: Untrusted | null;
  /** The user whose manager has the unit, where it is one of `systemd --user`; null: not known. */
  user: { uid: number; name: Untrusted } | null;
  /** Whether the job belongs to this host, so that its daemons can be asked. Programs of another root are never run. */
  here: boolean;
}

/**
 * What is known about the jobs of one supervisor when something has to be done about them. Every command is a list of
 * words that the report quotes; a name of the examined host is one word of its own, never a part of a program for a shell.
 * Null: there is no command for this job from here, and the words alone must do.
 */
export interface Pack {
  /** Keeps the job from being started for now. */
  stop(job: Owned): Way | null;
  /** Shows how its last runs ended; changes nothing. */
  log?(job: Owned): Untrusted[] | null;
  /** Makes it come back less often, and give up in time. The sentence beside it is `advice.limit.SUPERVISOR`. */
  limit?(job: Owned): Way | null;
  /** It waits for its program, which must stay in the foreground: `advice.foreground`, or `advice.foreground.SUPERVISOR`. */
  foreground?: true;
}
