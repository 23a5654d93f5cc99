//! What a filter is: its words for the page, its parameters, its stages. It also runs natively.

use serde::{Deserialize, Serialize};

/// How a filter works on a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Gives the place that a point of the target comes from.
    Coord,
    /// Another colour for each.
    Point,
    /// A colour from those around it.
    Area,
    /// Another picture over this one.
    Composite,
}

/// A name in both languages of the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Label {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

/// A parameter of a filter.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Its name in a chain and in the filter's function.
    pub name: String,
    /// For the page.
    pub label: Label,
    /// What it takes.
    pub range: Range,
    /// Of the file's line, from 1.
    pub(super) line: u32,
}

/// What a parameter takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Range {
    /// A number; what lies outside is brought to the nearest end.
    #[allow(missing_docs, reason = "they say it")]
    Number { min: f32, max: f32, default: f32 },
    /// Red, green and blue as in `#rrggbb`.
    Color([u8; 3]),
    /// One of some words, by its place.
    #[allow(missing_docs, reason = "they say it")]
    Choice { values: Vec<String>, default: u32 },
    /// Another level for each: [`CURVE_STEPS`](super::CURVE_STEPS) x 1 texels, red, green, blue and what all share. What is
    /// not given changes nothing.
    Curve,
    /// A picture, its colours times its alpha, as an `ImageBitmap` has them by default: no dark seam around what is clear.
    #[allow(missing_docs, reason = "it says it")]
    Image { optional: bool },
    /// Another colour for each, as a [`Table`](super::Table) lies: 16 x 16 tiles, one for each of 256 levels of blue, of as many
    /// texels across as `textureSize` says. What is not given changes nothing.
    Table,
    /// What the fuser knows and no chain names, as a type of GLSL.
    Internal(&'static str),
}

impl Range {
    /// The type of its uniform.
    pub fn glsl(&self) -> &'static str {
        match self {
            Range::Number { .. } => "float",
            Range::Color(_) => "vec3",
            Range::Choice { .. } => "int",
            Range::Curve | Range::Image { .. } | Range::Table => "sampler2D",
            Range::Internal(kind) => kind,
        }
    }

    /// What it is where a chain names it not; `None` where it must.
    pub fn default(&self) -> Option<Value> {
        Some(match self {
            Range::Number { default, .. } => Value::Number(*default),
            Range::Color(color) => Value::Color(*color),
            Range::Choice { default, .. } => Value::Choice(*default),
            Range::Curve => Value::Curve(None),
            Range::Image { optional: true } | Range::Table => Value::Picture(None),
            Range::Image { optional: false } | Range::Internal(_) => return None,
        })
    }
}

/// What a parameter is in a chain.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Within its range.
    Number(f32),
    /// Red, green and blue.
    Color([u8; 3]),
    /// The place of the chosen word.
    Choice(u32),
    /// Texels of red, green, blue and what all share; `None` changes nothing.
    Curve(Option<Vec<u8>>),
    /// The handle of an image or a table; `None` where none is given.
    Picture(Option<u32>),
    /// What no chain gives: the three or four numbers of a filter that [`Chain::check`](super::Chain::check) puts in
    /// another one's place.
    Vector(Vec<f32>),
}

/// A filter as its file says it; [`super::parse`] makes it.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Its name in a chain: that of its file and of its function.
    pub name: String,
    /// How it works.
    pub kind: Kind,
    /// Where a page lists it; internal filters have none.
    pub categories: Vec<String>,
    /// For the page.
    pub label: Label,
    /// In the order of the file.
    pub params: Vec<Param>,
    /// Draws: those of one filter alone.
    pub stages: Vec<Stage>,
    /// 0 for the shipped; another for each definition of one's own, so that no program of an older text is drawn with.
    pub revision: u32,
    /// Of a point: it gives each primary a factor and an offset, which do not depend on the place.
    pub(super) affine: bool,
    /// Its parameters are read once by the vertex shader: reading a uniform costs software more than arithmetic with it.
    pub(super) flat: bool,
    /// Of a point: what it gives for colours of 0..=1 is so too.
    pub(super) bounded: bool,
    /// Values with which it changes nothing: of one of these lists, all.
    pub(super) identities: Vec<Vec<(usize, Value)>>,
    /// Functions and constants in the order of the file.
    pub(super) items: Vec<Item>,
}

impl Filter {
    /// Whether it changes nothing with these values, which stand in the order of its parameters.
    pub fn is_identity(&self, values: &[Value]) -> bool {
        let holds = |list: &[(usize, Value)]| list.iter().all(|(at, value)| values.get(*at) == Some(value));
        self.identities.iter().any(|list| holds(list))
    }

    /// Whether a chain may name it.
    pub fn is_public(&self) -> bool {
        !self.params.iter().any(|param| matches!(param.range, Range::Internal(_)))
    }

    /// Whether a stage of it reads the picture as it came into the chain.
    pub(super) fn reads_original(&self) -> bool {
        self.stages.iter().any(|stage| stage.args.contains(&Arg::Original))
    }
}

/// One draw of a filter.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// As in the file; that of the filter where it has only one.
    pub name: String,
    /// Of the target to the picture, above 0, at most 1.
    pub scale: f32,
    /// What `src` is.
    pub(super) src: Read,
    /// Of its function, in order.
    pub(super) args: Vec<Arg>,
    /// Its function's name in programs.
    pub(super) function: String,
}

/// What a stage reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// The picture that the filter is given.
    Source,
    /// What an earlier stage of the filter drew.
    Stage(usize),
}

/// An argument of a stage's function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arg {
    /// The first of a point: the colour so far.
    Color,
    /// The point's place.
    Uv,
    /// The first of an area: what it reads.
    Src,
    /// The size of a texel of `src`.
    Texel,
    /// The target's size in pixels.
    Size,
    /// Seconds.
    Time,
    /// A parameter.
    Param(usize),
    /// Something else that it reads, and the argument's name.
    Read(Read),
    /// `other` of a composite without such a parameter: the picture as it came into the chain.
    Original,
}

/// A function or a constant of a file.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// In programs.
    pub(super) name: String,
    /// Where it begins in the file, from 1.
    pub(super) line: u32,
    /// Without comments, functions named as in programs.
    pub(super) text: String,
    /// Which stage it draws; `None` for what stages share.
    pub(super) stage: Option<usize>,
}
