/** Why a container with systemd as its init cannot be run here; null when it can. */
export function whyNoSystemd(): string | null;
/** The folder of a minimal Debian with systemd, made on the first call (a minute or two). */
export function systemdTree(): string;
