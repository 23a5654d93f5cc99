//! Reads a filter's file: header lines, then functions. It decides what a filter is called, takes and reads, and refuses
//! with the line what would not fit into a program with others; whether the functions compile is the browser's to say.
//! It runs in the studio worker for filters of one's own, and natively.

use super::glsl::{self, Declared};
use super::loops;
use super::problem::{Problem, SourceError};
use super::spec::{Arg, Filter, Item, Kind, Label, Param, Range, Read, Stage, Value};
use super::value;

/// Longest file, bytes.
const LONGEST: usize = 65_536;
/// A program has at least 16 samplers (OpenGL ES 3.0, table 6.33), of which `src` is one.
const MOST_SAMPLERS: usize = 15;
const MOST_PARAMS: usize = 32;
const MOST_STAGES: usize = 8;
/// What programs call other things.
const TAKEN: [&str; 6] = ["main", "fetch", "within", "uv", "color", "seen"];
/// What `reads` and arguments call other things.
const READ: [&str; 7] = ["source", "previous", "other", "src", "uv", "texel", "color"];
const INTERNAL: [&str; 6] = ["float", "mat3x2", "mat3", "vec2", "vec3", "vec4"];
/// How a parameter may be given.
pub(super) const KINDS: &str = "// param: name number|colour|choice|curve|image|table ... / English / 中文";
const CATEGORIES: [&str; 6] = ["geometry", "colour", "look", "beauty", "effect", "overlay"];

/// Reads a filter's file. A shipped file says its filter's name by its own; one of a user's own is called as its last
/// function, so `name` is `None`.
///
/// # Errors
/// The first thing that is wrong, with its line.
pub fn parse(name: Option<&str>, text: &str) -> Result<Filter, SourceError> {
    if text.len() > LONGEST {
        return Err(SourceError { line: 1, problem: Problem::TooMany("bytes", LONGEST as u32) });
    }
    let code = glsl::uncommented(text)?;
    let declared = glsl::declared(&code)?;
    let mut heads = Heads::default();
    for (line, row) in (1..).zip(text.lines()) {
        let Some((key, rest)) = row.trim_ascii().strip_prefix("// ").and_then(|row| row.split_once(':')) else {
            continue;
        };
        // Behind the first function, comments are only comments, but for the stages.
        if key == "stage" || declared.first().is_none_or(|first| line < first.line) {
            heads.handle(key, rest.trim_ascii(), line).map_err(|problem| SourceError { line, problem })?;
        }
    }
    let last = declared.iter().rfind(|item| item.function.is_some());
    let end = last.map_or(1, |item| item.line);
    let name = name.or(last.map(|item| item.name)).unwrap_or_default();
    heads.into_filter(name, &declared, end)
}

/// A `stage` line: its name, its scale, what it reads first, and what else by name.
struct StageHead {
    name: String,
    scale: f32,
    src: Read,
    others: Vec<(String, Read)>,
    line: u32,
}

/// The header lines so far.
#[derive(Default)]
struct Heads {
    kind: Option<Kind>,
    categories: Vec<String>,
    label: Option<Label>,
    params: Vec<Param>,
    identities: Vec<Vec<(usize, Value)>>,
    stages: Vec<StageHead>,
    affine: bool,
    flat: bool,
    bounded: bool,
}

impl Heads {
    fn handle(&mut self, key: &str, rest: &str, line: u32) -> Result<(), Problem> {
        match key {
            "kind" => {
                let kind = match rest {
                    "coord" => Kind::Coord,
                    "point" => Kind::Point,
                    "area" => Kind::Area,
                    "composite" => Kind::Composite,
                    _ => return Err(Problem::Form("// kind: coord | point | area | composite")),
                };
                once(key, self.kind.replace(kind).is_none())
            }
            "category" => {
                once(key, self.categories.is_empty())?;
                if !rest.split(',').all(|one| CATEGORIES.contains(&one.trim_ascii())) {
                    return Err(Problem::Form("// category: geometry | colour | look | beauty | effect | overlay"));
                }
                self.categories = rest.split(',').map(|one| one.trim_ascii().to_owned()).collect();
                Ok(())
            }
            "label" => {
                let label = label(rest).ok_or(Problem::Form("// label: English / 中文"))?;
                once(key, self.label.replace(label).is_none())
            }
            "param" => self.param(rest, line),
            "identity" => self.identity(rest),
            "stage" => self.stage(rest, line),
            "affine" if rest == "rgb" => once(key, !std::mem::replace(&mut self.affine, true)),
            "flat" if rest == "params" => once(key, !std::mem::replace(&mut self.flat, true)),
            "bounded" if rest == "rgb" => once(key, !std::mem::replace(&mut self.bounded, true)),
            // Any other comment.
            _ => Ok(()),
        }
    }

    fn param(&mut self, rest: &str, line: u32) -> Result<(), Problem> {
        let (rest, labels) = halves(rest).unwrap_or((rest, ""));
        let mut words = rest.split_ascii_whitespace();
        let name = plain_name(words.next().unwrap_or_default())?;
        let stage = self.stages.iter().any(|stage| stage.name == name);
        if stage || self.params.iter().any(|param| param.name == name) {
            return Err(Problem::Twice(name));
        }
        if self.params.len() == MOST_PARAMS {
            return Err(Problem::TooMany("parameters", MOST_PARAMS as u32));
        }
        let label = match labels.trim_ascii() {
            "" => Label { en: name.clone(), zh: name.clone() },
            labels => label(labels).ok_or(Problem::Form("// param: ... / English / 中文"))?,
        };
        let kind = words.next().unwrap_or_default();
        let words: Vec<&str> = words.collect();
        let range = range(kind, &words)?;
        self.params.push(Param { name, label, range, line });
        Ok(())
    }

    fn identity(&mut self, rest: &str) -> Result<(), Problem> {
        let mut list = Vec::new();
        for pair in rest.split_ascii_whitespace() {
            let (name, text) = pair.split_once('=').ok_or(Problem::Form("// identity: name=value ..."))?;
            let at = self.params.iter().position(|param| param.name == name);
            let at = at.ok_or(Problem::Unknown(name.to_owned()))?;
            let value = match &self.params[at].range {
                Range::Number { .. } => value::number(text).map(Value::Number),
                Range::Color(_) => value::color(text).map(Value::Color),
                Range::Choice { values, .. } => value::choice(values, text).map(Value::Choice),
                Range::Curve if text == "none" => Some(Value::Curve(None)),
                Range::Image { .. } | Range::Table if text == "none" => Some(Value::Picture(None)),
                _ => None,
            };
            list.push((at, value.ok_or(Problem::Form("a value of this parameter, or none"))?));
        }
        if list.is_empty() {
            return Err(Problem::Form("// identity: name=value ..."));
        }
        self.identities.push(list);
        Ok(())
    }

    fn stage(&mut self, rest: &str, line: u32) -> Result<(), Problem> {
        let mut words = rest.split_ascii_whitespace();
        let name = plain_name(words.next().unwrap_or_default())?;
        if READ.contains(&name.as_str()) || self.params.iter().any(|one| one.name == name) {
            return Err(Problem::Name(name));
        }
        if self.stages.iter().any(|stage| stage.name == name) {
            return Err(Problem::Twice(name));
        }
        if self.stages.len() == MOST_STAGES {
            return Err(Problem::TooMany("stages", MOST_STAGES as u32));
        }
        let (mut scale, mut reads) = (1.0, "previous");
        while let Some(word) = words.next() {
            let form = Problem::Form("// stage: name [scale 0.5] [reads source|previous|<stage>[,...]]");
            let Some(next) = words.next() else { return Err(form) };
            match word {
                "scale" => {
                    scale = value::number(next).filter(|scale| (0.01..=1.0).contains(scale)).ok_or(form)?;
                }
                "reads" => reads = next,
                _ => return Err(form),
            }
        }
        let previous = self.stages.len().checked_sub(1).map_or(Read::Source, Read::Stage);
        let mut others = Vec::new();
        for name in reads.split(',') {
            let stage = || self.stages.iter().position(|stage| stage.name == name).map(Read::Stage);
            let read = match name {
                "source" => Some(Read::Source),
                "previous" => Some(previous),
                _ => stage(),
            };
            others.push((name.to_owned(), read.ok_or_else(|| Problem::Unknown(name.to_owned()))?));
        }
        let src = others.first().map_or(previous, |(_, read)| *read);
        self.stages.push(StageHead { name, scale, src, others, line });
        Ok(())
    }

    /// `end`: the line of the last function.
    fn into_filter(mut self, name: &str, declared: &[Declared<'_>], end: u32) -> Result<Filter, SourceError> {
        let at = |line: u32, problem| SourceError { line, problem };
        let kind = self.kind.ok_or(at(1, Problem::Missing("kind")))?;
        let name = free_name(name).map_err(|problem| at(end, problem))?;
        if self.stages.is_empty() {
            let src = Read::Source;
            self.stages.push(StageHead { name: name.clone(), scale: 1.0, src, others: Vec::new(), line: end });
        } else if kind != Kind::Area {
            return Err(at(self.stages[0].line, Problem::Form("// kind: area")));
        }
        if let Some(last) = self.stages.last().filter(|last| last.scale < 1.0) {
            return Err(at(last.line, Problem::LastScale));
        }
        let names = self.stages.iter().map(|stage| {
            let function = if stage.name == name { name.clone() } else { [&name, "_", &stage.name].concat() };
            (stage.name.as_str(), function)
        });
        let names: Vec<(&str, String)> = names.collect();
        let items = items(&name, declared, &names)?;
        loops::check(declared)?;
        let mut stages = Vec::with_capacity(names.len());
        for (head, (stage, function)) in self.stages.iter().zip(&names) {
            let found = declared.iter().find(|item| item.name == *stage && item.function.is_some());
            let found = found.ok_or(at(head.line, Problem::NoFunction(head.name.clone())))?;
            let args = args(kind, &self.params, head, found).map_err(|problem| at(found.line, problem))?;
            let (name, function) = (head.name.clone(), function.clone());
            stages.push(Stage { name, scale: head.scale, src: head.src, args, function });
        }
        let unused =
            self.params.iter().enumerate().find(|(at, _)| !stages.iter().any(|s| s.args.contains(&Arg::Param(*at))));
        if let Some((_, param)) = unused {
            return Err(at(param.line, Problem::Unused(param.name.clone())));
        }
        let label = self.label.unwrap_or_else(|| Label { en: name.clone(), zh: name.clone() });
        let Heads { categories, params, identities, affine, flat, bounded, .. } = self;
        let revision = 0;
        Ok(Filter { name, kind, categories, label, params, stages, revision, affine, flat, bounded, identities, items })
    }
}

fn once(key: &str, first: bool) -> Result<(), Problem> {
    if first { Ok(()) } else { Err(Problem::Twice(key.to_owned())) }
}

fn label(text: &str) -> Option<Label> {
    let (en, zh) = halves(text)?;
    let (en, zh) = (en.trim_ascii().to_owned(), zh.trim_ascii().to_owned());
    (!en.is_empty() && !zh.is_empty()).then_some(Label { en, zh })
}

/// What stands before and behind the first ` / `. The library's search for words weighs 2 KB.
fn halves(text: &str) -> Option<(&str, &str)> {
    let at = text.as_bytes().windows(3).position(|three| three == b" / ")?;
    Some((text.get(..at)?, text.get(at + 3..)?))
}

/// The name, where GLSL can use it.
fn plain_name(name: &str) -> Result<String, Problem> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
    // Another name may follow behind an underline, and two of them are the compiler's.
    let lined = name.ends_with('_') || name.as_bytes().windows(2).any(|two| two == b"__");
    let free = first && name.len() <= 40 && name.bytes().all(plain) && !lined;
    if free { Ok(name.to_owned()) } else { Err(Problem::Name(name.to_owned())) }
}

/// The name, where no program has it for anything else, nor what may begin with it and an underline.
fn free_name(name: &str) -> Result<String, Problem> {
    let (prefix, _) = name.split_once('_').unwrap_or((name, ""));
    let taken = prefix == "gl" || is_ours(prefix) || TAKEN.contains(&name);
    if taken { Err(Problem::Name(name.to_owned())) } else { plain_name(name) }
}

/// Whether the names of a program's own variables begin so: `u_src`, `v_uv`, `o_color`, `f0_amount`.
fn is_ours(prefix: &str) -> bool {
    let digits = prefix.strip_prefix('f').filter(|rest| !rest.is_empty());
    matches!(prefix, "u" | "v" | "o") || digits.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether a word in a function reaches out of it: into the variables of the program, which are other ones in each chain,
/// or by leaving a pixel as a picture before left it.
fn escapes(word: &str) -> bool {
    word == "discard" || word.split_once('_').is_some_and(|(prefix, _)| is_ours(prefix))
}

fn range(kind: &str, words: &[&str]) -> Result<Range, Problem> {
    let range = match (kind, words) {
        ("number", [min, max, default]) => match (value::number(min), value::number(max), value::number(default)) {
            (Some(min), Some(max), Some(default)) if min < max && (min..=max).contains(&default) => {
                Some(Range::Number { min, max, default })
            }
            _ => None,
        },
        ("colour", [default]) => value::color(default).map(Range::Color),
        ("choice", [values, default]) => {
            let values: Vec<String> = values.split('|').map(str::to_owned).collect();
            let plain = values.len() <= 64 && values.iter().all(|value| !value.is_empty());
            value::choice(&values, default).filter(|_| plain).map(|default| Range::Choice { values, default })
        }
        ("curve", []) => Some(Range::Curve),
        ("image", []) => Some(Range::Image { optional: false }),
        ("image", ["optional"]) => Some(Range::Image { optional: true }),
        ("table", []) => Some(Range::Table),
        (kind, []) => INTERNAL.iter().find(|known| **known == kind).map(|kind| Range::Internal(kind)),
        _ => None,
    };
    range.ok_or(Problem::Form(match kind {
        "number" => "// param: name number <min> <max> <default> / English / 中文",
        "colour" => "// param: name colour #rrggbb / English / 中文",
        "choice" => "// param: name choice one|two one / English / 中文",
        "curve" | "table" => "// param: name curve|table / English / 中文",
        "image" => "// param: name image [optional] / English / 中文",
        _ => KINDS,
    }))
}

/// What the file declares, under the names of programs. Each must be the filter's alone: they stand beside others'.
fn items(name: &str, declared: &[Declared<'_>], names: &[(&str, String)]) -> Result<Vec<Item>, SourceError> {
    let mut taken: Vec<&str> = Vec::new();
    let mut items = Vec::new();
    for item in declared {
        let refuse = |problem| SourceError { line: item.line, problem };
        let stage = names.iter().position(|(stage, _)| *stage == item.name && item.function.is_some());
        let known = stage.and_then(|stage| names.get(stage)).map_or(item.name, |(_, function)| function.as_str());
        // Constants are mostly written in capitals.
        let (head, tail) = known.split_at_checked(name.len()).unwrap_or_default();
        if stage.is_none() && !(head.eq_ignore_ascii_case(name) && tail.starts_with('_')) {
            return Err(refuse(Problem::Prefix(item.name.to_owned())));
        }
        if taken.contains(&known) {
            return Err(refuse(Problem::Twice(known.to_owned())));
        }
        taken.push(known);
        // Lines are counted from the item's own first.
        if let Some(word) = glsl::Tokens::new(item.text).find(|token| escapes(token.text)) {
            let problem = Problem::Escape(word.text.to_owned());
            return Err(SourceError { line: item.line + word.line - 1, problem });
        }
        items.push(Item { name: known.to_owned(), line: item.line, text: glsl::renamed(item.text, names), stage });
    }
    Ok(items)
}

/// What a stage's function takes.
fn args(kind: Kind, params: &[Param], head: &StageHead, item: &Declared<'_>) -> Result<Vec<Arg>, Problem> {
    type Fixed = &'static [(&'static str, &'static str, Arg)];
    let (returns, fixed, wanted): (_, Fixed, _) = match kind {
        Kind::Coord => ("vec2", &[("vec2", "uv", Arg::Uv)], "vec2 f(vec2 uv, ...)"),
        Kind::Point | Kind::Composite => {
            ("vec4", &[("vec4", "color", Arg::Color), ("vec2", "uv", Arg::Uv)], "vec4 f(vec4 color, vec2 uv, ...)")
        }
        Kind::Area => (
            "vec4",
            &[("sampler2D", "src", Arg::Src), ("vec2", "uv", Arg::Uv), ("vec2", "texel", Arg::Texel)],
            "vec4 f(sampler2D src, vec2 uv, vec2 texel, ...)",
        ),
    };
    let signature = Problem::Signature(wanted);
    let Some((type_, inside)) = item.function else { return Err(signature) };
    let Some(given) = glsl::arguments(inside) else { return Err(signature) };
    // The fixed ones stand by place; only their types matter to the compiler, so only those are looked at.
    let begins = given.iter().zip(fixed).filter(|((kind, _), (wanted, ..))| kind == wanted).count() == fixed.len();
    if type_ != returns || !begins {
        return Err(signature);
    }
    let mut args: Vec<Arg> = fixed.iter().map(|(.., arg)| *arg).collect();
    for (type_, name) in given.iter().skip(fixed.len()) {
        let param = params.iter().position(|param| param.name == *name && param.range.glsl() == *type_);
        let read = head.others.iter().find(|(other, _)| other == name).map(|(_, read)| *read);
        args.push(match (*type_, *name) {
            (_, _) if param.is_some() => Arg::Param(param.unwrap_or_default()),
            ("vec2", "size") => Arg::Size,
            ("float", "time") => Arg::Time,
            ("sampler2D", "other") if kind == Kind::Composite => Arg::Original,
            ("sampler2D", _) => Arg::Read(read.ok_or(Problem::Argument((*name).to_owned()))?),
            _ => return Err(Problem::Argument((*name).to_owned())),
        });
    }
    let samplers = given.iter().filter(|(kind, _)| *kind == "sampler2D").count();
    if samplers > MOST_SAMPLERS { Err(Problem::TooMany("pictures", MOST_SAMPLERS as u32)) } else { Ok(args) }
}
