//! Counting what test programs say about themselves.

use std::fmt;
use std::ops::AddAssign;

use anyhow::{Context as _, Result};
use serde::Deserialize;

/// Numbers of tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Those that held.
    pub(crate) passed: u64,
    /// Those that did not, and layers that could not run.
    pub(crate) failed: u64,
    /// Those that were left out by their authors.
    pub(crate) skipped: u64,
}

#[derive(Deserialize)]
struct Report {
    stats: Stats,
    #[serde(default)]
    errors: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Stats {
    expected: u64,
    unexpected: u64,
    flaky: u64,
    skipped: u64,
}

impl Tally {
    /// What a line such as `test result: FAILED. 3 passed; 1 failed; 2 ignored; ...` adds; nothing for other lines.
    /// cargo's test programs and the browser runner print the same line.
    pub(crate) fn from_cargo_line(line: &str) -> Self {
        let mut tally = Self::default();
        let Some((_, result)) = line.split_once("test result: ") else { return tally };
        let Some((_, counts)) = result.split_once(". ") else { return tally };
        for part in counts.split(';') {
            let Some((count, what)) = part.trim().split_once(' ') else { continue };
            let Ok(count) = count.parse() else { continue };
            match what {
                "passed" => tally.passed = count,
                "failed" => tally.failed = count,
                "ignored" => tally.skipped = count,
                _ => {}
            }
        }
        tally
    }

    /// What Playwright's JSON report counts. A test that passed when it was tried again counts as passed: whether tries
    /// are allowed is for its configuration to say, which also prints them.
    pub(crate) fn from_playwright(report: &str) -> Result<Self> {
        let Report { stats, errors } = serde_json::from_str(report).context("Playwright's report")?;
        let failed = stats.unexpected + errors.len() as u64;
        Ok(Self { passed: stats.expected + stats.flaky, failed, skipped: stats.skipped })
    }

    /// The same, with a failure for a program that ended badly without having named one.
    pub(crate) fn checked(mut self, succeeded: bool) -> Self {
        if !succeeded && self.failed == 0 {
            self.failed = 1;
        }
        self
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(passed: u64, failed: u64, skipped: u64) -> Tally {
        Tally { passed, failed, skipped }
    }

    #[test]
    fn cargos_result_lines_are_counted_and_others_are_not() {
        let line = "test result: ok. 11 passed; 0 failed; 2 ignored; 0 measured; 5 filtered out; finished in 0.04s";
        assert_eq!(Tally::from_cargo_line(line), tally(11, 0, 2));
        let line = "test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 filtered out; finished in 1.25s";
        assert_eq!(Tally::from_cargo_line(line), tally(3, 1, 0));
        assert_eq!(Tally::from_cargo_line("test site::says_3_passed ... ok"), tally(0, 0, 0));
        assert_eq!(Tally::from_cargo_line("running 3 tests"), tally(0, 0, 0));
    }

    #[test]
    fn playwrights_report_is_counted() {
        let report =
            r#"{"errors": [], "stats": {"expected": 7, "unexpected": 1, "flaky": 2, "skipped": 3, "duration": 1.5}}"#;
        assert_eq!(Tally::from_playwright(report).unwrap(), tally(9, 1, 3));
        let broken = r#"{"errors": [{"message": "no page"}], "stats": {"expected": 0, "unexpected": 0, "flaky": 0, "skipped": 0}}"#;
        assert_eq!(Tally::from_playwright(broken).unwrap(), tally(0, 1, 0));
        assert!(Tally::from_playwright("{}").is_err());
    }

    #[test]
    fn a_program_that_ends_badly_has_failed_at_least_once() {
        assert_eq!(tally(5, 0, 0).checked(false), tally(5, 1, 0));
        assert_eq!(tally(5, 2, 0).checked(false), tally(5, 2, 0));
        assert_eq!(tally(5, 0, 1).checked(true), tally(5, 0, 1));
    }

    #[test]
    fn the_last_line_names_skipped_tests_only_when_there_are_some() {
        assert_eq!(tally(3, 0, 0).to_string(), "3 passed, 0 failed");
        assert_eq!(tally(3, 1, 2).to_string(), "3 passed, 1 failed, 2 skipped");
    }
}
