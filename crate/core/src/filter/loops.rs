//! Whether the functions of a filter end, and soon, as far as that can be seen without knowing a picture: browsers run what
//! compiles, and a GPU that hangs is lost to every page. A loop counts by a number up or down to a number, and nothing
//! else touches its variable; what a pixel costs in turns and calls is bounded. It runs where filters are read.

use super::glsl::{self, Declared, Token, Tokens};
use super::problem::{Problem, SourceError};
use super::value;

/// Turns of loops and calls of functions in one call of a function, all told.
const MOST: u32 = 1024;
/// Farther from nothing no loop counts, nor in larger steps: an `int` would begin again below.
const FARTHEST: f32 = 1e6;
/// A step is at least this, and at least this part of where it counts: a `float` would stay where it is.
const FINEST: f32 = 1e-3;
const FINEST_PART: f32 = 1.0 / 65_536.0;
/// Functions of GLSL that write into an argument.
const WRITERS: [&str; 1] = ["modf"];

/// A function of the file, or one of GLSL's own.
struct Function<'a> {
    name: &'a str,
    turns: u32,
    /// Whether it writes into an argument.
    writes: bool,
}

/// A loop around what is looked at.
struct Loop<'a> {
    variable: &'a str,
    /// Where it ends, and how often what is in it runs, those around it included.
    end: usize,
    times: u32,
}

/// # Errors
/// The first loop that may not end, or the place from which on there is too much to do for a pixel.
pub(super) fn check(declared: &[Declared<'_>]) -> Result<(), SourceError> {
    let own = |name| Function { name, turns: 0, writes: true };
    let mut known: Vec<Function<'_>> = WRITERS.into_iter().map(own).collect();
    for item in declared {
        let Some((_, arguments)) = item.function else { continue };
        let turns = turns(item, &known)?;
        let writes = Tokens::new(arguments).any(|token| matches!(token.text, "out" | "inout"));
        known.push(Function { name: item.name, turns, writes });
    }
    Ok(())
}

/// How many turns and calls one call of a function is. `known`: those that stand before it.
fn turns(item: &Declared<'_>, known: &[Function<'_>]) -> Result<u32, SourceError> {
    let (text, mut tokens) = (item.text, Tokens::new(item.text));
    let mut open: Vec<Loop<'_>> = Vec::new();
    // Where the last call ends that writes into an argument.
    let (mut total, mut writing) = (0_u32, 0);
    while let Some(token) = tokens.next() {
        let refuse = |problem| Err(SourceError { line: item.line + token.line - 1, problem });
        open.retain(|one| token.at < one.end);
        let times = open.last().map_or(1, |one| one.times);
        let mut more = 0;
        match token.text {
            "while" | "do" => return refuse(Problem::Loop),
            "for" => {
                let Some((variable, turns, end)) = entered(text, &mut tokens) else {
                    return refuse(Problem::Loop);
                };
                more = times.saturating_mul(turns);
                open.push(Loop { variable, end, times: more });
            }
            name => {
                let mut inside = tokens.clone();
                let called = inside.next().is_some_and(|token| token.text == "(");
                if let Some(function) = known.iter().find(|function| called && function.name == name) {
                    more = times.saturating_mul(function.turns.saturating_add(1));
                    if function.writes {
                        writing = glsl::past(&mut inside, ")").unwrap_or(text.len()).max(writing);
                    }
                }
            }
        }
        if open.iter().any(|one| one.variable == token.text) && (token.at < writing || is_written(text, token)) {
            return refuse(Problem::Loop);
        }
        total = total.saturating_add(more);
        if total > MOST {
            return refuse(Problem::TooMany("turns of loops and calls of functions", MOST));
        }
    }
    Ok(total)
}

/// Goes into a loop behind its `for`: its variable, how often it runs, and where it ends.
fn entered<'a>(text: &'a str, tokens: &mut Tokens<'a>) -> Option<(&'a str, u32, usize)> {
    let begin = tokens.next().filter(|token| token.text == "(")?.at + 1;
    let end = glsl::past(tokens, ")")?;
    let (variable, turns) = counted(text.get(begin..end - 1)?)?;
    tokens.next().filter(|token| token.text == "{")?;
    Some((variable, turns, glsl::past(&mut tokens.clone(), "}")?))
}

/// What a loop counts with, and how often it runs, where its head says that in numbers.
fn counted(head: &str) -> Option<(&str, u32)> {
    let mut parts = head.split(';');
    let (Some(begin), Some(test), Some(pace), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    let (left, from) = begin.split_once('=')?;
    let mut words = left.split_ascii_whitespace().filter(|word| *word != "highp");
    let (Some("int" | "float"), Some(name), None) = (words.next(), words.next(), words.next()) else { return None };
    let from = number(from)?;

    let test = test.trim_ascii().strip_prefix(name)?.trim_ascii_start();
    let rises = test.starts_with('<');
    let to = test.strip_prefix(['<', '>'])?;
    let (reached, to) = to.strip_prefix('=').map_or((false, to), |to| (true, to));
    let to = number(to)?;

    let pace: String = pace.split_ascii_whitespace().collect();
    let (sign, by) = match pace.strip_prefix(name).or_else(|| pace.strip_suffix(name))? {
        "++" => (1.0, 1.0),
        "--" => (-1.0, 1.0),
        pace => match pace.split_at_checked(2)? {
            ("+=", by) => (1.0, number(by)?),
            ("-=", by) => (-1.0, number(by)?),
            _ => return None,
        },
    };
    let step = if rises { sign * by } else { -sign * by };
    let span = if rises { to - from } else { from - to };
    let far = from.abs().max(to.abs());
    if far > FARTHEST || !(FINEST.max(far * FINEST_PART)..=FARTHEST).contains(&step) {
        return None;
    }
    let turns = if reached { (span / step).floor() + 1.0 } else { (span / step).ceil() };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturated by the cast")]
    Some((name, turns as u32))
}

/// A number as it is written: what has a name may be another thing in a function than in the file.
fn number(text: &str) -> Option<f32> {
    value::number(text.trim_ascii())
}

/// Whether something is put into this variable here.
fn is_written(text: &str, token: Token<'_>) -> bool {
    let mut before = text.get(..token.at).unwrap_or_default().trim_ascii_end();
    let mut after = text.get(token.at + token.text.len()..).unwrap_or_default().trim_ascii_start();
    // In parentheses of its own, which are not those of a call or a condition, it is what it is without.
    while let (Some(outer), Some(rest)) = (before.strip_suffix('('), after.strip_prefix(')')) {
        let outer = outer.trim_ascii_end();
        let word =
            outer.rsplit(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').next().unwrap_or_default();
        if !matches!(word, "" | "else" | "return") {
            break;
        }
        (before, after) = (outer, rest.trim_ascii_start());
    }
    let put = match after.as_bytes() {
        [b'=', next, ..] => *next != b'=',
        [b'+', b'+', ..] | [b'-', b'-', ..] | [b'<', b'<', b'=', ..] | [b'>', b'>', b'=', ..] => true,
        [b'+' | b'-' | b'*' | b'/' | b'%' | b'&' | b'|' | b'^', b'=', ..] => true,
        _ => false,
    };
    // A part of something else has its own name.
    !before.ends_with('.') && (put || before.ends_with("++") || before.ends_with("--"))
}
