//! Where two pictures of the same page differ, and a picture of that place only: before on the left, after on the right.
//!
//! Rows are read one after the other, several times rather than kept: a page may be two million pixels tall.
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;

use serde::Serialize;

use super::pixels::{Picture, Rows};

/// The tallest picture looked at, and the most pixels of one.
const TALLEST: u32 = 4_000_000;
const MOST_PIXELS: u64 = 8_000_000_000;
/// The most rows drawn; a region that is taller is cut, and this is told.
const MOST_DRAWN: u32 = 20_000;
/// Rows shown above and below what differs.
const CONTEXT: u32 = 40;
/// Columns between the two sides.
const GAP: usize = 12;
/// How thick the frame is.
const FRAME: u32 = 3;
const GREY: [u8; 3] = [128; 3];
const RED: [u8; 3] = [205, 0, 0];

/// The place where two pictures differ: the rows between those they share at the top and those they share at the bottom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Region {
    /// Width and height of the first picture.
    pub before: (u32, u32),
    /// Width and height of the second.
    pub after: (u32, u32),
    /// First row that differs.
    pub top: u32,
    /// Rows from there that are only in the first picture; fewer or more than those of the second when something was
    /// added or removed.
    pub before_rows: u32,
    /// The same, of the second.
    pub after_rows: u32,
    /// First column that differs; 0 when rows were added or removed.
    pub left: u32,
    /// The column after the last one that differs.
    pub right: u32,
    /// Whether the picture of it does not show all of its rows.
    pub cut: bool,
}

/// Compares two PNG pictures; `None` when every pixel is the same. When they differ and `picture` is given, it is written.
pub fn compare_beside(before: &Path, after: &Path, picture: Option<&Path>) -> Result<Option<Region>, String> {
    let (first, second) = (Rows::open(before)?, Rows::open(after)?);
    let (a, b) = ((first.width, first.height), (second.width, second.height));
    let (rows_a, rows_b) = (hashes(first, before)?, hashes(second, after)?);
    if rows_a == rows_b {
        return Ok(None);
    }
    let top = rows_a.iter().zip(&rows_b).take_while(|(x, y)| x == y).count();
    let (rest_a, rest_b) = (&rows_a[top..], &rows_b[top..]);
    let bottom = rest_a.iter().rev().zip(rest_b.iter().rev()).take_while(|(x, y)| x == y).count();
    let rows = |rest: &[u64]| u32::try_from(rest.len() - bottom).unwrap_or(u32::MAX);
    let mut region = Region {
        before: a,
        after: b,
        top: u32::try_from(top).unwrap_or(u32::MAX),
        before_rows: rows(rest_a),
        after_rows: rows(rest_b),
        left: 0,
        right: a.0.max(b.0),
        cut: false,
    };
    if a.0 == b.0 && region.before_rows == region.after_rows {
        (region.left, region.right) = columns(before, after, &region)?;
    }
    let tallest = region.before_rows.max(region.after_rows);
    region.cut = tallest > MOST_DRAWN;
    if let Some(path) = picture {
        draw(before, after, path, &region)?;
    }
    Ok(Some(region))
}

/// A number for each row.
fn hashes(mut rows: Rows, path: &Path) -> Result<Vec<u64>, String> {
    if rows.height > TALLEST || u64::from(rows.width) * u64::from(rows.height) > MOST_PIXELS {
        return Err(format!("{} : {} × {} pixels, c'est trop", path.display(), rows.width, rows.height));
    }
    let mut all = Vec::new();
    for _ in 0..rows.height {
        let mut hasher = DefaultHasher::new();
        rows.next()?.hash(&mut hasher);
        all.push(hasher.finish());
    }
    Ok(all)
}

/// The columns that differ, in rows that stand at the same height.
fn columns(before: &Path, after: &Path, region: &Region) -> Result<(u32, u32), String> {
    let (mut a, mut b) = (Rows::open(before)?, Rows::open(after)?);
    let (mut left, mut right) = (region.before.0, 0);
    for row in 0..region.top + region.before_rows {
        let (a, b) = (a.next()?, b.next()?);
        if row < region.top {
            continue;
        }
        let apart = |(_, (x, y)): &(u32, (&[u8], &[u8]))| x != y;
        for (column, _) in (0..).zip(a.chunks_exact(4).zip(b.chunks_exact(4))).filter(apart) {
            left = left.min(column);
            right = right.max(column + 1);
        }
    }
    Ok((left, right))
}

/// One side of the picture being drawn.
struct Side {
    rows: Rows,
    /// First row shown, the rows that differ, and how many rows are shown.
    first: u32,
    framed: (u32, u32),
    shown: u32,
    columns: (u32, u32),
}

impl Side {
    fn open(path: &Path, region: &Region, height: u32) -> Result<Self, String> {
        let mut rows = Rows::open(path)?;
        let first = region.top.saturating_sub(CONTEXT);
        for _ in 0..first {
            rows.next()?;
        }
        let height = height.min(MOST_DRAWN);
        let framed = (region.top, region.top + height);
        let shown = (framed.1 + CONTEXT).min(rows.height) - first;
        let columns = (region.left, region.right.min(rows.width));
        Ok(Self { rows, first, framed, shown, columns })
    }

    /// Draws the `n`-th row shown; grey below the last one.
    fn row(&mut self, n: u32, out: &mut [u8]) -> Result<(), String> {
        if n >= self.shown {
            out.chunks_exact_mut(3).for_each(|pixel| pixel.copy_from_slice(&GREY));
            return Ok(());
        }
        let row = self.first + n;
        let (top, bottom) = (self.framed.0.saturating_sub(FRAME), self.framed.1 + FRAME);
        let (left, right) = (self.columns.0.saturating_sub(FRAME), self.columns.1 + FRAME);
        let beyond = row < self.framed.0 || row >= self.framed.1;
        let pixels = self.rows.next()?;
        for (column, (out, pixel)) in (0_u32..).zip(out.chunks_exact_mut(3).zip(pixels.chunks_exact(4))) {
            let inside = (top..bottom).contains(&row) && (left..right).contains(&column);
            let aside = column < self.columns.0 || column >= self.columns.1;
            out.copy_from_slice(if inside && (beyond || aside) { &RED } else { &pixel[..3] });
        }
        Ok(())
    }
}

fn draw(before: &Path, after: &Path, path: &Path, region: &Region) -> Result<(), String> {
    let mut a = Side::open(before, region, region.before_rows)?;
    let mut b = Side::open(after, region, region.after_rows)?;
    let (left, right) = (a.rows.width as usize * 3, b.rows.width as usize * 3);
    let mut line = vec![GREY[0]; left + GAP * 3 + right];
    let width = u32::try_from(line.len() / 3).map_err(|e| e.to_string())?;
    let height = a.shown.max(b.shown);
    let mut out = Picture::create(path, width, height)?;
    for n in 0..height {
        a.row(n, &mut line[..left])?;
        b.row(n, &mut line[left + GAP * 3..])?;
        out.row(&line)?;
    }
    out.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(folder: &Path, name: &str, width: u32, rows: &[u8]) -> std::path::PathBuf {
        let path = folder.join(name);
        let mut out = Picture::create(&path, width, u32::try_from(rows.len()).unwrap()).unwrap();
        for value in rows {
            out.row(&vec![*value; width as usize * 3]).unwrap();
        }
        out.finish().unwrap();
        path
    }

    #[test]
    fn the_same_pixels_differ_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let a = picture(folder.path(), "a.png", 4, &[1, 2, 3]);
        let out = folder.path().join("out.png");
        assert_eq!(compare_beside(&a, &a, Some(&out)), Ok(None));
        assert!(!out.exists());
    }

    #[test]
    fn rows_that_were_added_are_found_and_drawn_beside_one_another() {
        let folder = tempfile::tempdir().unwrap();
        let mut rows = vec![10; 100];
        rows.extend((0..100).map(|n| 20 + n));
        let a = picture(folder.path(), "a.png", 8, &rows);
        rows.splice(100..100, [250; 30]);
        let b = picture(folder.path(), "b.png", 8, &rows);
        let out = folder.path().join("out.png");
        let region = compare_beside(&a, &b, Some(&out)).unwrap().unwrap();
        assert_eq!((region.before, region.after), ((8, 200), (8, 230)));
        assert_eq!((region.top, region.before_rows, region.after_rows, region.cut), (100, 0, 30, false));
        assert_eq!((region.left, region.right), (0, 8));
        let mut drawn = Rows::open(&out).unwrap();
        assert_eq!((drawn.width, drawn.height), (8 + 12 + 8, 40 + 30 + 40));
        let row = (0..=CONTEXT).map(|_| drawn.next().unwrap().to_vec()).last().unwrap();
        // The first row that was added: nothing but the frame stands there on the left.
        assert_eq!((&row[..3], &row[20 * 4..20 * 4 + 3]), (&RED[..], &[250; 3][..]));
    }

    #[test]
    fn a_pixel_that_differs_is_framed_by_itself() {
        let folder = tempfile::tempdir().unwrap();
        let a = picture(folder.path(), "a.png", 50, &[7; 60]);
        let b = folder.path().join("b.png");
        let mut out = Picture::create(&b, 50, 60).unwrap();
        for row in 0..60 {
            let mut line = vec![7; 150];
            if row == 20 {
                line[30 * 3] = 200;
            }
            out.row(&line).unwrap();
        }
        out.finish().unwrap();
        let drawn = folder.path().join("out.png");
        let region = compare_beside(&a, &b, Some(&drawn)).unwrap().unwrap();
        assert_eq!((region.top, region.before_rows, region.left, region.right), (20, 1, 30, 31));
        let mut rows = Rows::open(&drawn).unwrap();
        let row = (0..=20).map(|_| rows.next().unwrap().to_vec()).last().unwrap();
        let pixel = |column: usize| row[column * 4..column * 4 + 3].to_vec();
        assert_eq!((pixel(29), pixel(30), pixel(31)), (RED.to_vec(), vec![7; 3], RED.to_vec()));
        assert_eq!((pixel(62 + 30), pixel(62 + 33), pixel(62 + 34)), (vec![200, 7, 7], RED.to_vec(), vec![7; 3]));
    }

    #[test]
    fn a_region_too_tall_to_be_drawn_is_cut_and_told() {
        let folder = tempfile::tempdir().unwrap();
        let a = picture(folder.path(), "a.png", 1, &[1; 30_000]);
        let b = picture(folder.path(), "b.png", 1, &[2; 30_000]);
        let out = folder.path().join("out.png");
        let region = compare_beside(&a, &b, Some(&out)).unwrap().unwrap();
        assert_eq!((region.before_rows, region.cut), (30_000, true));
        assert_eq!(Rows::open(&out).unwrap().height, MOST_DRAWN + CONTEXT);
    }

    #[test]
    fn rubbish_and_other_widths_are_no_panic() {
        let folder = tempfile::tempdir().unwrap();
        let rubbish = folder.path().join("x.png");
        std::fs::write(&rubbish, b"rubbish").unwrap();
        let a = picture(folder.path(), "a.png", 4, &[1, 2, 3]);
        let b = picture(folder.path(), "b.png", 9, &[1]);
        assert!(compare_beside(&rubbish, &a, None).is_err());
        let region = compare_beside(&a, &b, Some(&folder.path().join("out.png"))).unwrap().unwrap();
        assert_eq!((region.before, region.after, region.top), ((4, 3), (9, 1), 0));
    }
}
