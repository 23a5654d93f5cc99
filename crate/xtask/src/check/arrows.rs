//! The arrows between modules: who may know whom. The table here is the one in ARCHITECTURE.md.

use super::mentions::{Mention, mentions};
use super::{Finding, Source};

const CORE: &str = "crate/core/src/";

/// What everybody in the core may use.
const BASE: [&str; 5] = ["time", "orientation", "error", "media", "picture"];

/// Each module of the core, and what it may use besides itself and [`BASE`].
const BELOW: [(&str, &[&str]); 19] = [
    ("time", &[]),
    ("orientation", &[]),
    ("error", &[]),
    ("media", &[]),
    ("picture", &[]),
    ("codec", &["isobmff"]),
    ("isobmff", &["codec"]),
    ("mux", &["codec", "isobmff"]),
    ("demux", &["codec", "isobmff"]),
    ("draft", &["codec", "isobmff", "mux", "demux"]),
    ("record", &["codec", "isobmff", "mux", "demux", "draft"]),
    ("export", &["codec", "isobmff", "mux", "demux", "draft"]),
    ("repair", &["codec", "isobmff", "mux", "demux"]),
    ("transcode", &["codec", "isobmff", "mux", "demux", "draft", "record"]),
    ("edit", &["codec", "isobmff", "mux", "demux", "draft"]),
    // Three islands: no MP4, and not each other.
    ("filter", &[]),
    ("upload", &[]),
    ("feed", &[]),
    // The words between threads may speak of anything.
    (
        "protocol",
        &[
            "codec", "isobmff", "mux", "demux", "draft", "record", "export", "repair", "edit", "filter", "upload",
            "feed",
        ],
    ),
];

/// Paths that start like this have no place in the core: it has no browser, no disk, no clock and no chance.
const FOREIGN: [&[&str]; 9] = [
    &["web_sys"],
    &["js_sys"],
    &["wasm_bindgen"],
    &["gloo"],
    &["rand"],
    &["getrandom"],
    &["std", "fs"],
    &["std", "time", "Instant"],
    &["std", "time", "SystemTime"],
];

/// Whole trees of mp4-atom: they own what they parse, refuse what they do not know, and stop at 4 GB. Leaf boxes only.
const TREES: [&str; 6] = ["Moov", "Trak", "Stsd", "Moof", "Any", "*"];

/// What is wrong in `source` if it is a Rust file.
pub(super) fn check(source: &Source) -> Vec<Finding> {
    if !source.path.ends_with(".rs") {
        return Vec::new();
    }
    let found = match mentions(&source.text) {
        Ok(found) => found,
        Err(error) => return vec![Finding::new(&*source.path, 0, error.to_string())],
    };
    let mut findings = Vec::new();
    if let Some(module) = source.path.strip_prefix(CORE) {
        let module = module_path(module);
        if let Some(top) = module.first()
            && below(top).is_none()
        {
            let what =
                format!("module {top} has no place in the arrows: give it one in crate/xtask/src/check/arrows.rs");
            findings.push(Finding::new(&*source.path, 0, what));
        }
        findings.extend(found.iter().filter_map(|mention| in_core(source, &module, mention)));
    }
    findings.extend(found.iter().filter_map(|mention| anywhere(source, mention)));
    findings
}

fn in_core(source: &Source, module: &[String], mention: &Mention) -> Option<Finding> {
    let finding = |what: String| Some(Finding::new(&*source.path, mention.line, what));
    let written = mention.path.join("::");
    if FOREIGN.iter().any(|foreign| mention.path.iter().zip(*foreign).filter(|(a, b)| a == *b).count() == foreign.len())
    {
        return finding(format!("the core mentions {written}"));
    }
    // A test may look at its module from above, by writing what it reads for instance.
    if mention.in_test || module.last().is_some_and(|name| name == "tests") {
        return None;
    }
    let (own, other) = (module.first()?, resolve(module, mention)?);
    let allowed = own == &other || BASE.contains(&&*other) || below(own).is_none_or(|below| below.contains(&&*other));
    // Names that are no module are what lib.rs exports itself.
    if allowed || below(&other).is_none() {
        return None;
    }
    finding(format!("{own} must not know {other} ({written})"))
}

fn anywhere(source: &Source, mention: &Mention) -> Option<Finding> {
    let finding = |what: String| Some(Finding::new(&*source.path, mention.line, what));
    let path = mention.path.iter().map(String::as_str).collect::<Vec<_>>();
    let in_web = source.path.starts_with("crate/web/") || source.path.starts_with("crate/sw/");
    // It measures the core's muxer, so it fills the tables as the core does; it is never shipped.
    let in_web = in_web && source.path != "crate/web/src/bench.rs";
    match path.as_slice() {
        ["mp4_atom", name, ..] if TREES.contains(name) => {
            finding(format!("mp4_atom::{name}: name leaf boxes one by one, walk containers with onetake_core::isobmff"))
        }
        ["mp4_atom", ..] | ["onetake_core", "isobmff", ..] if in_web => {
            finding("web never parses or builds container bytes: the core does".to_owned())
        }
        _ => None,
    }
}

fn below(module: &str) -> Option<&'static [&'static str]> {
    BELOW.iter().find(|(name, _)| *name == module).map(|(_, below)| *below)
}

/// `mux/fragment.rs` is `[mux, fragment]`, `mux.rs` and `mux/mod.rs` are `[mux]`, `lib.rs` is the root.
fn module_path(file: &str) -> Vec<String> {
    let stem = file.strip_suffix(".rs").unwrap_or(file);
    let mut parts = stem.split('/').map(str::to_owned).collect::<Vec<_>>();
    if parts.last().is_some_and(|last| last == "mod" || last == "lib") {
        parts.pop();
    }
    parts
}

/// The top-level module that `mention` leads to; nothing for paths of other crates and of names in scope.
fn resolve(module: &[String], mention: &Mention) -> Option<String> {
    let mut here = module.iter().chain(&mention.scope).cloned().collect::<Vec<_>>();
    let mut rest = mention.path.iter().peekable();
    match rest.peek()?.as_str() {
        "crate" => here.clear(),
        "self" | "super" => {}
        _ => return None,
    }
    while let Some(step) = rest.next_if(|step| ["crate", "self", "super"].contains(&step.as_str())) {
        if step == "super" {
            here.pop();
        }
    }
    here.extend(rest.cloned());
    here.into_iter().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> Vec<String> {
        check(&Source { path: path.to_owned(), text: text.to_owned() }).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn a_module_knows_only_those_below_it() {
        assert!(findings("crate/core/src/mux/fragment.rs", "use crate::{codec::SampleEntry, time::Ticks};").is_empty());
        assert!(findings("crate/core/src/codec.rs", "use crate::isobmff::write;").is_empty());
        assert!(
            findings("crate/core/src/export/plan.rs", "use super::layout; use crate::demux::FileIndex;").is_empty()
        );
        assert_eq!(
            findings("crate/core/src/codec.rs", "\nfn f(_: &crate::demux::Scan) {}"),
            ["crate/core/src/codec.rs:2: codec must not know demux (crate::demux::Scan)"]
        );
        assert_eq!(
            findings("crate/core/src/mux/fragment.rs", "use super::super::draft::Draft;"),
            ["crate/core/src/mux/fragment.rs:1: mux must not know draft (super::super::draft::Draft)"]
        );
        assert_eq!(
            findings("crate/core/src/record.rs", "use crate::{media::Size, export::{plan, Plan}};").len(),
            2,
            "record and export do not know each other"
        );
        assert_eq!(findings("crate/core/src/upload.rs", "use crate::mux::Run;").len(), 1);
    }

    #[test]
    fn inline_modules_count_their_steps() {
        let text = "mod inner { use super::super::draft::Draft; use super::Scan; }";
        assert_eq!(
            findings("crate/core/src/demux.rs", text),
            ["crate/core/src/demux.rs:1: demux must not know draft (super::super::draft::Draft)"]
        );
    }

    #[test]
    fn tests_may_look_around_but_not_out() {
        let file = "crate/core/src/demux/scan.rs";
        assert!(findings(file, "#[cfg(test)]\nmod tests { use crate::mux::fragment; }").is_empty());
        assert!(findings("crate/core/src/demux/tests.rs", "use crate::mux::fragment;").is_empty());
        assert_eq!(findings(file, "#[cfg(test)]\nmod tests { use std::fs; }").len(), 1);
    }

    #[test]
    fn the_core_has_no_browser_disk_clock_or_chance() {
        for foreign in [
            "web_sys::Window",
            "js_sys::Date",
            "wasm_bindgen::JsValue",
            "std::fs::File",
            "std::time::Instant",
            "rand::random",
        ] {
            let wanted = format!("crate/core/src/time.rs:1: the core mentions {foreign}");
            assert_eq!(findings("crate/core/src/time.rs", &format!("use {foreign};")), [wanted]);
        }
        assert!(findings("crate/core/src/time.rs", "use std::time::Duration; use std::fmt;").is_empty());
        assert!(findings("crate/web/src/lib.rs", "use web_sys::Window;").is_empty());
    }

    #[test]
    fn a_new_module_needs_a_place() {
        assert_eq!(findings("crate/core/src/karaoke/mod.rs", "").len(), 1);
        assert!(findings("crate/core/src/lib.rs", "pub mod time; pub use crate::export::plan;").is_empty());
    }

    #[test]
    fn trees_of_mp4_atom_are_named_nowhere() {
        assert!(findings("crate/core/src/isobmff/leaf.rs", "use mp4_atom::{Decode, Tkhd};").is_empty());
        for text in ["use mp4_atom::{Tkhd, Moov};", "use mp4_atom::*;", "fn f() { mp4_atom::Any::decode(b) }"] {
            assert_eq!(findings("tests/paths/film.rs", text).len(), 1, "{text}");
        }
        assert_eq!(findings("crate/web/src/export.rs", "use mp4_atom::Tkhd;").len(), 1);
    }
}
