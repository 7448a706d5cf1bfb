// What the SDK keeps on the device, and only after consent; a blocked storage is the same as an empty one.

const PREFIX = "civicsense.";

/** The text kept under `key`, if any. */
export function recall(key: string): string | null {
  try {
    return localStorage.getItem(PREFIX + key);
  } catch {
    return null;
  }
}

/** Keeps `value` under `key`; `null` forgets it. */
export function keep(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, value);
  } catch {
    // Private windows and full disks: the SDK works on without memory.
  }
}
