//! Named looks: rows of a recipe, the filter that does each, and its table of colours for filters that read one. It decides
//! what a look does to a colour; drawing, and grain and vignette that a look asks for, are filters of their own. Also runs natively.
//!
//! A recipe is done in this order, on sRGB-coded colours:
//! 1. `mix`: black-and-white looks first become grey, with these weights of red, green and blue.
//! 2. `tone`, then `red`, `green`, `blue`: curves through points of 0..=255, monotone cubic, ends included;
//!    all that a primary goes through is then one polynomial, half a level away from that at most.
//! 3. `saturation`: away from the grey of the same brightness (ITU-R BT.709 weights), or towards it.
//! 4. `shadows`, `highlights`: levels added to each primary, times (1 - y)^2 and y^2 of the brightness y.
//! 5. `fade`: levels by which black is lifted and half as many by which white is lowered.

use super::polynomial::{MIDDLE, POINTS, Polynomial};
use super::table::{Table, share};

/// Begins the names of the looks' filters.
pub const OWN: &str = "look_";

/// Steps of each primary in a look's table.
const STEPS: usize = 32;
const WEIGHTS: [f32; 3] = [0.2126, 0.7152, 0.0722];

/// Points that a curve goes through: from, to.
type Points = &'static [(u8, u8)];

/// Changes nothing.
const STRAIGHT: Points = &[(0, 0), (255, 255)];

/// A recipe.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// In a chain: `{ name: 'lut', table: 'noir' }`.
    pub name: &'static str,
    /// For the page, English.
    pub en: &'static str,
    /// For the page, Chinese.
    pub zh: &'static str,
    /// 0..=1, of the `grain` filter that belongs to it.
    pub grain: f32,
    /// 0..=1, of the `vignette` filter that belongs to it.
    pub vignette: f32,
    mix: Option<[f32; 3]>,
    tone: Points,
    red: Points,
    green: Points,
    blue: Points,
    saturation: f32,
    shadows: [i8; 3],
    highlights: [i8; 3],
    fade: u8,
}

/// Changes nothing; what a row does not say is as here.
const PLAIN: Look = Look {
    name: "plain",
    en: "Plain",
    zh: "原图",
    grain: 0.0,
    vignette: 0.0,
    mix: None,
    tone: STRAIGHT,
    red: STRAIGHT,
    green: STRAIGHT,
    blue: STRAIGHT,
    saturation: 1.0,
    shadows: [0; 3],
    highlights: [0; 3],
    fade: 0,
};

/// A soft S, a firm one, and lifted middle tones.
const SOFT: Points = &[(0, 0), (64, 56), (192, 200), (255, 255)];
const FIRM: Points = &[(0, 0), (56, 36), (200, 218), (255, 255)];
const AIRY: Points = &[(0, 0), (64, 78), (128, 148), (192, 208), (255, 255)];

/// All looks, in the order of the drawer.
#[rustfmt::skip]
pub const LOOKS: [Look; 24] = [
    // Eight with the intent of the well-known ones.
    Look { name: "instant", en: "Instant", zh: "拍立得", tone: AIRY, blue: &[(0, 34), (128, 128), (255, 224)],
        red: &[(0, 8), (128, 138), (255, 250)], saturation: 0.88, highlights: [8, 3, -4], fade: 14, vignette: 0.3, grain: 0.1, ..PLAIN },
    Look { name: "mono", en: "Mono", zh: "单色", mix: Some([0.30, 0.59, 0.11]), tone: SOFT, ..PLAIN },
    Look { name: "noir", en: "Noir", zh: "黑色电影", mix: Some([0.45, 0.45, 0.10]),
        tone: &[(0, 0), (50, 16), (110, 92), (190, 222), (235, 253), (255, 255)], vignette: 0.45, grain: 0.25, ..PLAIN },
    Look { name: "fade", en: "Fade", zh: "褪色", tone: AIRY, saturation: 0.66, shadows: [4, 4, 10], fade: 34, ..PLAIN },
    Look { name: "tonal", en: "Tonal", zh: "色调", mix: Some([0.20, 0.68, 0.12]),
        tone: &[(0, 14), (64, 76), (128, 136), (192, 194), (255, 242)], ..PLAIN },
    Look { name: "process", en: "Process", zh: "冲印", red: &[(0, 0), (64, 50), (192, 206), (255, 255)],
        green: &[(0, 0), (64, 68), (192, 206), (255, 252)], blue: &[(0, 36), (128, 134), (255, 224)], saturation: 1.05,
        shadows: [-6, 4, 12], highlights: [0, 6, -6], ..PLAIN },
    Look { name: "transfer", en: "Transfer", zh: "岁月", tone: SOFT, red: &[(0, 16), (128, 142), (255, 255)],
        blue: &[(0, 18), (128, 112), (255, 216)], saturation: 0.82, shadows: [10, 2, -4], highlights: [8, 4, -12], fade: 16,
        vignette: 0.2, grain: 0.15, ..PLAIN },
    Look { name: "chrome", en: "Chrome", zh: "铬黄", tone: FIRM, saturation: 1.28, highlights: [4, 3, -4], ..PLAIN },
    // Our own.
    Look { name: "peach", en: "Peach", zh: "蜜桃", tone: AIRY, saturation: 0.96, shadows: [12, 2, 6], highlights: [8, 0, 2], fade: 6, ..PLAIN },
    Look { name: "cream", en: "Cream", zh: "奶油", tone: &[(0, 6), (64, 88), (128, 160), (192, 216), (255, 253)], saturation: 0.84,
        shadows: [10, 6, 0], highlights: [4, 2, -8], fade: 8, ..PLAIN },
    Look { name: "porcelain", en: "Porcelain", zh: "白瓷", tone: &[(0, 0), (64, 84), (128, 158), (192, 218), (255, 255)], saturation: 0.9,
        shadows: [-2, 2, 8], highlights: [0, 2, 6], ..PLAIN },
    Look { name: "dawn", en: "Dawn", zh: "晨曦", tone: AIRY, saturation: 1.0, shadows: [10, -2, 14], highlights: [14, 6, -10], fade: 8, ..PLAIN },
    Look { name: "dusk", en: "Dusk", zh: "暮色", tone: SOFT, saturation: 0.95, shadows: [6, -6, 20], highlights: [16, 2, -14], vignette: 0.25, ..PLAIN },
    Look { name: "sunny", en: "Sunny", zh: "晴天", tone: &[(0, 0), (64, 68), (128, 142), (192, 212), (255, 255)], saturation: 1.2,
        highlights: [6, 4, -8], shadows: [0, 2, 6], ..PLAIN },
    Look { name: "latte", en: "Latte", zh: "拿铁", tone: SOFT, saturation: 0.68, shadows: [14, 6, -6], highlights: [8, 3, -12], fade: 12, ..PLAIN },
    Look { name: "matcha", en: "Matcha", zh: "抹茶", tone: AIRY, saturation: 0.78, shadows: [-4, 10, 2], highlights: [0, 6, -8], fade: 10, ..PLAIN },
    Look { name: "sea_salt", en: "Sea salt", zh: "海盐", tone: AIRY, saturation: 0.9, shadows: [-8, 6, 16], highlights: [-6, 2, 6], fade: 6, ..PLAIN },
    Look { name: "forest", en: "Forest", zh: "森林", tone: FIRM, saturation: 0.86, green: &[(0, 6), (128, 132), (255, 250)],
        shadows: [-6, 8, 2], highlights: [4, 4, -10], vignette: 0.2, ..PLAIN },
    Look { name: "cinema", en: "Cinema", zh: "电影", tone: FIRM, saturation: 0.95, shadows: [-16, 4, 18], highlights: [16, 4, -16], vignette: 0.25, ..PLAIN },
    Look { name: "film", en: "Film", zh: "胶片", tone: &[(0, 10), (48, 44), (128, 134), (208, 218), (255, 248)],
        red: &[(0, 0), (128, 132), (255, 255)], blue: &[(0, 10), (128, 124), (255, 244)], saturation: 0.92, shadows: [0, 4, 6],
        highlights: [4, 2, -4], grain: 0.25, ..PLAIN },
    Look { name: "retro", en: "Retro", zh: "旧时光", tone: SOFT, red: &[(0, 20), (128, 140), (255, 248)],
        green: &[(0, 10), (128, 130), (255, 244)], blue: &[(0, 30), (128, 110), (255, 204)], saturation: 0.74, fade: 10,
        vignette: 0.35, grain: 0.2, ..PLAIN },
    Look { name: "berry", en: "Berry", zh: "莓果", tone: SOFT, saturation: 1.06, shadows: [14, -8, 14], highlights: [6, -2, 6], ..PLAIN },
    Look { name: "neon", en: "Neon", zh: "霓虹", tone: FIRM, saturation: 1.3, shadows: [8, -10, 30], highlights: [10, -4, 12], vignette: 0.2, ..PLAIN },
    Look { name: "winter", en: "Winter", zh: "冬日", tone: SOFT, saturation: 0.7, shadows: [-8, 0, 14], highlights: [-6, 0, 8], ..PLAIN },
];

/// The look of this name.
pub fn look(name: &str) -> Option<&'static Look> {
    LOOKS.iter().find(|look| look.name == name)
}

/// Whether a function of this name is a look's filter.
pub(super) fn is_own(name: &str) -> bool {
    name.strip_prefix(OWN).and_then(look).is_some()
}

/// The file of the filter of this name, where it is a look's.
pub(super) fn file(name: &str) -> Option<String> {
    name.strip_prefix(OWN).and_then(look).map(Look::file)
}

impl Look {
    /// The file of the filter that does this recipe, with its numbers in the text: software takes longer to read thirty numbers
    /// that are given, or one colour of a table, than to do all of this.
    fn file(&self) -> String {
        let mut file = File {
            text: String::from("// kind: point\n// param: amount float\n// flat: params\n// bounded: rgb\nvec4 "),
        };
        file.put(&[OWN, self.name, "(vec4 color, vec2 uv, float amount) {\nvec3 c = "]);
        match self.mix {
            Some(weights) => file.put(&["vec3(dot(color.rgb, "]).three(weights).put(&["))"]),
            None => file.put(&["color.rgb"]),
        };
        let curves = self.curves();
        let longest = curves.iter().map(|curve| curve.0.len()).fold(2, usize::max);
        let factor = |power: usize| curves.each_ref().map(|curve| curve.0.get(power).copied().unwrap_or_default());
        // Even powers beside odd ones: as one sum they would all wait for each other.
        file.put(&[" - "]).one(MIDDLE).put(&[", d = c * c;\nc = "]).sum("d", (0..longest).step_by(2).map(factor));
        file.put(&[" + c * "]).sum("d", (1..longest).step_by(2).map(factor));
        let [shadows, highlights] = self.tints();
        if self.saturation != 1.0 || shadows != [0.0; 3] || highlights != [0.0; 3] {
            file.put(&[";\nfloat y = dot(c, "])
                .three(WEIGHTS)
                .put(&[");\nc = c * "])
                .one(self.saturation)
                .put(&[" + "]);
            // The grey that saturation leaves, shadows and highlights, in powers of the brightness.
            let grey = shadows.map(|shadow| 1.0 - self.saturation - 2.0 * shadow);
            let square = core::array::from_fn(|primary| shadows[primary] + highlights[primary]);
            file.sum("y", [shadows, grey, square].into_iter());
        }
        let (lift, white) = self.faded();
        if self.fade > 0 {
            file.put(&[";\nc = "]).one(lift).put(&[" + "]).one(white).put(&[" * clamp(c, 0.0, 1.0)"]);
        } else {
            file.put(&[";\nc = clamp(c, 0.0, 1.0)"]);
        }
        file.put(&[";\nreturn vec4(color.rgb * (1.0 - amount) + c * amount, color.a);\n}\n"]);
        file.text
    }

    /// The table of the `lut` filter. Only what every machine computes alike makes it, so it is the same bytes everywhere.
    pub fn table(&self) -> Table {
        let curves = self.curves();
        Table::new(STEPS, |place| self.color(share(STEPS, place), &curves))
    }

    /// What it makes of colours, 0..=1.
    pub fn shown<'a>(&self, colors: impl Iterator<Item = [f32; 3]> + 'a) -> impl Iterator<Item = [f32; 3]> + 'a {
        let (look, curves) = (*self, self.curves());
        colors.map(move |color| look.color(color, &curves))
    }

    /// Of red, green and blue, each behind the one that they share.
    fn curves(&self) -> [Polynomial; 3] {
        let tone = curve(self.tone);
        [self.red, self.green, self.blue].map(|own| {
            let own = curve(own);
            Polynomial::near(&tone.map(|level| at(&own, level / 255.0) / 255.0))
        })
    }

    /// What is added to shadows and to highlights.
    fn tints(&self) -> [[f32; 3]; 2] {
        [self.shadows, self.highlights].map(|tints| tints.map(|level| f32::from(level) / 255.0))
    }

    /// Where black goes, and how far above it white.
    fn faded(&self) -> (f32, f32) {
        let (lift, drop) = (f32::from(self.fade) / 255.0, f32::from(self.fade) / 510.0);
        (lift, 1.0 - lift - drop)
    }

    /// What it makes of a colour, 0..=1.
    fn color(&self, mut color: [f32; 3], curves: &[Polynomial; 3]) -> [f32; 3] {
        if let Some(weights) = self.mix {
            color = [dot(color, weights); 3];
        }
        for (level, curve) in color.iter_mut().zip(curves) {
            *level = curve.at(*level);
        }
        let grey = dot(color, WEIGHTS);
        let (dark, bright) = ((1.0 - grey) * (1.0 - grey), grey * grey);
        let ([shadows, highlights], (lift, white)) = (self.tints(), self.faded());
        for ((level, shadow), highlight) in color.iter_mut().zip(shadows).zip(highlights) {
            let toned = grey + (*level - grey) * self.saturation + shadow * dark + highlight * bright;
            *level = lift + white * toned.clamp(0.0, 1.0);
        }
        color
    }
}

/// The text of a filter's file.
struct File {
    text: String,
}

impl File {
    fn put(&mut self, parts: &[&str]) -> &mut File {
        parts.iter().for_each(|part| self.text.push_str(part));
        self
    }

    /// A number with six decimals; writing floats as the library does weighs 20 KB.
    fn one(&mut self, number: f32) -> &mut File {
        let whole = number.abs() as u32;
        let millionths = ((number.abs() - whole as f32) * 1e6 + 0.5) as u32;
        // A digit before them, so that none of theirs is left out.
        let digits = (1_000_000 + millionths.min(999_999)).to_string();
        let sign = if number < 0.0 { "-" } else { "" };
        self.put(&[sign, &whole.to_string(), ".", digits.get(1..).unwrap_or_default()])
    }

    /// One for each primary.
    fn three(&mut self, [red, green, blue]: [f32; 3]) -> &mut File {
        self.put(&["vec3("]).one(red).put(&[", "]).one(green).put(&[", "]).one(blue).put(&[")"])
    }

    /// These factors times the powers of something, rising, added up.
    fn sum(&mut self, of: &str, factors: impl Iterator<Item = [f32; 3]>) -> &mut File {
        let mut open = 0;
        for three in factors {
            if open > 0 {
                self.put(&[" + ", of, " * "]);
            }
            self.put(&["("]).three(three);
            open += 1;
        }
        (0..open).for_each(|_| self.text.push(')'));
        self
    }
}

fn dot(color: [f32; 3], weights: [f32; 3]) -> f32 {
    color[0] * weights[0] + color[1] * weights[1] + color[2] * weights[2]
}

/// The curve's value, between two of its 256; `level` is 0..=1.
fn at(curve: &[f32; POINTS], level: f32) -> f32 {
    let place = level.clamp(0.0, 1.0) * 255.0;
    let low = (place as usize).min(254);
    curve[low] + (curve[low + 1] - curve[low]) * (place - low as f32)
}

/// A curve through the points which rises wherever they do (Fritsch and Carlson, 1980), 0..=255 for each 0..=255.
fn curve(points: Points) -> [f32; POINTS] {
    let point = |n: usize| points.get(n).map(|(x, y)| (f32::from(*x), f32::from(*y)));
    // How steep it is between a point and the next.
    let slope = |n: usize| match (point(n), point(n + 1)) {
        (Some((x, y)), Some((next_x, next_y))) if next_x > x => Some((next_y - y) / (next_x - x)),
        _ => None,
    };
    // At a point: the harmonic mean of both sides, flat at a turn; at an end that side's own.
    let tangent = |n: usize| match (n.checked_sub(1).and_then(slope), slope(n)) {
        (Some(before), Some(after)) if before * after > 0.0 => 2.0 * before * after / (before + after),
        (Some(_), Some(_)) => 0.0,
        (before, after) => before.or(after).unwrap_or_default(),
    };
    core::array::from_fn(|level| {
        let x = level as f32;
        let n = points.iter().rposition(|(from, _)| f32::from(*from) <= x).unwrap_or_default();
        let (Some((x0, y0)), Some((x1, y1))) = (point(n), point(n + 1)) else {
            return point(n).map_or(x, |(_, y)| y);
        };
        let width = x1 - x0;
        let t = (x - x0) / width;
        let (square, cube) = (t * t, t * t * t);
        let value = (2.0 * cube - 3.0 * square + 1.0) * y0
            + (cube - 2.0 * square + t) * width * tangent(n)
            + (3.0 * square - 2.0 * cube) * y1
            + (cube - square) * width * tangent(n + 1);
        value.clamp(0.0, 255.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a look makes of colours of 0..=255.
    fn shown(look: &Look, colors: &[[u8; 3]]) -> Vec<[f32; 3]> {
        let levels = colors.iter().map(|color| color.map(|level| f32::from(level) / 255.0));
        look.shown(levels).map(|color| color.map(|level| level * 255.0)).collect()
    }

    fn grid() -> Vec<[u8; 3]> {
        (0..343).map(|n| [n % 7, n / 7 % 7, n / 49].map(|step: u16| (step * 42) as u8)).collect()
    }

    fn apart(a: &[[f32; 3]], b: &[[f32; 3]]) -> f32 {
        let sum: f32 = a.iter().flatten().zip(b.iter().flatten()).map(|(a, b)| (a - b).abs()).sum();
        sum / (a.len() * 3) as f32
    }

    #[test]
    fn the_plain_recipe_makes_a_table_that_changes_nothing() {
        let table = PLAIN.table();
        assert_eq!(table, Table::new(STEPS, |place| share(STEPS, place)));
    }

    #[test]
    fn what_a_primary_goes_through_is_half_a_level_from_its_points_curves() {
        for look in &LOOKS {
            let tone = curve(look.tone);
            for (made, own) in look.curves().iter().zip([look.red, look.green, look.blue]) {
                let own = curve(own);
                let wanted = tone.map(|level| at(&own, level / 255.0));
                let far = |(level, wanted): (usize, &f32)| (made.at(level as f32 / 255.0) * 255.0 - wanted).abs();
                assert!(wanted.iter().enumerate().map(far).all(|far| far < 0.5), "{}", look.name);
            }
        }
    }

    #[test]
    fn every_look_differs_from_the_plain_picture_and_from_every_other() {
        let grid = grid();
        let plain = shown(&PLAIN, &grid);
        for (n, look) in LOOKS.iter().enumerate() {
            let own = shown(look, &grid);
            assert!(apart(&own, &plain) > 4.0, "{} is plain", look.name);
            for other in &LOOKS[n + 1..] {
                assert!(apart(&own, &shown(other, &grid)) > 2.5, "{} is {}", look.name, other.name);
                assert_ne!(look.name, other.name);
            }
        }
    }

    #[test]
    fn brightness_rises_along_greys_in_every_look() {
        let greys: Vec<[u8; 3]> = (0..=255).map(|level| [level; 3]).collect();
        for look in &LOOKS {
            let lights: Vec<f32> = shown(look, &greys).into_iter().map(|color| dot(color, WEIGHTS)).collect();
            assert!(lights.is_sorted(), "{}", look.name);
            assert!(lights[255] - lights[0] > 150.0, "{} is dull", look.name);
        }
    }

    #[test]
    fn looks_without_colour_are_grey_and_the_others_keep_skin_between_red_and_yellow() {
        let skins = [[222, 178, 152], [194, 150, 130], [160, 110, 85], [115, 82, 68]];
        for look in &LOOKS {
            for [red, green, blue] in shown(look, &skins) {
                if look.mix.is_some() {
                    assert!(red == green && green == blue, "{}", look.name);
                } else {
                    assert!(
                        red > green && green > blue - 8.0 && red > blue + 8.0,
                        "{} {red} {green} {blue}",
                        look.name
                    );
                }
            }
        }
    }

    #[test]
    fn a_look_is_found_by_its_name() {
        assert_eq!(look("noir").map(|look| look.zh), Some("黑色电影"));
        assert_eq!(look("plain"), None);
    }
}
