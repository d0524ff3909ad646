// Sizes and instants as the reader's language writes them.

/** `4,2 Go`. */
export function sizeText(octets, texts) {
  const units = texts.locale.startsWith("fr") ? ["octets", "ko", "Mo", "Go", "To"] : ["bytes", "kB", "MB", "GB", "TB"];
  let [value, unit] = [octets, 0];
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toLocaleString(texts.locale, { maximumFractionDigits: digits })} ${units[unit]}`;
}

/** The date alone, in legal time. */
export function dateText(ms, texts) {
  return new Date(ms).toLocaleDateString(texts.locale, { dateStyle: "long", timeZone: "Europe/Paris" });
}

/** Date and time (milliseconds or RFC 3339) to the second, in French legal time, which a court reads; the UTC text stands beside it. */
export function instantText(at, texts) {
  const options = { dateStyle: "long", timeStyle: "medium", timeZone: "Europe/Paris" };
  return texts.local(new Date(at).toLocaleString(texts.locale, options));
}

/** Microseconds as `1 s`, `500 ms`. */
export function accuracyText(us) {
  if (us % 1_000_000 === 0) return `± ${us / 1_000_000} s`;
  return us % 1000 === 0 ? `± ${us / 1000} ms` : `± ${us} µs`;
}

/** The common name of a distinguished name, or the whole of it. */
export function commonName(name) {
  const found = /(?:^|[,+])CN=((?:\\.|[^,+\\])*)/.exec(name);
  return found === null ? name : found[1].replaceAll(/\\(.)/g, "$1");
}
