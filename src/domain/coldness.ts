/** A project in which something changed after this moment (seconds since the epoch) is active; so is one with a time in the future. */
export const coldBefore = (nowMs: number, inactiveSeconds: number): number => nowMs / 1000 - inactiveSeconds;

/** So many projects may go at once without anybody being asked. */
const UNSUSPICIOUS = 5;

/** Whether so many projects are cold at once that a wrong clock or a restored volume is likelier than so much finished work. */
export const tooManyCold = (cold: number, projects: number): boolean =>
  cold > UNSUSPICIOUS && cold > projects / 2;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Equal for two names that some system would take for one: after NFC and case folding. Names that are not UTF-8 meet nothing but themselves. */
export function meetingName(name: Uint8Array): string {
  try {
    return decoder.decode(name).normalize('NFC').toUpperCase().toLowerCase().normalize('NFC');
  } catch {
    return `\0${Array.from(name, (byte) => byte.toString(16)).join(' ')}`;
  }
}
