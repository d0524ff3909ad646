// A second reader of signatures, written by other people (PKI.js): what it does not accept is not accepted here either.
import { fromBER } from "asn1js";
import { ContentInfo, CryptoEngine, SignedData, setEngine } from "pkijs";

setEngine("webcrypto", new CryptoEngine({ name: "webcrypto", crypto: globalThis.crypto, subtle: globalThis.crypto?.subtle }));

const buffer = (bytes) => bytes.slice().buffer;

/**
 * Whether PKI.js verifies the signature of the ContentInfo `original` over the same content. `data` is our own reading: it
 * tells a detached signature from one that carries its content.
 */
export async function secondReading(original, data, content) {
  try {
    const parsed = fromBER(buffer(original));
    if (parsed.offset !== original.length) return false;
    const signed = new SignedData({ schema: new ContentInfo({ schema: parsed.result }).content });
    const detached = data.content === null ? { data: buffer(content) } : {};
    // What a token is over was compared before; PKI.js is asked about its signature alone.
    signed.encapContentInfo.eContentType = data.content === null ? signed.encapContentInfo.eContentType : "1.2.840.113549.1.7.1";
    return await signed.verify({ signer: 0, checkChain: false, ...detached });
  } catch {
    return false;
  }
}
