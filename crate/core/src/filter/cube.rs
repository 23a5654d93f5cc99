//! Reads `.cube` files (Adobe Cube LUT Specification 1.0, also with Resolve's input ranges) into the table of the `lut`
//! filter. It decides what such a file means and refuses with the line what it does not. It runs in the studio worker and
//! natively.

use std::fmt;

use super::table::{Table, share};
use crate::error::{Failure, Retry};

/// Most steps of each colour in a table of three dimensions; usual are 17, 33 and 65.
const MOST_3D: usize = 129;
/// Most steps in a table of one dimension (the specification's own limit).
const MOST_1D: usize = 65_536;
/// Most steps of the filter's table, and how many it has of a file whose own are no steps of the whole range.
const STEPS: usize = 65;

/// What is wrong with a `.cube` file, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CubeError {
    /// From 1.
    pub line: u32,
    /// What is wrong there.
    pub problem: CubeProblem,
}

/// What can be wrong with a `.cube` file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CubeProblem {
    /// Neither three numbers nor a keyword with its numbers.
    Row,
    /// A second size, or rows before any.
    Size,
    /// A size outside of 2..=129 (of 65 536 in one dimension).
    Steps,
    /// A range whose end is not above its beginning.
    Range,
    /// More or fewer rows than the size says.
    Rows,
}

impl fmt::Display for CubeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = match self.problem {
            CubeProblem::Row => "wanted three numbers, or a keyword of .cube files",
            CubeProblem::Size => "wanted one LUT_3D_SIZE or LUT_1D_SIZE, before the colours",
            CubeProblem::Steps => "a table has 2 to 129 steps, of one dimension up to 65536",
            CubeProblem::Range => "a range ends above its beginning",
            CubeProblem::Rows => "not as many colours as the size says",
        };
        write!(f, ".cube line {}: {said}", self.line)
    }
}

impl std::error::Error for CubeError {}

impl From<CubeError> for Failure {
    fn from(error: CubeError) -> Failure {
        Failure::new("filter_invalid", Retry::Never, error.to_string())
    }
}

/// The table of the `lut` filter that does what the file does: with the file's own steps where they are those of a cube over
/// the whole range and not too many.
///
/// # Errors
/// The first thing that is wrong, with its line. What the file holds bounds what is allocated for it; a table has 4.3 MB at most.
pub fn cube(text: &str) -> Result<Table, CubeError> {
    let mut file = File::default();
    let mut last = 1;
    for (line, row) in (1..).zip(text.lines()) {
        last = line;
        file.handle(row.trim_start_matches('\u{feff}').trim()).map_err(|problem| CubeError { line, problem })?;
    }
    file.table().map_err(|problem| CubeError { line: last, problem })
}

/// What is read so far.
struct File {
    /// Steps of each colour.
    steps: usize,
    /// Whether each primary has its own row of steps, instead of all a cube.
    single: bool,
    from: [f32; 3],
    to: [f32; 3],
    colors: Vec<[f32; 3]>,
}

impl Default for File {
    fn default() -> File {
        File { steps: 0, single: false, from: [0.0; 3], to: [1.0; 3], colors: Vec::new() }
    }
}

impl File {
    fn handle(&mut self, row: &str) -> Result<(), CubeProblem> {
        let mut words = row.split_ascii_whitespace();
        let Some(first) = words.next().filter(|word| !word.starts_with('#')) else { return Ok(()) };
        match first {
            "TITLE" => Ok(()),
            "LUT_3D_SIZE" => self.size(words.next(), MOST_3D, false),
            "LUT_1D_SIZE" => self.size(words.next(), MOST_1D, true),
            "DOMAIN_MIN" => three(words).map(|from| self.from = from).ok_or(CubeProblem::Row),
            "DOMAIN_MAX" => three(words).map(|to| self.to = to).ok_or(CubeProblem::Row),
            "LUT_3D_INPUT_RANGE" | "LUT_1D_INPUT_RANGE" => {
                let ends = words.next().and_then(number).zip(words.next().and_then(number));
                let (from, to) = ends.ok_or(CubeProblem::Row)?;
                (self.from, self.to) = ([from; 3], [to; 3]);
                Ok(())
            }
            _ => {
                let color = three(row.split_ascii_whitespace()).ok_or(CubeProblem::Row)?;
                if self.steps == 0 {
                    return Err(CubeProblem::Size);
                }
                if self.colors.len() == self.rows() {
                    return Err(CubeProblem::Rows);
                }
                self.colors.push(color);
                Ok(())
            }
        }
    }

    fn size(&mut self, word: Option<&str>, most: usize, single: bool) -> Result<(), CubeProblem> {
        if self.steps > 0 {
            return Err(CubeProblem::Size);
        }
        let steps = word.and_then(|word| word.parse().ok()).ok_or(CubeProblem::Row)?;
        if !(2..=most).contains(&steps) {
            return Err(CubeProblem::Steps);
        }
        (self.steps, self.single) = (steps, single);
        Ok(())
    }

    /// How many colours there must be; at most 129 cubed.
    fn rows(&self) -> usize {
        if self.single { self.steps } else { self.steps * self.steps * self.steps }
    }

    fn table(&self) -> Result<Table, CubeProblem> {
        if self.steps == 0 {
            return Err(CubeProblem::Size);
        }
        if self.colors.len() != self.rows() {
            return Err(CubeProblem::Rows);
        }
        if self.from.iter().zip(&self.to).any(|(from, to)| to <= from) {
            return Err(CubeProblem::Range);
        }
        let is_whole = !self.single && (self.from, self.to) == ([0.0; 3], [1.0; 3]);
        let steps = if is_whole { self.steps.min(STEPS) } else { STEPS };
        // Where a share of a primary lies in the file's table: the step below, and the way from it to the next.
        let place = |(share, (from, to)): (f32, (f32, f32))| {
            let at = ((share - from) / (to - from)).clamp(0.0, 1.0) * (self.steps - 1) as f32;
            let low = (at as usize).min(self.steps - 2);
            (low, at - low as f32)
        };
        let ranges: [(f32, f32); 3] = core::array::from_fn(|axis| (self.from[axis], self.to[axis]));
        Ok(Table::new(steps, |at| {
            let shares = share(steps, at);
            self.color(core::array::from_fn(|axis| place((shares[axis], ranges[axis]))))
        }))
    }

    /// Between the eight colours around a place, or each primary between the two of its own.
    fn color(&self, place: [(usize, f32); 3]) -> [f32; 3] {
        let mut color = [0.0; 3];
        if self.single {
            for (channel, (level, (low, share))) in color.iter_mut().zip(place).enumerate() {
                let of = |step: usize| self.colors.get(step).map_or(0.0, |color| color[channel]);
                *level = of(low) * (1.0 - share) + of(low + 1) * share;
            }
            return color;
        }
        for corner in 0..8_usize {
            let (mut weight, mut index, mut pace) = (1.0, 0, 1);
            for (axis, (low, share)) in place.into_iter().enumerate() {
                let up = corner >> axis & 1;
                weight *= if up == 1 { share } else { 1.0 - share };
                index += (low + up) * pace;
                pace *= self.steps;
            }
            let Some(found) = self.colors.get(index).filter(|_| weight > 0.0) else { continue };
            for (level, other) in color.iter_mut().zip(found) {
                *level += weight * other;
            }
        }
        color
    }
}

/// Three numbers and nothing else.
fn three<'a>(mut words: impl Iterator<Item = &'a str>) -> Option<[f32; 3]> {
    let mut next = || words.next().and_then(number);
    let color = [next()?, next()?, next()?];
    words.next().is_none().then_some(color)
}

/// A decimal number, also with an exponent. The library's reader weighs more in wasm than this module.
fn number(word: &str) -> Option<f32> {
    let (mantissa, exponent) = match word.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?.clamp(-40, 40)),
        None => (word, 0),
    };
    let (sign, digits) = match mantissa.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (mut value, mut unit, mut any, mut point) = (0.0_f64, 1.0_f64, false, false);
    for byte in digits.bytes() {
        match byte {
            b'0'..=b'9' => {
                any = true;
                if unit < 1e15 {
                    value = value * 10.0 + f64::from(byte - b'0');
                    unit *= if point { 10.0 } else { 1.0 };
                }
            }
            b'.' if !point => point = true,
            _ => return None,
        }
    }
    for _ in 0..exponent.abs() {
        if exponent > 0 { value *= 10.0 } else { unit *= 10.0 }
    }
    let value = (sign * value / unit) as f32;
    (any && value.is_finite()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of this size whose colours are `made` of the place, red fastest.
    fn file(steps: usize, made: impl Fn([f32; 3]) -> [f32; 3]) -> String {
        let mut text = format!("# a comment\nTITLE \"one\"\nLUT_3D_SIZE {steps}\n\n");
        let last = (steps - 1) as f32;
        for n in 0..steps * steps * steps {
            let place = [n % steps, n / steps % steps, n / steps / steps].map(|step| step as f32 / last);
            let [red, green, blue] = made(place);
            text += &format!("{red} {green} {blue:e}\r\n");
        }
        text
    }

    /// What is read for a colour of 0..=255.
    fn texel(table: &Table, color: [u8; 3]) -> [u8; 3] {
        table.read(color).map(|level| (level + 0.5) as u8)
    }

    #[test]
    fn a_cube_becomes_the_table_that_does_the_same() {
        let straight = cube(&file(5, |color| color)).expect("a table");
        let turned = cube(&file(2, |[red, green, blue]| [blue, 1.0 - red, green])).expect("a table");
        let fine = cube(&file(129, |color| color)).expect("a table");
        assert_eq!([straight.side, turned.side, fine.side], [5 * 16, 2 * 16, 65 * 16]);
        for color in [[0, 0, 0], [255, 0, 0], [41, 162, 125], [20, 243, 32], [255, 255, 255]] {
            let [red, green, blue] = color;
            for (table, wanted) in [(&straight, color), (&turned, [blue, 255 - red, green]), (&fine, color)] {
                let found = texel(table, color);
                assert!(
                    found.iter().zip(wanted).all(|(found, wanted)| found.abs_diff(wanted) <= 1),
                    "{color:?} {found:?}"
                );
            }
        }
    }

    #[test]
    fn curves_and_ranges_are_followed() {
        let curves = cube("LUT_1D_SIZE 3\n0 1 0\n.25 .5 0\n1 0 0.5\n").expect("a table");
        assert_eq!(texel(&curves, [0, 0, 0]), [0, 255, 0]);
        assert_eq!(texel(&curves, [255, 255, 255]), [255, 0, 128]);
        assert_eq!(texel(&curves, [85, 85, 85]), [43, 170, 0]);
        let half = cube("LUT_3D_INPUT_RANGE 0.0 2.0\nLUT_1D_SIZE 2\n0 0 0\n1 1 1\n").expect("a table");
        assert_eq!(texel(&half, [255, 255, 255]), [128; 3]);
        // Each primary alike: greys stay grey, also between steps.
        let steep = cube(
            &file(2, |color| color)
                .replace("LUT_3D_SIZE 2", "DOMAIN_MIN 0.4 0.4 0.4\nDOMAIN_MAX 0.6 0.6 0.6\nLUT_3D_SIZE 2"),
        );
        let steep = steep.expect("a table");
        assert_eq!([texel(&steep, [90; 3]), texel(&steep, [165; 3])], [[0; 3], [255; 3]]);
        let bent = cube("LUT_1D_SIZE 4\n0 0 0\n0.9 0.9 0.9\n0.95 0.95 0.95\n1 1 1\n").expect("a table");
        for level in 0..=255 {
            for table in [&steep, &bent] {
                let [red, green, blue] = table.read([level; 3]);
                assert!((red - green).abs() < 0.1 && (red - blue).abs() < 1.0, "{level}: {red} {green} {blue}");
            }
        }
        let part = cube("DOMAIN_MIN 0 0 0.5\nDOMAIN_MAX 1 1 1\nLUT_1D_SIZE 2\n0 0 0\n1 1 1\n").expect("a table");
        assert_eq!(texel(&part, [255, 0, 125]), [255, 0, 0]);
    }

    #[test]
    fn what_is_no_cube_is_refused_with_its_line() {
        let refused = |text: &str| cube(text).expect_err("a refusal").to_string();
        assert_eq!(refused(""), ".cube line 1: wanted one LUT_3D_SIZE or LUT_1D_SIZE, before the colours");
        for (text, line, problem) in [
            ("0 0 0\n", 1, CubeProblem::Size),
            ("LUT_3D_SIZE 2\nLUT_1D_SIZE 2\n", 2, CubeProblem::Size),
            ("\nLUT_3D_SIZE 130\n", 2, CubeProblem::Steps),
            ("LUT_3D_SIZE 99999999999999999999\n", 1, CubeProblem::Row),
            ("LUT_1D_SIZE 2\n0 0 0\n0 0\n", 3, CubeProblem::Row),
            ("LUT_1D_SIZE 2\n0 0 nan\n", 2, CubeProblem::Row),
            ("LUT_1D_SIZE 2\n0 0 1e99\n", 2, CubeProblem::Row),
            ("LUT_1D_SIZE 2\n0 0 0\n", 2, CubeProblem::Rows),
            ("LUT_1D_SIZE 2\n0 0 0\n0 0 0\n0 0 0\n", 4, CubeProblem::Rows),
            ("LUT_1D_SIZE 2\nDOMAIN_MAX 1 0 1\n0 0 0\n0 0 0", 4, CubeProblem::Range),
            ("\u{89}PNG", 1, CubeProblem::Row),
        ] {
            assert_eq!(cube(text), Err(CubeError { line, problem }), "{text:?}");
        }
    }
}
