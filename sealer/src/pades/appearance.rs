//! What a visible signature shows: a frame and lines of text, each glyph as a path. No font is needed to show it, so that
//! PDF/A has nothing to ask of one.
use ttf_parser::{Face, OutlineBuilder};

use super::pdf::{Dict, Object, PdfFile};
use super::{PadesError, pages};

/// What a visible signature shows.
#[derive(Clone, Debug)]
pub struct Look<'a> {
    /// The lines of text, first to last.
    pub lines: Vec<String>,
    /// A TrueType or OpenType font that has their glyphs.
    pub font: &'a [u8],
}

/// A place on a page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// The page, counted from one; [`Place::LAST_PAGE`] is the last, whatever its number.
    pub page: usize,
    /// Left, top, width and height in millimetres, from the upper left corner of the page.
    pub rect_mm: [f64; 4],
}

impl Place {
    /// The last page.
    pub const LAST_PAGE: usize = usize::MAX;
}

/// An appearance stream.
pub(super) struct Shown {
    pub(super) dict: Dict,
    pub(super) content: Vec<u8>,
}

const POINTS_PER_MM: f64 = 72.0 / 25.4;
/// The smallest side, in millimetres.
const SMALLEST: f64 = 5.0;
/// Lines at most, and characters of one.
const MAX_LINES: usize = 12;
const MAX_LINE: usize = 200;
/// The largest text, in points.
const LARGEST: f64 = 10.0;
const MARGIN: f64 = 4.0;

/// The rectangle of that place on that page, in the units of the page.
pub(super) fn rectangle(file: &PdfFile<'_>, page: u32, place: &Place) -> Result<[f64; 4], PadesError> {
    let last = file.last();
    let bad = |why: &str| PadesError::Rectangle { why: why.to_owned() };
    let shown = pages::shown(file, page, last).ok_or_else(|| bad("la page n'a pas de format"))?;
    if pages::is_turned(file, page, last) {
        return Err(bad("la page est tournée"));
    }
    let [left, top, width, height] = place.rect_mm;
    let finite = place.rect_mm.iter().all(|n| n.is_finite());
    if !finite || width < SMALLEST || height < SMALLEST || left < 0.0 || top < 0.0 {
        return Err(bad("il faut au moins 5 mm de côté, à l'intérieur de la page"));
    }
    let (x0, y1) = (shown[0] + left * POINTS_PER_MM, shown[3] - top * POINTS_PER_MM);
    let (w, h) = (width * POINTS_PER_MM, height * POINTS_PER_MM);
    if x0 + w > shown[2] + 0.01 || y1 - h < shown[1] - 0.01 {
        return Err(bad("le rectangle sort de la page"));
    }
    Ok([x0, y1 - h, x0 + w, y1])
}

/// Draws the appearance for a rectangle.
pub(super) fn make(look: &Look<'_>, rect: [f64; 4]) -> Result<Shown, PadesError> {
    let (w, h) = (rect[2] - rect[0], rect[3] - rect[1]);
    let content = draw(look, w, h)?;
    let mut dict = Dict::default();
    dict.set("Type", Object::name("XObject"));
    dict.set("Subtype", Object::name("Form"));
    dict.set("BBox", Object::Array([0.0, 0.0, w, h].map(real).to_vec()));
    dict.set("Resources", Object::Dict(Dict::default()));
    Ok(Shown { dict, content })
}

/// A number of three decimals.
pub(super) fn real(number: f64) -> Object {
    Object::Real(format!("{number:.3}").into_bytes())
}

fn draw(look: &Look<'_>, w: f64, h: f64) -> Result<Vec<u8>, PadesError> {
    let frame = format!("0.5 w 0 G 0.25 0.25 {:.3} {:.3} re S\n0 g\n", w - 0.5, h - 0.5);
    if look.lines.is_empty() {
        return Ok(frame.into_bytes());
    }
    let face = Face::parse(look.font, 0).map_err(|e| PadesError::Font { why: e.to_string() })?;
    let em = f64::from(face.units_per_em());
    let lines = look.lines.iter().take(MAX_LINES);
    let lines: Vec<String> =
        lines.map(|line| line.chars().filter(|c| !c.is_control()).take(MAX_LINE).collect()).collect();
    let widest = lines.iter().map(|line| advance(&face, line)).fold(1.0, f64::max);
    let room = (h - 2.0 * MARGIN) / (lines.len().max(1) as f64 * 1.25);
    let size = LARGEST.min(room).min((w - 2.0 * MARGIN) * em / widest);
    let mut text = frame;
    let mut y = h - MARGIN - size;
    for line in &lines {
        let mut x = MARGIN;
        for character in line.chars() {
            let Some(glyph) = face.glyph_index(character) else { continue };
            let mut path = Path { text: &mut text, x, y, scale: size / em, at: (0.0, 0.0), drawn: false };
            face.outline_glyph(glyph, &mut path);
            if path.drawn {
                text.push_str("f\n");
            }
            x += f64::from(face.glyph_hor_advance(glyph).unwrap_or(0)) * size / em;
        }
        y -= size * 1.25;
    }
    Ok(text.into_bytes())
}

/// The width of a line, in units of the font.
fn advance(face: &Face<'_>, line: &str) -> f64 {
    let widths = line.chars().filter_map(|c| face.glyph_index(c)).filter_map(|glyph| face.glyph_hor_advance(glyph));
    widths.map(f64::from).sum()
}

/// A glyph as operators of a path (ISO 32000-1, 8.5.2).
struct Path<'t> {
    text: &'t mut String,
    x: f64,
    y: f64,
    scale: f64,
    /// Where the pen is: a quadratic curve is raised to a cubic one.
    at: (f64, f64),
    drawn: bool,
}

impl Path<'_> {
    fn point(&self, x: f32, y: f32) -> (f64, f64) {
        (self.x + f64::from(x) * self.scale, self.y + f64::from(y) * self.scale)
    }

    fn write(&mut self, points: &[(f64, f64)], operator: char) {
        for (x, y) in points {
            self.text.push_str(&format!("{x:.2} {y:.2} "));
        }
        self.text.push(operator);
        self.text.push('\n');
        self.at = points.last().copied().unwrap_or(self.at);
        self.drawn = true;
    }
}

impl OutlineBuilder for Path<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        let to = self.point(x, y);
        self.write(&[to], 'm');
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let to = self.point(x, y);
        self.write(&[to], 'l');
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let (from, control, to) = (self.at, self.point(x1, y1), self.point(x, y));
        let third = |a: (f64, f64), b: (f64, f64)| (a.0 + (b.0 - a.0) * 2.0 / 3.0, a.1 + (b.1 - a.1) * 2.0 / 3.0);
        self.write(&[third(from, control), third(to, control), to], 'c');
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let points = [self.point(x1, y1), self.point(x2, y2), self.point(x, y)];
        self.write(&points, 'c');
    }

    fn close(&mut self) {
        self.text.push_str("h\n");
    }
}
