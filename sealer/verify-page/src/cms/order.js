// The order of octet strings that DER asks of the elements of a SET OF (X.690 11.6).

/** Negative, zero or positive, as `a` comes before, with or after `b`. */
export function compareOctets(a, b) {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}
