// The roots the user trusts: read as soon as they are given, so that a file that is no certificate is told at once.
import { hex } from "../base/bytes.js";
import { readAnchors } from "../x509/anchors.js";

const MAX_ROOT = 4 << 20;

/** `{name, bytes, certificates: [{subject, to, sha256}]}` of a file, or throws when it holds no certificate. */
export async function readRoot(file) {
  if (file.size > MAX_ROOT) throw new Error(file.name);
  const bytes = new Uint8Array(await file.arrayBuffer());
  const certificates = readAnchors(bytes).map(async (certificate) => ({
    subject: certificate.subjectText,
    to: certificate.notAfter,
    sha256: hex(new Uint8Array(await crypto.subtle.digest("SHA-256", certificate.der))),
  }));
  return { name: file.name, bytes, certificates: await Promise.all(certificates) };
}

export const isRootName = (name) => /\.(pem|crt|cer|der)$/i.test(name);
