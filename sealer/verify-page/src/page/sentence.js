// The sentence of a finding, in the language of the page.
import { FINDINGS } from "../texts/findings.js";
import { sentenceAbout } from "../texts/subjects.js";

/** What the finding `code` says; of a signed part, `subject` is what it is about (`receipt`, `manifest`, `act`, `answer`, `point`). */
export function sentence(code, texts, subject = null) {
  const language = texts.locale.startsWith("fr") ? 0 : 1;
  const about = subject === null ? null : sentenceAbout(code, subject, language);
  return about ?? FINDINGS[code]?.[language] ?? code;
}
