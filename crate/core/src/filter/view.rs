//! A filter's parameters as the page is told them. It runs in the studio worker, and natively prints the table of the
//! shipped filters for the page, which runs no wasm.

use serde::Serialize;

use super::spec::{Filter, Kind, Label, Param, Range};

/// What the page's `FilterSpec` is made of.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct FilterView {
    /// Its name in a chain.
    pub name: String,
    /// In both languages.
    pub label: Label,
    /// How it works.
    pub kind: Kind,
    /// Draws of it alone.
    pub stages: u32,
    /// Where a page lists it.
    pub categories: Vec<String>,
    /// In the order of its file.
    pub parameters: Vec<ParameterView>,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ParameterView {
    /// Its name in a chain.
    pub name: String,
    /// In both languages.
    pub label: Label,
    /// `number`, `color`, `choice`, `curve`, `image` or `table`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Of a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub min: Option<f64>,
    /// Of a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub max: Option<f64>,
    /// The words of a choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub values: Option<Vec<String>>,
    /// What it is where it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub default: Option<DefaultView>,
    /// Of a picture: whether it may be missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub optional: Option<bool>,
}

/// A number, or the text of a colour, a choice or a curve.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(untagged)]
#[allow(missing_docs, reason = "they say it")]
pub enum DefaultView {
    Number(f64),
    Text(String),
}

/// A filter as the page is told it.
pub fn view(filter: &Filter) -> FilterView {
    FilterView {
        name: filter.name.clone(),
        label: filter.label.clone(),
        kind: filter.kind,
        stages: u32::try_from(filter.stages.len()).unwrap_or(u32::MAX),
        categories: filter.categories.clone(),
        parameters: filter.params.iter().map(parameter).collect(),
    }
}

fn parameter(param: &Param) -> ParameterView {
    let (name, label) = (param.name.clone(), param.label.clone());
    let plain = ParameterView {
        name,
        label,
        kind: "number",
        min: None,
        max: None,
        values: None,
        default: None,
        optional: None,
    };
    let text = |kind, text: String| ParameterView { kind, default: Some(DefaultView::Text(text)), ..plain.clone() };
    let picture = |kind, optional| ParameterView { kind, optional: Some(optional), ..plain.clone() };
    match &param.range {
        Range::Number { min, max, default } => {
            let default = Some(DefaultView::Number(decimal(*default)));
            ParameterView { min: Some(decimal(*min)), max: Some(decimal(*max)), default, ..plain }
        }
        Range::Color(color) => {
            let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
            let digits = color.iter().flat_map(|value| [digit(value >> 4), digit(value & 15)]);
            text("color", std::iter::once('#').chain(digits).collect())
        }
        Range::Choice { values, default } => {
            let chosen = values.get(*default as usize).cloned().unwrap_or_default();
            ParameterView { values: Some(values.clone()), ..text("choice", chosen) }
        }
        Range::Curve => text("curve", "0,0 1,1".to_owned()),
        Range::Image { optional } => picture("image", *optional),
        Range::Table => picture("table", true),
        Range::Internal(kind) => ParameterView { kind, ..plain },
    }
}

/// The number of the file: as a float of 32 bits it may not be that decimal.
fn decimal(value: f32) -> f64 {
    let millionths = f64::from(value) * 1e6;
    (millionths + if millionths < 0.0 { -0.5 } else { 0.5 }) as i64 as f64 / 1e6
}
