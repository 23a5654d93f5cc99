//! The size budgets of wasm-pack.toml, measured as a server would send the files.

use std::fs;
use std::io::Write as _;

use anyhow::{Context as _, Result};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::Finding;
use crate::manifest::Manifest;
use crate::workspace::Workspace;

/// Compares each budget with the built files and says how much of it is used.
pub(super) fn check(workspace: &Workspace) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for budget in Manifest::read(workspace)?.budget {
        let files = match budget.matches(workspace) {
            Ok(files) => files,
            Err(error) => {
                findings.push(Finding::new("wasm-pack.toml", 0, format!("{error:#}")));
                continue;
            }
        };
        let mut size = 0;
        for file in &files {
            size += gzip(&fs::read(file).with_context(|| format!("reading {}", file.display()))?)?;
        }
        eprintln!("xtask: {}: {size} of {} bytes after gzip", budget.name, budget.gzip);
        if size > budget.gzip {
            let what = format!("{} is {size} bytes after gzip; {} are allowed", budget.name, budget.gzip);
            findings.push(Finding::new(workspace.relative(&files[0]), 0, what));
        }
    }
    Ok(findings)
}

fn gzip(bytes: &[u8]) -> Result<u64> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len() as u64)
}
