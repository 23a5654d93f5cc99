//! A chain of filters as a user asks for it, checked against what the filters take. It holds values, never programs.

use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::library::Library;
use super::looks;
use super::problem::ChainError;
use super::spec::{Filter, Param, Range, Value};
use super::value;

/// Longest chain: each filter is at least a few instructions of one program.
pub const LONGEST: usize = 64;

/// The first handle of the tables of [`looks::LOOKS`], in their order; those of pictures are below.
pub const LOOK: u32 = 1 << 31;

/// A filter that a user asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Asked {
    /// Its name.
    pub name: String,
    /// Its parameters as far as they are given, by name.
    pub params: Vec<(String, Given)>,
}

/// What a user gives for a parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Given {
    /// A number.
    Number(f64),
    /// A colour, a choice's word, a curve or the name of a look.
    Text(String),
    /// A handle of the Blob for an image or a table.
    Picture(u32),
}

/// A filter with a value for each of its parameters.
#[derive(Clone, Debug)]
pub struct Step {
    /// Which it is.
    pub filter: Rc<Filter>,
    /// In the order of its parameters.
    pub values: Vec<Value>,
}

/// Checked steps, in the order in which they work on a picture.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    /// All of them; those that change nothing too.
    pub steps: Vec<Step>,
}

impl Chain {
    /// Checks what a user asks for. A number out of its range is brought to the nearest end, as a slider's would be; all
    /// else that does not fit is refused.
    ///
    /// # Errors
    /// The first thing that does not fit.
    pub fn check(asked: &[Asked], library: &mut Library) -> Result<Chain, ChainError> {
        if asked.len() > LONGEST {
            return Err(ChainError::TooLong(LONGEST));
        }
        let mut steps = Vec::with_capacity(asked.len());
        for (place, one) in asked.iter().enumerate() {
            let filter = library.find(&one.name).filter(|filter| filter.is_public());
            let filter = filter.ok_or_else(|| ChainError::Filter { place, name: one.name.clone() })?;
            let unknown = one.params.iter().find(|(name, _)| !filter.params.iter().any(|param| param.name == *name));
            if let Some((name, _)) = unknown {
                return Err(ChainError::Parameter { place, filter: one.name.clone(), name: name.clone() });
            }
            let mut values = Vec::with_capacity(filter.params.len());
            for param in &filter.params {
                // As in an object of JavaScript, the last of a name counts.
                let given = one.params.iter().rfind(|(name, _)| *name == param.name).map(|(_, given)| given);
                let value = taken(param, given);
                let name = || (one.name.clone(), param.name.clone());
                values.push(value.map_err(|wanted| {
                    let (filter, name) = name();
                    ChainError::Value { place, filter, name, wanted }
                })?);
            }
            steps.push(faster(Step { filter, values }, one, library));
        }
        Ok(Chain { steps })
    }

    /// The steps that change something: what [`super::fuse`] takes.
    pub fn active(&self) -> Vec<&Step> {
        self.steps.iter().filter(|step| !step.filter.is_identity(&step.values)).collect()
    }
}

/// The same step by a filter that is drawn faster, where there is one: a tone curve without its table, for three reads cost
/// software more than five filters; a look by its recipe, without its table.
fn faster(step: Step, asked: &Asked, library: &mut Library) -> Step {
    let faster = match (&*step.filter.name, &*step.values) {
        ("tone_curve", [Value::Curve(Some(_)), Value::Number(amount)]) if *amount > 0.0 => {
            let curve = asked.params.iter().rfind(|(name, _)| name == "curve");
            let Some((_, Given::Text(text))) = curve else { return step };
            value::cubics(text, *amount).map(|numbers| ("tone_cubic".to_owned(), numbers.map(Value::Vector).into()))
        }
        ("lut", [Value::Picture(Some(handle @ LOOK..)), Value::Number(amount)]) if *amount > 0.0 => {
            let look = usize::try_from(handle - LOOK).ok().and_then(|at| looks::LOOKS.get(at));
            look.map(|look| ([looks::OWN, look.name].concat(), vec![Value::Number(*amount)]))
        }
        _ => None,
    };
    match faster.and_then(|(name, values)| Some((library.find(&name)?, values))) {
        Some((filter, values)) => Step { filter, values },
        None => step,
    }
}

/// The value of a parameter, or what it wants.
fn taken(param: &Param, given: Option<&Given>) -> Result<Value, &'static str> {
    let Some(given) = given else { return param.range.default().ok_or("a picture") };
    match (&param.range, given) {
        (Range::Number { min, max, .. }, Given::Number(number)) if !number.is_nan() => {
            // Not `clamp`: its panic writes floats, which weighs 20 KB.
            Ok(Value::Number((*number as f32).max(*min).min(*max)))
        }
        (Range::Number { .. }, _) => Err("a number"),
        (Range::Color(_), Given::Text(text)) => value::color(text).map(Value::Color).ok_or("a colour as #rrggbb"),
        (Range::Color(_), _) => Err("a colour as #rrggbb"),
        (Range::Choice { values, .. }, Given::Text(text)) => {
            value::choice(values, text).map(Value::Choice).ok_or("one of its words")
        }
        (Range::Choice { .. }, _) => Err("one of its words"),
        (Range::Curve, Given::Text(text)) if text.is_empty() => Ok(Value::Curve(None)),
        (Range::Curve, Given::Text(text)) => {
            let table = value::curves(text);
            // A straight line is no curve: the filter then takes no part.
            table
                .map(|table| Some(table).filter(|table| *table != value::plain_curve()))
                .map(Value::Curve)
                .ok_or("points as 0,0 0.5,0.6 1,1, one curve or four with ; between")
        }
        (Range::Curve, _) => Err("a curve"),
        (Range::Table, Given::Text(name)) => {
            let look = looks::LOOKS.iter().position(|look| look.name == name).and_then(|at| u32::try_from(at).ok());
            look.map(|at| Value::Picture(Some(LOOK + at))).ok_or("a picture or the name of a look")
        }
        (Range::Image { .. } | Range::Table, Given::Picture(handle)) if *handle < LOOK => {
            Ok(Value::Picture(Some(*handle)))
        }
        (Range::Image { .. } | Range::Table | Range::Internal(_), _) => Err("a picture"),
    }
}
