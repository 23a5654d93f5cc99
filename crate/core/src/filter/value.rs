//! Values of parameters, read from text: numbers without the library's reader, which weighs more than all of this in
//! wasm; colours; words; and curves as tables. It also runs natively.

/// A plain decimal number: a sign, digits, a point.
pub(super) fn number(text: &str) -> Option<f32> {
    let (sign, digits) = text.strip_prefix('-').map_or((1.0, text), |rest| (-1.0, rest));
    let (mut value, mut unit, mut any, mut point) = (0.0_f64, 1.0_f64, false, false);
    for byte in digits.bytes().take(20) {
        match byte {
            b'0'..=b'9' => {
                value = value * 10.0 + f64::from(byte - b'0');
                unit = if point { unit * 10.0 } else { unit };
                any = true;
            }
            b'.' if !point => point = true,
            _ => return None,
        }
    }
    (any && digits.len() <= 20).then_some((sign * value / unit) as f32)
}

/// `#rrggbb`.
pub(super) fn color(text: &str) -> Option<[u8; 3]> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?.as_bytes();
    let mut color = [0; 3];
    for (value, pair) in color.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |byte: u8| char::from(byte).to_digit(16);
        *value = u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()?;
    }
    Some(color)
}

/// The place of a word among the values of a choice.
pub(super) fn choice(values: &[String], word: &str) -> Option<u32> {
    values.iter().position(|value| value == word).and_then(|place| u32::try_from(place).ok())
}

/// Most points of a curve.
const MOST_POINTS: usize = 64;

/// Texels of a curve's table: four for each level of a byte, so that filters read the nearest one without mixing two.
pub const CURVE_STEPS: usize = 1024;

/// The place of the last one.
const LAST: f32 = (CURVE_STEPS - 1) as f32;

/// Levels 0..=1.
type Curve = [f32; CURVE_STEPS];
/// A level, and the one that a curve gives for it.
type Point = (f32, f32);

/// The table of the curve that changes nothing.
pub fn plain_curve() -> Vec<u8> {
    table(&[(0.0, 0.0), (1.0, 1.0)]).iter().flat_map(|level| [byte(*level); 4]).collect()
}

/// The table of curves: [`CURVE_STEPS`] texels whose red, green and blue are another level for each of those, and whose
/// alpha is the curve that the three share, which comes before their own.
///
/// A curve is its points, `x,y` each 0..=1, x rising, blanks between: `0,0 0.25,0.2 1,1`. One is that of all three; four
/// with `;` between are that, then those of red, green and blue. An empty one changes nothing.
pub(super) fn curves(text: &str) -> Option<Vec<u8>> {
    let mut tables: Vec<Curve> = Vec::new();
    for curve in text.split(';').take(5) {
        tables.push(table(&points(curve)?));
    }
    let [all, own @ ..] = tables.as_slice() else { return None };
    if !matches!(own.len(), 0 | 3) {
        return None;
    }
    let mut out = Vec::with_capacity(4 * CURVE_STEPS);
    for &level in all {
        for channel in 0..3 {
            out.push(byte(own.get(channel).map_or(level, |table| at(table, level))));
        }
        out.push(byte(level));
    }
    Some(out)
}

fn byte(level: f32) -> u8 {
    (level.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
}

/// A table's value between its texels.
fn at(table: &Curve, level: f32) -> f32 {
    let place = level.clamp(0.0, 1.0) * LAST;
    let low = (place as usize).min(CURVE_STEPS - 2);
    let part = place - low as f32;
    table[low] * (1.0 - part) + table[low + 1] * part
}

fn points(curve: &str) -> Option<Vec<Point>> {
    let mut points: Vec<Point> = Vec::new();
    for pair in curve.split_ascii_whitespace() {
        let (x, y) = pair.split_once(',')?;
        let (x, y) = (number(x)?, number(y)?);
        let rises = points.last().is_none_or(|(before, _)| *before < x);
        if !rises || points.len() == MOST_POINTS || !(0.0..=1.0).contains(&x) || !(0.0..=1.0).contains(&y) {
            return None;
        }
        points.push((x, y));
    }
    if points.is_empty() {
        points.extend([(0.0, 0.0), (1.0, 1.0)]);
    }
    Some(points)
}

/// A curve through the points that never overshoots them: cubic pieces whose slopes are the harmonic mean of those on
/// both sides (Fritsch and Butland, 1984), level before the first point and after the last.
fn table(points: &[Point]) -> Curve {
    let slope = |point| slope(points, point);
    let mut table = [0.0; CURVE_STEPS];
    let mut piece = 0;
    for (place, value) in table.iter_mut().enumerate() {
        let x = place as f32 / LAST;
        while points.get(piece + 1).is_some_and(|(next, _)| x > *next) {
            piece += 1;
        }
        *value = match (points.get(piece), points.get(piece + 1)) {
            (Some((x0, y0)), Some((x1, y1))) if x >= *x0 => {
                let (wide, t) = (x1 - x0, (x - x0) / (x1 - x0));
                let (t2, t3) = (t * t, t * t * t);
                y0 * (2.0 * t3 - 3.0 * t2 + 1.0)
                    + slope(piece) * wide * (t3 - 2.0 * t2 + t)
                    + y1 * (3.0 * t2 - 2.0 * t3)
                    + slope(piece + 1) * wide * (t3 - t2)
            }
            (Some((_, level)), _) => *level,
            (None, _) => x,
        };
    }
    table
}

/// How steep a curve is between a point and the next.
fn rise(points: &[Point], piece: usize) -> f32 {
    match (points.get(piece), points.get(piece + 1)) {
        (Some((x0, y0)), Some((x1, y1))) => (y1 - y0) / (x1 - x0),
        _ => 0.0,
    }
}

/// And at a point.
fn slope(points: &[Point], point: usize) -> f32 {
    if point == 0 || point + 1 >= points.len() {
        return rise(points, point.saturating_sub(usize::from(point > 0)));
    }
    let (before, after) = (rise(points, point - 1), rise(points, point));
    if before * after <= 0.0 { 0.0 } else { 2.0 * before * after / (before + after) }
}

/// The parameters of `tone_cubic` that do what the table of this curve does to `amount`: its first piece, and what changes
/// at each point between the ends. `None` where all primaries do not share one curve from black to white of at most four
/// points, or where two of them are so near that the numbers would not hold.
pub(super) fn cubics(text: &str, amount: f32) -> Option<[Vec<f32>; 3]> {
    let points = points(text)?;
    let [(first, black), inner @ .., (last, _)] = points.as_slice() else { return None };
    if *first > 0.0 || *last < 1.0 || inner.len() > 2 {
        return None;
    }
    // Of a piece, in powers of the way from its first point: the second and third coefficient, and the former at its end.
    let bend = |piece: usize| {
        let wide = points.get(piece + 1).zip(points.get(piece)).map_or(1.0, |((to, _), (from, _))| to - from);
        let (rise, from, to) = (rise(&points, piece), slope(&points, piece), slope(&points, piece + 1));
        let (second, third) = ((3.0 * rise - 2.0 * from - to) / wide, (from + to - 2.0 * rise) / (wide * wide));
        [second, third, second + 3.0 * third * wide]
    };
    let [second, third, _] = bend(0);
    let base = [*black, slope(&points, 0), second, third];
    let mut knots = [[1.0, 0.0, 0.0]; 2];
    for (at, (knot, (x, _))) in knots.iter_mut().zip(inner).enumerate() {
        let ([_, third, end], [next, next_third, _]) = (bend(at), bend(at + 1));
        *knot = [*x, next - end, next_third - third];
    }
    let made = |x: f32| {
        let [a, b, c, d] = base;
        let jump = |[from, second, third]: [f32; 3]| {
            let t = (x - from).max(0.0);
            t * t * (second + t * third)
        };
        a + x * (b + x * (c + x * d)) + jump(knots[0]) + jump(knots[1])
    };
    let holds = table(&points).iter().enumerate().all(|(place, level)| {
        let x = place as f32 / LAST;
        (made(x) - level).abs() < 1.0 / LAST
    });
    // Whatever the amount, so that a slider that moves it makes no other program.
    let [a, b, c, d] = base.map(|number| number * amount);
    let [one, two] = knots.map(|[x, second, third]| vec![x, second * amount, third * amount]);
    holds.then(|| [vec![a, 1.0 - amount + b, c, d], one, two])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_colours_are_read_as_written() {
        for (text, wanted) in [("0", 0.0), ("-1", -1.0), ("0.05", 0.05), ("-0.25", -0.25), (".5", 0.5), ("180", 180.0)]
        {
            assert_eq!(number(text), Some(wanted), "{text}");
        }
        for text in ["", "-", ".", "1e3", "1,5", "--1", "nan", "1.2.3", "123456789012345678901"] {
            assert_eq!(number(text), None, "{text}");
        }
        assert_eq!(color("#1a2B3c"), Some([0x1a, 0x2b, 0x3c]));
        for text in ["1a2b3c", "#1a2b3", "#1a2b3g", "#+1a2b3", "#é1234"] {
            assert_eq!(color(text), None, "{text}");
        }
    }

    #[test]
    fn a_curve_goes_through_its_points_and_nowhere_beyond_them() {
        let table = |text| curves(text).expect("a curve");
        // The texel of a level of a byte.
        let place = |level: usize| (level * (CURVE_STEPS - 1) + 127) / 255;
        let straight = table("");
        assert!((0..256).all(|level| straight[4 * place(level)..][..4] == [level as u8; 4]));
        assert_eq!(table("0,0 1,1"), straight);
        assert_eq!(plain_curve(), straight);
        let bent = table("0,0.2 0.2,0.2 0.4,0.8 1,0.6");
        assert_eq!([0, 51, 102, 255].map(|level| bent[4 * place(level)]), [51, 51, 204, 153]);
        let rises = (0..place(102)).all(|at| bent[4 * at] <= bent[4 * at + 4]);
        let falls = (place(102)..CURVE_STEPS - 1).all(|at| bent[4 * at] >= bent[4 * at + 4]);
        assert!(rises && falls);
        let own = table("0,1 1,0;;0,0 1,0.5;0,1 1,1");
        assert_eq!(own[4 * CURVE_STEPS - 4..], [0, 0, 255, 0]);
        assert_eq!(own[..4], [255, 128, 255, 255]);
        for text in ["0,0;1,1", "1,1 0,0", "0,2", "0", "0.5,0.5 0.5,0.6", ";;;;"] {
            assert_eq!(curves(text), None, "{text}");
        }
    }
    #[test]
    fn few_points_that_all_primaries_share_need_no_table() {
        for text in ["0,0 0.25,0.2 0.75,0.8 1,1", "0,0.1 0.5,0.6 1,0.9", "0,1 1,0", "0,0.5 0.3,0.1 0.4,0.9 1,0.2"] {
            assert!(cubics(text, 1.0).is_some() && cubics(text, 0.3).is_some(), "{text}");
        }
        for text in [
            "0,0 0.02,0.5 1,1",
            "0,0 0.5,0.2 0.5001,0.8 1,1",
            "0.1,0 1,1",
            "0,0 0.2,0.1 0.4,0.5 0.6,0.7 1,1",
            "0,0 1,1;;;0,0 1,0.5",
        ] {
            assert_eq!(cubics(text, 1.0), None, "{text}");
        }
        assert_eq!(cubics("0,0 1,1", 0.5), Some([vec![0.0, 1.0, 0.0, 0.0], vec![1.0, 0.0, 0.0], vec![1.0, 0.0, 0.0]]));
    }
}
