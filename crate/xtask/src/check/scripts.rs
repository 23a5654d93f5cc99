//! What holds for our TypeScript besides its types: who may touch the wasm glue, and that worker scripts only forward.

use super::{Finding, Source};

const WORKERS: &str = "www/onetake/src/workers/";
/// A worker script forwards; what thinks belongs into Rust or into the facade.
const LONGEST_WORKER: usize = 40;

/// What is wrong in `source` if it is a script of the page or the package.
pub(super) fn check(source: &Source) -> Vec<Finding> {
    let is_script = [".ts", ".tsx", ".mts", ".js", ".mjs"].iter().any(|kind| source.path.ends_with(kind));
    if !is_script || !source.path.starts_with("www/") {
        return Vec::new();
    }
    let lines = source.text.lines().count();
    if source.path.starts_with(WORKERS) {
        let what =
            format!("a worker script of {lines} lines; {LONGEST_WORKER} are allowed: it forwards, it does not think");
        let too_long = (lines > LONGEST_WORKER).then(|| Finding::new(&*source.path, LONGEST_WORKER + 1, what));
        return too_long.into_iter().collect();
    }
    let glue = source.text.lines().enumerate().filter(|(_, line)| quoted(line).any(is_glue));
    let what = "only the scripts in www/onetake/src/workers may load the wasm glue";
    glue.map(|(at, _)| Finding::new(&*source.path, at + 1, what)).collect()
}

/// Whether a module specifier or address leads to what wasm-bindgen wrote.
fn is_glue(text: &str) -> bool {
    let is_address = text.starts_with(['.', '/']) || text.starts_with("onetake/");
    is_address && text.contains("wasm/") && (text.ends_with(".js") || text.ends_with(".ts"))
}

/// The texts between quotes of one line. A quote in prose can only pair words, and those are no addresses.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    let parts = ['\'', '"', '`'].map(|quote| line.split(quote).skip(1).step_by(2));
    parts.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> Vec<String> {
        check(&Source { path: path.to_owned(), text: text.to_owned() }).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn only_workers_load_the_glue() {
        let glue = "\nimport init from '../wasm/studio.js';\n";
        assert!(findings("www/onetake/src/workers/studio.ts", glue).is_empty());
        assert_eq!(
            findings("www/onetake/src/studio.ts", glue),
            ["www/onetake/src/studio.ts:2: only the scripts in www/onetake/src/workers may load the wasm glue"]
        );
        assert_eq!(findings("www/app/main.ts", "await import(\"onetake/dist/wasm/studio.js\")").len(), 1);
        assert!(findings("www/onetake/src/studio.ts", "new URL('./wasm/studio_bg.wasm', import.meta.url)").is_empty());
        assert!(findings("playwright/smoke.spec.ts", glue).is_empty());
    }

    #[test]
    fn a_worker_script_is_short() {
        let path = "www/onetake/src/workers/store.ts";
        assert!(findings(path, &"//\n".repeat(40)).is_empty());
        assert_eq!(findings(path, &"//\n".repeat(41)).len(), 1);
    }
}
