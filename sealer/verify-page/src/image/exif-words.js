// The words of EXIF values that mean something by their number (Exif 2.32), as the sealed texts have them:
// `display: [name when reserved, words]`.

const KINDS = (...words) => Object.fromEntries(words.map((word, i) => [i, word]).filter(([, word]) => word !== null));

export const WORDS = {
  compression: ["compression", { 1: "uncompressed", 2: "Modified Huffman", 6: "JPEG", 32773: "PackBits" }],
  photointp: ["photometric interpretation", KINDS(
    "white is zero", "black is zero", "RGB", "palette color", "transparency mask", null, "YCbCr")],
  orientation: ["orientation", KINDS(
    null, "row 0 at top and column 0 at left", "row 0 at top and column 0 at right",
    "row 0 at bottom and column 0 at right", "row 0 at bottom and column 0 at left",
    "row 0 at left and column 0 at top", "row 0 at right and column 0 at top",
    "row 0 at right and column 0 at bottom", "row 0 at left and column 0 at bottom")],
  planarcfg: ["planar configuration", { 1: "chunky", 2: "planar" }],
  resunit: ["resolution unit", { 1: "no absolute unit", 2: "inch", 3: "cm" }],
  ycbcrpos: ["YCbCr positioning", { 1: "centered", 2: "co-sited" }],
  expprog: ["exposure program", KINDS(
    "not defined", "manual", "normal program", "aperture priority", "shutter priority", "creative program",
    "action program", "portrait mode", "landscape mode")],
  sensitivitytype: ["sensitivity type", KINDS(
    "unknown", "SOS", "REI", "ISO speed", "SOS/REI", "SOS/ISO speed", "REI/ISO speed", "SOS/REI/ISO speed")],
  metering: ["metering mode", {
    ...KINDS("unknown", "average", "center-weighted average", "spot", "multi-spot", "pattern", "partial"), 255: "other",
  }],
  lightsrc: ["light source", {
    0: "unknown", 1: "daylight", 2: "fluorescent", 3: "tungsten", 4: "flash", 9: "fine weather", 10: "cloudy weather",
    11: "shade", 12: "daylight fluorescent (D 5700-7100K)", 13: "day white fluorescent (N 4600-5500K)",
    14: "cool white fluorescent (W 3800-4500K)", 15: "white fluorescent (WW 3250-3800K)",
    16: "warm white fluorescent (L 2600-3250K)", 17: "standard light A", 18: "standard light B", 19: "standard light C",
    20: "D55", 21: "D65", 22: "D75", 23: "D50", 24: "ISO studio tungsten", 255: "other",
  }],
  cspace: ["color space", { 1: "sRGB", 65535: "uncalibrated" }],
  sensingmethod: ["sensing method", {
    1: "not defined", 2: "one-chip color area sensor", 3: "two-chip color area sensor", 4: "three-chip color area sensor",
    5: "color sequential area sensor", 7: "trilinear sensor", 8: "color sequential linear sensor",
  }],
  filesrc: ["file source", KINDS("others", "transparency scanner", "reflective scanner", "digital still camera")],
  scenetype: ["scene type", { 1: "directly photographed image" }],
  customrendered: ["custom rendered", KINDS("normal process", "custom process")],
  expmode: ["exposure mode", KINDS("auto exposure", "manual exposure", "auto bracket")],
  whitebalance: ["white balance mode", KINDS("auto white balance", "manual white balance")],
  scenecaptype: ["scene capture type", KINDS("standard", "landscape", "portrait", "night scene")],
  gainctrl: ["gain control", KINDS("none", "low gain up", "high gain up", "low gain down", "high gain down")],
  contrast: ["contrast processing", KINDS("normal", "soft", "hard")],
  saturation: ["saturation processing", KINDS("normal", "low saturation", "high saturation")],
  sharpness: ["sharpness processing", KINDS("normal", "soft", "hard")],
  subjdistrange: ["subject distance range", KINDS("unknown", "macro", "close view", "distant view")],
  cpstimg: ["composite image", KINDS(
    "unknown", "non-composite", "composite (general)", "composite (at the moment of shooting)")],
  gpsaltref: ["GPS altitude ref", KINDS("above sea level", "below sea level")],
  gpsstatus: ["GPS status", { A: "measurement in progress", V: "measurement interrupted" }],
  gpsmeasuremode: ["GPS measurement mode", { 2: "2-dimensional measurement", 3: "3-dimensional measurement" }],
  gpsspeedref: ["GPS speed ref", { K: "km/h", M: "mph", N: "knots" }],
  gpsdirref: ["GPS direction ref", { T: "true direction", M: "magnetic direction" }],
  gpsdistref: ["GPS distance ref", { K: "km", M: "miles", N: "nautical miles" }],
  gpsdifferential: ["GPS differential correction", KINDS(
    "no differential correction", "differential correction applied")],
};
