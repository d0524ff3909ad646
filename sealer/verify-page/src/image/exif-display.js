// How the value of an EXIF field is written as text: the sealed inventory holds these texts, so they are part of the format.
import { decimal, defaultText, number, quoted } from "./exif-default.js";
import { WORDS } from "./exif-words.js";

const uint = (value, index) =>
  ["byte", "short", "long"].includes(value.type) ? value.list[index] : undefined;
const rationals = (value, count) =>
  value.type === "rational" && value.list.length >= count ? value.list.slice(0, count) : null;
const firstAscii = (value) =>
  value.type === "ascii" && value.list.length > 0 ? String.fromCharCode(...value.list[0].subarray(0, 64)) : null;
const ratio = ({ num, denom }) => num / denom;
const reserved = (name, value) => `[reserved ${name} ${defaultText(value)}]`;

/** A display that names some values: `source` gives what is looked up. */
function lookup([name, words], source) {
  return (value) => {
    const key = source(value);
    return key !== undefined && key !== null && Object.hasOwn(words, key) ? words[key] : reserved(name, value);
  };
}

const firstUint = (value) => uint(value, 0);
const wholeAscii = (value) => (value.type === "ascii" ? firstAscii(value) : null);
const firstOctet = (value) => (value.type === "undefined" ? value.octets[0] : undefined);
const SOURCES = {
  filesrc: firstOctet, scenetype: firstOctet, gpsstatus: wholeAscii, gpsmeasuremode: wholeAscii, gpsspeedref: wholeAscii,
  gpsdirref: wholeAscii, gpsdistref: wholeAscii,
};

const DISPLAYS = {
  default: defaultText,
  decimal,
  datetime(value) {
    const text = firstAscii(value);
    if (text === null) return defaultText(value);
    if (text === "    :  :     :  :  " || text === " ".repeat(19)) return "unknown";
    const parts = /^(\d{4}):(\d{2}):(\d{2}) (\d{2}):(\d{2}):(\d{2})/s.exec(text);
    return parts === null ? defaultText(value) : `${parts.slice(1, 4).join("-")} ${parts.slice(4).join(":")}`;
  },
  ycbcrsubsamp(value) {
    const words = {
      "1 1": "full horizontally, full vertically (4:4:4)", "2 1": "half horizontally, full vertically (4:2:2)",
      "2 2": "half horizontally, half vertically (4:2:0)", "4 1": "quarter horizontally, full vertically (4:1:1)",
      "4 2": "quarter horizontally, half vertically", "4 4": "quarter horizontally, quarter vertically",
    };
    return words[`${uint(value, 0)} ${uint(value, 1)}`] ?? defaultText(value);
  },
  exptime(value) {
    const [time] = rationals(value, 1) ?? [];
    if (time !== undefined && time.num >= time.denom) return number(ratio(time));
    return time !== undefined && time.num !== 0 ? `1/${number(time.denom / time.num)}` : defaultText(value);
  },
  exifver(value) {
    const parts = versionOf(value);
    if (parts === null) return defaultText(value);
    const [major, minor] = parts;
    return `${major}.${minor % 10 === 0 ? minor / 10 : String(minor).padStart(2, "0")}`;
  },
  interopver(value) {
    const parts = versionOf(value);
    return parts === null ? defaultText(value) : `${parts[0]}.${String(parts[1]).padStart(2, "0")}`;
  },
  cpntcfg(value) {
    if (value.type !== "undefined") return defaultText(value);
    return [...value.octets].map((octet) => ["_", "Y", "Cb", "Cr", "R", "G", "B"][octet] ?? "?").join("");
  },
  subjdist(value) {
    const [distance] = rationals(value, 1) ?? [];
    if (distance?.num === 0) return "unknown";
    return distance?.num === 0xffff_ffff ? "infinity" : decimal(value);
  },
  flash(value) {
    const bits = uint(value, 0);
    if (bits === undefined) return defaultText(value);
    const back = [
      ", no return light detection function", ", return light status 1 (reserved)", ", return light not detected",
      ", return light detected",
    ];
    const auto = [", auto mode 0 (unknown)", ", forced", ", suppressed", ", auto"];
    return (
      (bits & 1 ? "fired" : "not fired") + back[(bits >>> 1) & 3] + auto[(bits >>> 3) & 3] +
      ((bits >>> 5) & 1 ? ", no function present" : "") + ((bits >>> 6) & 1 ? ", red-eye reduction" : "") +
      (bits >>> 7 !== 0 ? ", unknown MSB bits" : "")
    );
  },
  subjarea(value) {
    const [x, y, d, h] = [0, 1, 2, 3].map((i) => uint(value, i));
    if (y === undefined) return defaultText(value);
    if (d === undefined) return `point (x=${x}, y=${y})`;
    return h === undefined ? `circle (x=${x}, y=${y}, d=${d})` : `rectangle (x=${x}, y=${y}, w=${d}, h=${h})`;
  },
  optdecimal(value) {
    const isRatio = value.type === "rational" || value.type === "srational";
    if (!isRatio || value.list.length === 0) return decimal(value);
    const unknown = value.type === "rational" ? 0xffff_ffff : -1;
    return value.list[0].denom === unknown ? "unknown" : number(ratio(value.list[0]));
  },
  dzoomratio: (value) => (rationals(value, 1)?.[0].num === 0 ? "unused" : decimal(value)),
  focallen35: (value) => (uint(value, 0) === 0 ? "unknown" : defaultText(value)),
  lensspec(value) {
    const parts = rationals(value, 4)?.map((part) => number(ratio(part)));
    return parts === undefined ? defaultText(value) : `${parts[0]}-${parts[1]} mm, f/${parts[2]}-${parts[3]}`;
  },
  numcpstimg(value) {
    const [total, used] = [uint(value, 0), uint(value, 1)];
    return used === undefined ? defaultText(value) : `total ${total}, used ${used}`;
  },
  gpsver: (value) =>
    value.type === "byte" && value.list.length >= 4 ? value.list.slice(0, 4).join(".") : defaultText(value),
  gpslatlongref: (value) => (/^[A-Z]$/.test(firstAscii(value) ?? "") ? firstAscii(value) : defaultText(value)),
  gpsdms(value) {
    const parts = rationals(value, 3)?.map((part) => number(ratio(part)));
    return parts === undefined ? defaultText(value) : `${parts[0]} deg ${parts[1]} min ${parts[2]} sec`;
  },
  gpstimestamp(value) {
    const parts = rationals(value, 3)?.map(ratio);
    if (parts === undefined) return defaultText(value);
    return parts.map((part) => `${part < 10 ? "0" : ""}${number(part)}`).join(":");
  },
  gpsdatestamp(value) {
    const parts = /^(\d{4}):(\d{2}):(\d{2})/.exec(firstAscii(value) ?? "");
    return parts === null ? defaultText(value) : parts.slice(1).join("-");
  },
  ascii_in_undef: (value) => (value.type === "undefined" ? quoted(value.octets) : defaultText(value)),
};

function versionOf(value) {
  if (value.type !== "undefined" || value.octets.length !== 4) return null;
  const text = String.fromCharCode(...value.octets);
  return /^\d{4}$/.test(text) ? [Number(text.slice(0, 2)), Number(text.slice(2))] : null;
}

/** The text of a value under the display of its tag. */
export function displayText(display, value) {
  if (Object.hasOwn(WORDS, display)) return lookup(WORDS[display], SOURCES[display] ?? firstUint)(value);
  return DISPLAYS[display](value);
}
