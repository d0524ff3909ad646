// Names of files inside a bundle: one grammar, so that no name from outside can mean a place outside.

const PART = /^(?![.])[A-Za-z0-9._-]{1,100}(?<![.])$/;

/** ASCII letters, digits, `.`, `_`, `-`: at most four parts of at most 100, none starting or ending with a dot. */
export function isArtefactPath(text) {
  const parts = text.split("/");
  return parts.length <= 4 && parts.every((part) => PART.test(part));
}
