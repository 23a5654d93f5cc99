//! Why a filter's file, or a chain of filters, is refused.

use std::fmt;

use crate::error::{Failure, Retry};

/// What is wrong with a filter's file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceError {
    /// From 1.
    pub line: u32,
    /// What is wrong there.
    pub problem: Problem,
}

/// What can be wrong with a filter's file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// A header line that must be there is not.
    Missing(&'static str),
    /// A header line that may stand once stands twice, or two things have this name.
    Twice(String),
    /// A header line reads otherwise than this.
    Form(&'static str),
    /// No word of lower case letters, digits and single underlines that GLSL and the fuser leave free.
    Name(String),
    /// A name that no parameter has, or no stage before this one.
    Unknown(String),
    /// More of these than this.
    TooMany(&'static str, u32),
    /// A comment that does not end.
    Comment,
    /// A byte that GLSL does not know.
    Sign(u8),
    /// `#` anything: it would reach other filters of the same program.
    Directive,
    /// Brackets that do not match.
    Braces,
    /// A word by which a function would leave its bounds.
    Escape(String),
    /// A loop that is not seen to end.
    Loop,
    /// Something else than a function with its body or a constant.
    Declaration,
    /// A function or constant whose name does not begin with the filter's.
    Prefix(String),
    /// The function of this filter or stage is missing.
    NoFunction(String),
    /// The function's type and first arguments are not these.
    Signature(&'static str),
    /// An argument of this name is neither a parameter nor known, or is of another type.
    Argument(String),
    /// A parameter that no function takes.
    Unused(String),
    /// The last stage draws the picture, so its scale must be 1.
    LastScale,
    /// Another filter has a function of this name.
    Taken(String),
    /// What the browser's compiler says.
    Compiler(String),
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        let (before, named, after) = match &self.problem {
            Problem::Missing(what) => ("no line `// ", *what, ": ...`"),
            Problem::Twice(what) => ("`", what.as_str(), "` stands there twice"),
            Problem::Form(wanted) => ("wanted `", *wanted, "`"),
            Problem::Name(name) => ("`", name.as_str(), "` is no free name of lower case letters, digits and _"),
            Problem::Unknown(name) => ("nothing before is called `", name.as_str(), "`"),
            Problem::TooMany(what, most) => return write!(f, "at most {most} {what}"),
            Problem::Comment => ("a comment does not end", "", ""),
            Problem::Sign(byte) => return write!(f, "byte {byte} is nothing in GLSL"),
            Problem::Directive => ("lines with # are not taken", "", ""),
            Problem::Braces => ("brackets do not match", "", ""),
            Problem::Escape(word) => ("a filter may not say `", word.as_str(), "`"),
            Problem::Loop => ("wanted `", "for (int i = 0; i < 9; i++) { ... }", "` with numbers, and `i` left alone"),
            Problem::Declaration => ("only functions with a body and constants may stand here", "", ""),
            Problem::Prefix(name) => ("`", name.as_str(), "` must begin with the filter's name and _"),
            Problem::NoFunction(name) => ("no function `", name.as_str(), "`"),
            Problem::Signature(wanted) => ("wanted `", *wanted, "`"),
            Problem::Argument(name) => ("no parameter of this type is called `", name.as_str(), "`"),
            Problem::Unused(name) => ("no function takes `", name.as_str(), "`"),
            Problem::LastScale => ("the last stage draws the picture: its scale is 1", "", ""),
            Problem::Taken(name) => ("another filter has `", name.as_str(), "`"),
            Problem::Compiler(said) => ("", said.as_str(), ""),
        };
        f.write_str(before)?;
        f.write_str(named)?;
        f.write_str(after)
    }
}

impl std::error::Error for SourceError {}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Failure {
        Failure::new("shader_invalid", Retry::Never, error.to_string())
    }
}

/// Why a chain is refused. `place` is the filter's in the chain, from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each variant says what its fields are")]
pub enum ChainError {
    /// More filters than this.
    TooLong(usize),
    /// No filter has this name.
    Filter { place: usize, name: String },
    /// The filter has no parameter of this name.
    Parameter { place: usize, filter: String, name: String },
    /// The filter's parameter of this name wants something else: `wanted` says what.
    Value { place: usize, filter: String, name: String, wanted: &'static str },
}

impl fmt::Display for ChainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChainError::TooLong(most) => write!(f, "a chain has at most {most} filters"),
            ChainError::Filter { place, name } => write!(f, "filter {place}: none is called {name}"),
            ChainError::Parameter { place, filter, name } => write!(f, "filter {place}: {filter} has no {name}"),
            ChainError::Value { place, filter, name, wanted } => {
                write!(f, "filter {place}: {name} of {filter} wants {wanted}")
            }
        }
    }
}

impl std::error::Error for ChainError {}

impl From<ChainError> for Failure {
    fn from(error: ChainError) -> Failure {
        Failure::new("filter_invalid", Retry::Never, error.to_string())
    }
}
