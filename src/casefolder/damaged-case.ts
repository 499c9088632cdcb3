/** The manifest cannot be trusted, so nothing of the case can. */
export class DamagedCase extends Error {}
