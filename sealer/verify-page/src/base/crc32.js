// CRC-32 of zip and gzip (ISO 3309), eight octets at a time.

const TABLES = (() => {
  const tables = Array.from({ length: 8 }, () => new Uint32Array(256));
  for (let i = 0; i < 256; i += 1) {
    let value = i;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    tables[0][i] = value;
  }
  for (let i = 0; i < 256; i += 1) {
    for (let t = 1; t < 8; t += 1) {
      const before = tables[t - 1][i];
      tables[t][i] = (before >>> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
})();

/** The checksum of `bytes` after those that gave `crc` (0 at the start). */
export function crc32(bytes, crc = 0) {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES;
  let value = ~crc;
  let i = 0;
  for (const end = bytes.length - 7; i < end; i += 8) {
    value ^= bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
    value =
      t7[value & 0xff] ^ t6[(value >>> 8) & 0xff] ^ t5[(value >>> 16) & 0xff] ^ t4[value >>> 24] ^
      t3[bytes[i + 4]] ^ t2[bytes[i + 5]] ^ t1[bytes[i + 6]] ^ t0[bytes[i + 7]];
  }
  for (; i < bytes.length; i += 1) value = (value >>> 8) ^ t0[(value ^ bytes[i]) & 0xff];
  return ~value >>> 0;
}
