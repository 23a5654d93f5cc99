//! Reads `.cube` files (Adobe Cube LUT Specification 1.0, also with Resolve's input ranges) into the table of the `lut`
//! filter. It decides what such a file means and refuses with the line what it does not. It runs in the studio worker and
//! natively.

use std::fmt;

use super::looks::TABLE_SIDE;
use crate::error::{Failure, Retry};

/// Most steps of each colour in a table of three dimensions; usual are 17, 33 and 65.
const MOST_3D: usize = 129;
/// Most steps in a table of one dimension (the specification's own limit).
const MOST_1D: usize = 65_536;
/// Steps of each colour in the filter's table.
const STEPS: usize = 64;

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

/// The table of the `lut` filter, [`TABLE_SIDE`] squared RGBA texels with rows from the top, that does what the file does.
///
/// # Errors
/// The first thing that is wrong, with its line. What the file holds bounds what is allocated.
pub fn cube(text: &str) -> Result<Vec<u8>, CubeError> {
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

    fn table(&self) -> Result<Vec<u8>, CubeProblem> {
        if self.steps == 0 {
            return Err(CubeProblem::Size);
        }
        if self.colors.len() != self.rows() {
            return Err(CubeProblem::Rows);
        }
        if self.from.iter().zip(&self.to).any(|(from, to)| to <= from) {
            return Err(CubeProblem::Range);
        }
        // Of each primary's 64 levels: the step below in the file's table, and the way from it to the next.
        let mut places = [[(0, 0.0); STEPS]; 3];
        for ((places, from), to) in places.iter_mut().zip(self.from).zip(self.to) {
            for (level, place) in places.iter_mut().enumerate() {
                let share = ((level as f32 / (STEPS - 1) as f32 - from) / (to - from)).clamp(0.0, 1.0);
                let at = share * (self.steps - 1) as f32;
                let low = (at as usize).min(self.steps - 2);
                *place = (low, at - low as f32);
            }
        }
        let mut texels = Vec::with_capacity(TABLE_SIDE * TABLE_SIDE * 4);
        for row in 0..TABLE_SIDE {
            for column in 0..TABLE_SIDE {
                let [red, green, blue] = &places;
                let place = [red[column % STEPS], green[row % STEPS], blue[row / STEPS * 8 + column / STEPS]];
                texels.extend(self.color(place).map(|level| (level.clamp(0.0, 1.0) * 255.0 + 0.5) as u8));
                texels.push(255);
            }
        }
        Ok(texels)
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

    fn texel(table: &[u8], [red, green, blue]: [usize; 3]) -> [u8; 3] {
        let at = ((blue / 8 * STEPS + green) * TABLE_SIDE + blue % 8 * STEPS + red) * 4;
        [table[at], table[at + 1], table[at + 2]]
    }

    #[test]
    fn a_cube_becomes_the_table_that_does_the_same() {
        let straight = cube(&file(5, |color| color)).expect("a table");
        assert_eq!(straight.len(), TABLE_SIDE * TABLE_SIDE * 4);
        let turned = cube(&file(2, |[red, green, blue]| [blue, 1.0 - red, green])).expect("a table");
        for color in [[0, 0, 0], [63, 0, 0], [10, 40, 31], [5, 60, 8], [63, 63, 63]] {
            let [red, green, blue] = color.map(|step| ((step * 255 + 31) / 63) as u8);
            assert_eq!(texel(&straight, color), [red, green, blue]);
            let [r, g, b] = texel(&turned, color);
            assert!(r.abs_diff(blue) <= 1 && g.abs_diff(255 - red) <= 1 && b.abs_diff(green) <= 1, "{color:?}");
        }
    }

    #[test]
    fn curves_and_ranges_are_followed() {
        let curves = cube("LUT_1D_SIZE 3\n0 1 0\n.25 .5 0\n1 0 0.5\n").expect("a table");
        assert_eq!(texel(&curves, [0, 0, 0]), [0, 255, 0]);
        assert_eq!(texel(&curves, [63, 63, 63]), [255, 0, 128]);
        assert_eq!(texel(&curves, [21, 21, 21]), [43, 170, 0]);
        let half = cube("LUT_3D_INPUT_RANGE 0.0 2.0\nLUT_1D_SIZE 2\n0 0 0\n1 1 1\n").expect("a table");
        assert_eq!(texel(&half, [63, 63, 63]), [128; 3]);
        let part = cube("DOMAIN_MIN 0 0 0.5\nDOMAIN_MAX 1 1 1\nLUT_1D_SIZE 2\n0 0 0\n1 1 1\n").expect("a table");
        assert_eq!(texel(&part, [63, 0, 31]), [255, 0, 0]);
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
