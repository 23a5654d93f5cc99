//! Makes the table of the shipped filters from the files in `shaders/`, and for wasm a bare one without what only people
//! read: comments, indentation, labels and categories are 40 % of the text.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// In the order in which the table has them; `base` holds no filters.
const FOLDERS: [&str; 5] = ["coord", "point", "area", "composite", "beauty"];
/// Header lines that the fuser reads.
const NEEDED: [&str; 7] = ["kind", "param", "identity", "stage", "affine", "flat", "bounded"];

fn main() {
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")).join("../../shaders");
    println!("cargo::rerun-if-changed={}", root.display());
    let (mut whole, mut bare) = (String::from("["), String::from("["));
    for folder in FOLDERS {
        for file in files(&root.join(folder)) {
            let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let name = file.file_stem().unwrap_or_default().to_string_lossy();
            let _ = writeln!(whole, "({name:?}, {text:?}),");
            let _ = writeln!(bare, "({name:?}, {:?}),", needed(&text));
        }
    }
    for (name, table) in [("shipped.rs", whole + "]"), ("bare.rs", bare + "]")] {
        let out = Path::new(&variable("OUT_DIR")).join(name);
        fs::write(&out, table).unwrap_or_else(|error| panic!("{}: {error}", out.display()));
    }
}

/// Cargo sets it.
fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The folder's files in the order of their names; none if there is no such folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let files = entries.flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|end| end == "glsl")).collect();
    files.sort();
    files
}

/// What the fuser and the browser's compiler read of a file.
fn needed(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let header = line.strip_prefix("// ").and_then(|line| line.split_once(':'));
        let kept = match header {
            Some((key, _)) if NEEDED.contains(&key) => line.split_once(" / ").map_or(line, |(words, _)| words),
            _ => line.split_once("//").map_or(line, |(code, _)| code),
        };
        if !kept.trim().is_empty() {
            out.push_str(kept.trim());
            out.push('\n');
        }
    }
    out
}
