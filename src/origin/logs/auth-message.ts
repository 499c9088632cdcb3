import { redactLine } from "../../model/redact.ts";
import type { Untrusted } from "../../model/text.ts";

/** What a message of a daemon that lets users in, or changes who may, says. */
export interface AuthMessage {
  code: string;
  args: Record<string, unknown>;
}

interface Pattern {
  program: RegExp;
  message: RegExp;
  read(match: readonly (string | undefined)[]): AuthMessage;
}

/**
 * Messages of OpenSSH (auth.c, session.c), sudo (logging.c), su and login (shadow, util-linux), cron (do_command.c) and the
 * programs of shadow. User names in them were chosen by whoever knocked.
 */
const PATTERNS: readonly Pattern[] = [
  {
    program: /^sshd/,
    message: /^Accepted (\S+) for (.*) from (\S+) port \d+/,
    read: ([, method, user, host]) => ({ code: "origin.ssh-login", args: { user, host, method } }),
  },
  {
    program: /^sshd/,
    message:
      /^(?:Failed \S+ for (?:invalid user )?(.*) from (\S+) port \d+|Invalid user (.*) from (\S+)(?: port \d+)?)/,
    read: ([, user, host, other, from]) => ({
      code: "origin.login-refused",
      args: { user: user ?? other ?? "", host: host ?? from ?? null },
    }),
  },
  {
    program: /^sudo$/,
    message: /^\s*(\S+) : (?:.* ; )?TTY=(\S+) ; PWD=(.*) ; USER=(\S+) ;(?: .*;)? COMMAND=(.*)$/,
    read: ([, user, terminal, directory, as, command]) => ({
      code: "origin.sudo",
      args: { user, as, terminal, directory, command: redactLine(command ?? "") },
    }),
  },
  {
    program: /^(?:su|su-l|runuser|login)$/,
    message: /^\(to (\S+)\) (\S+) on (\S+)$/,
    read: ([, as, user, terminal]) => ({ code: "origin.su", args: { user, as, terminal } }),
  },
  {
    program: /^(?:login|systemd-logind|sshd|gdm.*|lightdm|su|sudo|cockpit.*)$/,
    message: /^(?:ROOT LOGIN\s+ON (\S+)|New session \S+ of user (\S+?)\.?)$/,
    read: ([, terminal, user]) => ({
      code: "origin.logged-in",
      args: { user: user ?? "root", terminal: terminal ?? null },
    }),
  },
  {
    program: /^(?:useradd|usermod|userdel|groupadd|groupmod|passwd|chpasswd|chsh|chfn|gpasswd|adduser)$/,
    message: /^(.*)$/,
    read: ([, line]) => ({ code: "origin.users-changed", args: { line: redactLine(line ?? "") } }),
  },
  {
    program: /^(?:CRON|cron|crond|\/usr\/sbin\/cron|anacron|CROND)$/,
    message: /^\((\S+)\) CMD \((.*)\)$/,
    read: ([, user, command]) => ({
      code: "origin.cron-ran",
      args: { user, command: redactLine((command ?? "").trim()) },
    }),
  },
  {
    program: /^crontab$/,
    message: /^\((\S+)\) (REPLACE|DELETE|BEGIN EDIT|END EDIT) \((\S+)\)$/,
    read: ([, user, action, whose]) => ({ code: "origin.crontab-changed", args: { user, action, whose } }),
  },
  {
    program: /^atd$/,
    message: /^(Starting job .*)$/,
    read: ([, line]) => ({ code: "origin.log-line", args: { program: "atd", line } }),
  },
];

/** Null: nothing that is known here. */
export function authMessage(program: Untrusted, message: Untrusted): AuthMessage | null {
  for (const pattern of PATTERNS) {
    if (!pattern.program.test(program)) continue;
    const match = pattern.message.exec(message);
    if (match !== null) return pattern.read(match);
  }
  return null;
}
