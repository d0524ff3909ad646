// The sentence of a finding, in the language of the page.
import { FINDINGS } from "../texts/findings.js";

const french = (texts) => texts.locale.startsWith("fr");

export function sentence(code, texts) {
  return FINDINGS[code]?.[french(texts) ? 0 : 1] ?? code;
}
