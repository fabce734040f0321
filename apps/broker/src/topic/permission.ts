// Permission bits of topics and brokers [java PermName]. Pure arithmetic; must never decide what a request may do.

export const PERM_PRIORITY = 8;
export const PERM_READ = 4;
export const PERM_WRITE = 2;
export const PERM_INHERIT = 1;

export function isReadable(perm: number): boolean {
  return (perm & PERM_READ) !== 0;
}

export function isWriteable(perm: number): boolean {
  return (perm & PERM_WRITE) !== 0;
}

/** The topic may serve as template of an auto-created one. */
export function isInherited(perm: number): boolean {
  return (perm & PERM_INHERIT) !== 0;
}

/** `RW-`, `R--`, `RWX`: how permissions are printed. */
export function permissionText(perm: number): string {
  return `${isReadable(perm) ? 'R' : '-'}${isWriteable(perm) ? 'W' : '-'}${isInherited(perm) ? 'X' : '-'}`;
}
