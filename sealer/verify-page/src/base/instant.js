// Instants in UTC to the millisecond: RFC 3339 read strictly, shown as 24 characters.

const FORM =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?:([Zz])|([+-])(\d{2})(?::?(\d{2}))?)$/;

/** Milliseconds since 1970 of a civil time in UTC, or `null` when there is no such time. */
export function civil(year, month, day, hour, minute, second, milli = 0) {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, milli);
  const same =
    date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day &&
    date.getUTCHours() === hour && date.getUTCMinutes() === minute && date.getUTCSeconds() === second;
  return same ? date.getTime() : null;
}

/** Milliseconds since 1970 of an RFC 3339 text, cut down to the millisecond; `null` when it is none. */
export function parseInstant(text) {
  const parts = FORM.exec(text);
  if (parts === null) return null;
  const [year, month, day, hour, minute] = parts.slice(1, 6).map(Number);
  const second = Math.min(Number(parts[6] ?? 0), parts[6] === "60" ? 59 : 99);
  const base = civil(year, month, day, hour, minute, second);
  if (base === null) return null;
  const [ahead, behind] = [Number(parts[10] ?? 0), Number(parts[11] ?? 0)];
  if (ahead > 25 || behind > 59) return null;
  const offset = (parts[9] === "-" ? -1 : 1) * (ahead * 60 + behind) * 60_000;
  const milli = Number((parts[7] ?? "").padEnd(3, "0").slice(0, 3));
  return base + milli - offset;
}

/** `2026-11-21T09:12:03.045Z`. */
export function showInstant(ms) {
  return new Date(ms).toISOString();
}

/** Fourteen digits, UTC. */
export function cdxInstant(ms) {
  return showInstant(ms).replace(/\D/g, "").slice(0, 14);
}
