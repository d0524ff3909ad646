// Trust anchors: only the certificates of the files the user gives, never what a bundle carries.
import { fromBase64, text } from "../base/bytes.js";
import { DerError } from "../der/read.js";
import { Certificate } from "./certificate.js";

const BLOCK = /-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/g;

/** The certificates of one file, PEM or DER; throws a DerError when it holds none, or one that cannot be read. */
export function readAnchors(bytes) {
  if (bytes[0] === 0x30) return [Certificate.parse(bytes)];
  const pem = text(bytes);
  if (pem === null) throw new DerError("not a PEM text");
  const blocks = [...pem.matchAll(BLOCK)];
  if (blocks.length === 0 || blocks.length !== pem.split("-----BEGIN CERTIFICATE-----").length - 1) {
    throw new DerError("no certificate in the PEM text, or one without end");
  }
  return blocks.map(([, body]) => {
    const octets = fromBase64(body.replace(/[ \t\r\n\f]/g, ""));
    if (octets === null) throw new DerError("PEM: not base64");
    return Certificate.parse(octets);
  });
}

/** The certificates of several files, each once. */
export function mergeAnchors(lists) {
  const all = [];
  for (const certificate of lists.flat()) if (!all.some((known) => known.is(certificate))) all.push(certificate);
  return all;
}
