//! `cargo xtask`: the workbench. It installs what a step needs, builds, serves, tests, checks, packs and measures.
//!
//! Every command decides by file contents whether a step has to run again; a second call that finds nothing changed
//! does no work. It runs natively and never ships. `cargo xtask --help` lists the commands.

#![forbid(unsafe_code)]

mod aac;
mod bench;
mod build;
mod check;
mod doctor;
mod generate;
mod manifest;
mod package;
mod shell;
mod stamp;
mod start;
mod suite;
mod wasm;
mod web;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

/// The workbench of onetake.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build what changed, serve the page on this machine and print its address.
    Start(start::Options),
    /// Build the wasm, the npm package and the page.
    Build,
    /// Run the tests and end with `N passed, N failed`.
    Test(suite::Options),
    /// Formatting, lints, types, arrows between modules, generated files, size budgets.
    Check,
    /// Write the generated TypeScript.
    Generate,
    /// Pack the npm package into target/package.
    Package,
    /// Run the browser benches, one by its name or all.
    Bench(bench::Options),
}

fn main() -> ExitCode {
    let command = Options::parse().command;
    let outcome = Workspace::find().and_then(|workspace| match command {
        Command::Start(options) => start::start(&workspace, &options),
        Command::Build => build::build(&workspace, build::Parts::ALL),
        // Its last line is the result; nothing may follow.
        Command::Test(options) if suite::test(&workspace, &options) => Ok(()),
        Command::Test(_) => std::process::exit(1),
        Command::Check => check::check(&workspace),
        Command::Generate => generate::write(&workspace),
        Command::Package => package::package(&workspace),
        Command::Bench(options) => bench::bench(&workspace, &options),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
