//! `bench`: measurements in a real browser. Figures belong to a machine, so the machine's line comes first.

use std::fs;
use std::thread;

use anyhow::Result;

use crate::build::{self, Parts};
use crate::doctor;
use crate::shell::{self, program};
use crate::workspace::Workspace;

/// Which bench, and what to hand on to it.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// `record`, `mp4`, `crash`, `looks` or `steady`: runs playwright/bench/NAME.bench.ts; without a name all benches run.
    name: Option<String>,
    /// Handed on to Playwright, such as `-g 'one take'`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

/// Runs the benches of `playwright/bench.config.ts`.
pub(crate) fn bench(workspace: &Workspace, options: &Options) -> Result<()> {
    build::build(workspace, Parts::FOR_BENCHES)?;
    doctor::ffmpeg(workspace)?;
    let browser = doctor::browser(workspace)?;
    let version = shell::output(program(workspace, &browser.chrome).arg("--version"), "chromium")?;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    println!("machine: {}, {cores} cores, {}", processor(), version.trim());

    let mut playwright = program(workspace, workspace.npm_program("playwright")?);
    playwright.current_dir(workspace.at("playwright")).env("ONETAKE_CHROME", &browser.chrome);
    playwright.env("ONETAKE_SERVER", build::server_program(workspace));
    playwright.args(["test", "--config", "bench.config.ts"]);
    if let Some(name) = &options.name {
        playwright.arg(format!("bench/{name}\\.bench"));
    }
    shell::show(playwright.args(&options.rest), "the bench")
}

fn processor() -> String {
    let table = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = table.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    model.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned())
}
