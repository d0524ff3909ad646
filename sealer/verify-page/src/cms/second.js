// A second reader of signatures, written by other people (PKI.js): what it does not accept is not accepted here either.
import { fromBER } from "asn1js";
import { CryptoEngine, SignedData, setEngine } from "pkijs";
import { OID } from "../der/oid.js";
import { TAG, context } from "../der/read.js";
import { tlv } from "../der/write.js";

setEngine("webcrypto", new CryptoEngine({ name: "webcrypto", crypto: globalThis.crypto, subtle: globalThis.crypto?.subtle }));

const buffer = (bytes) => bytes.slice().buffer;

/**
 * Whether PKI.js verifies the signature of `data`, our own reading, over `content`. It is given the octets that were signed
 * and the certificate they name, as they came; what else is carried is not signed, and is judged by the other rules.
 */
export async function secondReading(data, certificate, content) {
  try {
    const signed = new SignedData({ schema: fromBER(buffer(alone(data.parts, certificate))).result });
    const carried = signed.encapContentInfo;
    // What a token is over was compared before; PKI.js is asked about its signature alone.
    if (data.content === content) carried.eContentType = OID.ID_DATA;
    else delete carried.eContent;
    // PKI.js does not know the key of RSASSA-PSS alone (RFC 4055 1.2); the numbers are those of any RSA key.
    const { algorithm } = signed.certificates[0].subjectPublicKeyInfo;
    if (algorithm.algorithmId === OID.RSA_PSS) algorithm.algorithmId = OID.RSA_ENCRYPTION;
    return await signed.verify({ signer: 0, checkChain: false, ...(data.content === content ? {} : { data: buffer(content) }) });
  } catch {
    return false;
  }
}

/** A SignedData of the same octets, with one certificate and without unsigned attributes and revocation data. */
function alone({ version, digests, encapsulated, signer }, certificate) {
  const certificates = tlv(context(0), certificate.der);
  return tlv(TAG.SEQUENCE, version, digests, encapsulated, certificates, tlv(TAG.SET, tlv(TAG.SEQUENCE, signer)));
}
