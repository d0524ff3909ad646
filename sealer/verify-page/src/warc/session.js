// Session numbers that some servers put into addresses, which a sort key leaves out.

/** Removes `/(24 letters or digits)/` and `/(a(24 letters or digits)…)/` before an `.aspx` page. */
export function stripPath(path) {
  const groups = /^(?:[A-Za-z]\([A-Za-z0-9]{24}\))+$/;
  return stripSegment(stripSegment(path, groups), /^[A-Za-z0-9]{24}$/);
}

/** Removes the last segment `(inner)/` of this form that stands before an `.aspx` page. */
function stripSegment(path, form) {
  const slashes = [...path.matchAll(/\//g)].map((match) => match.index);
  for (let i = slashes.length - 2; i >= 0; i -= 1) {
    const [open, close] = [slashes[i], slashes[i + 1]];
    const segment = /^\((.*)\)$/s.exec(path.slice(open + 1, close));
    const page = path.slice(close + 1);
    if (segment !== null && form.test(segment[1]) && isAspx(page)) return path.slice(0, open + 1) + page;
  }
  return path;
}

const isAspx = (page) => page.split("?")[0].slice(1).toLowerCase().includes(".aspx");

const FORMS = [
  /jsessionid=[A-Za-z0-9]{32}/iy,
  /phpsessid=[A-Za-z0-9]{32}/iy,
  /sid=[A-Za-z0-9]{32}/iy,
  /aspsessionid[A-Za-z]{8}=[A-Za-z]{24}/iy,
  /cfid=[^&]+&cftoken=[^&]+/iy,
];

/** Removes the last argument of each known kind of session number. */
export function stripQuery(query) {
  return FORMS.reduce(stripArgument, query);
}

/** Removes the last place where the form stands and the argument ends there. */
function stripArgument(query, form) {
  for (let start = query.length - 1; start >= 0; start -= 1) {
    form.lastIndex = start;
    if (!form.test(query)) continue;
    const after = query.slice(form.lastIndex);
    if (after === "") return query.slice(0, start);
    if (after.startsWith("&")) return query.slice(0, start) + after.slice(1);
  }
  return query;
}
