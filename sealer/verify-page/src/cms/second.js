// A second reader of signatures, written by other people (PKI.js): what it does not accept is not accepted here either.
import { fromBER } from "asn1js";
import { OID } from "../der/oid.js";
import { ContentInfo, CryptoEngine, SignedData, setEngine } from "pkijs";

setEngine("webcrypto", new CryptoEngine({ name: "webcrypto", crypto: globalThis.crypto, subtle: globalThis.crypto?.subtle }));

const buffer = (bytes) => bytes.slice().buffer;

/**
 * Whether PKI.js verifies the signature of the ContentInfo `original` over `content`. `data` is our own reading: it tells a
 * signature that is judged over what it carries from one judged over something else.
 */
export async function secondReading(original, data, content) {
  try {
    const parsed = fromBER(buffer(original));
    if (parsed.offset !== original.length) return false;
    const signed = new SignedData({ schema: new ContentInfo({ schema: parsed.result }).content });
    const carried = signed.encapContentInfo;
    // PKI.js does not know the key of RSASSA-PSS alone (RFC 4055 1.2); the numbers are those of any RSA key.
    for (const { subjectPublicKeyInfo: key } of signed.certificates ?? []) {
      if (key?.algorithm.algorithmId === OID.RSA_PSS) key.algorithm.algorithmId = OID.RSA_ENCRYPTION;
    }
    // What a token is over was compared before; PKI.js is asked about its signature alone.
    if (data.content === content) carried.eContentType = OID.ID_DATA;
    else delete carried.eContent;
    return await signed.verify({ signer: 0, checkChain: false, ...(data.content === content ? {} : { data: buffer(content) }) });
  } catch {
    return false;
  }
}
