//! `looks-native`: what `cargo xtask bench looks` measures, without a browser: the same plans and the same GLSL, drawn
//! through EGL and OpenGL ES 3. It reads what playwright/bench/looks-chains.ts prints, from its standard input or from the
//! file that it is given, and prints a table. libEGL is looked for when it runs, so nothing is needed to build it.

#![allow(unsafe_code, reason = "EGL and GL are foreign functions")]

mod chains;
mod drawer;
mod egl;

use std::io::Read as _;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};

use crate::chains::{Chain, Chains, Measured};
use crate::drawer::{Drawer, Size};

const SIZES: [Size; 3] = [[640, 360], [1280, 720], [1920, 1080]];
/// Each figure is the median of so many.
const RUNS: usize = 7;
/// Seconds that one of them takes at least.
const LEAST: f64 = 0.1;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("looks-native: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let text = match std::env::args_os().nth(1) {
        Some(file) => std::fs::read_to_string(&file).with_context(|| file.to_string_lossy().into_owned())?,
        None => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text)?;
            text
        }
    };
    let chains: Chains = serde_json::from_str(&text).context("the chains")?;
    let display = egl::open()?;
    let mut drawer = Drawer::new(&display.gl, &chains);
    println!("{}; {}; medians of {RUNS}; ms a frame (draws)", display.renderer, drawer.clock());
    let farthest = agreement(&mut drawer, &chains)?;
    println!("fused and one a stage, 640x360: {farthest:.2} levels apart in the mean, at most");

    let mut rows: Vec<Vec<f64>> = vec![Vec::new(); chains.measured.len()];
    for size in SIZES {
        let frame = drawer.frame(size)?;
        let mut counts = Vec::new();
        for one in &chains.measured {
            drawer.time(one, frame, 2)?; // compiles, and makes its targets
            // As many that the slowest clock can tell.
            let mut count = 1;
            while count < 1 << 14 && drawer.time(one, frame, count)? * f64::from(count) < LEAST * 1000.0 {
                count *= 2;
            }
            counts.push(count);
        }
        let mut laps = vec![Vec::new(); rows.len()];
        for _ in 0..RUNS {
            for ((one, count), laps) in chains.measured.iter().zip(&counts).zip(&mut laps) {
                laps.push(drawer.time(one, frame, *count)?);
            }
        }
        rows.iter_mut().zip(laps).for_each(|(row, laps)| row.push(median(laps)));
        drawer.tidy();
    }
    report(&chains, &rows);
    Ok(())
}

/// How far two forms of a chain are from each other, mean levels, of the chain where that is most. They keep bytes from
/// pass to pass, so they differ by what that cuts off.
fn agreement(drawer: &mut Drawer<'_>, chains: &Chains) -> Result<f64> {
    let frame = drawer.frame(SIZES[0])?;
    let plain = drawer.pixels(&Chain::default(), frame)?;
    let mut farthest: f64 = 0.0;
    for one in chains.measured.iter().filter(|one| one.form == "fused") {
        let Some(other) = chains.find(&one.name, "one a stage") else { continue };
        let (fused, apart) = (drawer.pixels(&one.chain, frame)?, drawer.pixels(&other.chain, frame)?);
        if mean_apart(&fused, &plain) < 0.2 {
            bail!("{} changes nothing", one.name);
        }
        farthest = farthest.max(mean_apart(&fused, &apart));
    }
    if farthest > 2.0 {
        bail!("fused and one a stage are {farthest:.1} levels apart");
    }
    Ok(farthest)
}

fn mean_apart(one: &[u8], other: &[u8]) -> f64 {
    let sum: u64 = one.iter().zip(other).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / one.len().max(1) as f64
}

fn report(chains: &Chains, rows: &[Vec<f64>]) {
    println!("| chain | form | draws | {} |", SIZES.map(|[width, height]| format!("{width}x{height}")).join(" | "));
    println!("|{}", " --- |".repeat(3 + SIZES.len()));
    for (Measured { name, form, chain, .. }, row) in chains.measured.iter().zip(rows) {
        let cells: Vec<String> = row.iter().map(|ms| format!("{ms:.3}")).collect();
        println!("| {name} | {form} | {} | {} |", chain.passes.len(), cells.join(" | "));
    }
    let row = |name: &str, form: &str| {
        chains.measured.iter().position(|one| one.name == name && one.form == form).and_then(|at| rows.get(at))
    };
    for (name, slow, wanted) in [
        ("8 colours", "one a stage", 4.0),
        ("8 colours", "one a stage, halves", 4.0),
        ("8 colours", "one a stage, floats", 4.0),
        ("beauty", "GPUImage-style", 2.0),
    ] {
        let (Some(fast), Some(slow_row)) = (row(name, "fused"), row(name, slow)) else { continue };
        for (place, [width, height]) in SIZES.iter().enumerate() {
            let times = slow_row[place] / fast[place];
            let met = if times >= wanted { "yes" } else { "NO" };
            println!("{width}x{height}: {name}, fused against {slow}: wanted >= {wanted}, is {times:.2}: {met}");
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
