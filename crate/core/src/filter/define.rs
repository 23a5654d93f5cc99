//! Whether the browser compiles a filter of a user's own: the passes to try, and what the compiler's words mean for the
//! file. It runs in the studio worker and natively.

use std::rc::Rc;

use super::chain::Step;
use super::fuse::{Ends, Form, Plan, fuse};
use super::library::Library;
use super::problem::{Problem, SourceError};
use super::spec::Filter;

/// The draws of a filter alone. Its functions stand in their programs under the lines of its file, as source string 1.
pub fn alone(library: &mut Library, filter: &Filter) -> Plan {
    let step = Step { filter: Rc::new(filter.clone()), values: Vec::new() };
    fuse(library, &[&step], Ends::default(), Form::Fused)
}

/// The first error that a compiler's log names, `ERROR: 1:<line>: <what>`. One that is outside of the file, such as a
/// function that no program may have, counts as of its first line.
pub fn compiler_error(log: &str) -> SourceError {
    let error = log.lines().find_map(|line| line.trim_ascii().strip_prefix("ERROR: "));
    let Some(error) = error else {
        let said = log.lines().next().unwrap_or_default().trim_ascii();
        return SourceError { line: 1, problem: Problem::Compiler(said.to_owned()) };
    };
    let mut parts = error.splitn(3, ':');
    let (string, line, said) = (parts.next(), parts.next(), parts.next().unwrap_or(error));
    let line = line.filter(|_| string == Some("1")).and_then(|line| line.trim_ascii().parse().ok()).unwrap_or(1);
    SourceError { line, problem: Problem::Compiler(said.trim_ascii().to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compilers_line_is_the_files() {
        let said = |line, text: &str| SourceError { line, problem: Problem::Compiler(text.to_owned()) };
        let log = "ERROR: 1:7: 'levl' : undeclared identifier\nERROR: 1:8: '' : compilation terminated\n";
        assert_eq!(compiler_error(log), said(7, "'levl' : undeclared identifier"));
        assert_eq!(compiler_error("ERROR: 0:31: 'x' : no"), said(1, "'x' : no"));
        assert_eq!(compiler_error("too complex\n"), said(1, "too complex"));
        assert_eq!(compiler_error(""), said(1, ""));
    }
}
