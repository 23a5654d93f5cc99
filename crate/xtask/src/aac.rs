//! The AAC encoder that the package ships: the wasm module of `@mediabunny/aac-encoder`, taken out of npm's copy.
//!
//! The package hides its module in a string of a worker script that starts from a Blob, one worker an encoder. We want a
//! file that the studio worker fetches when it needs it, that a bundler recognises and that anybody can exchange, as
//! the licence of FFmpeg asks. The module stays as it is; what its one-letter imports and exports mean is read from the
//! package's own glue. Another version of the package whose glue reads otherwise ends the build here.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Map, Value, json};

use crate::shell::make_folder;
use crate::workspace::Workspace;

const PACKAGE: &str = "node_modules/@mediabunny/aac-encoder";
const GLUE: &str = "dist/modules/build/aac.js";
const OUT: &str = "www/onetake/dist/aac";
/// What stands beside our script and goes along as it is.
const OURS: &str = "www/onetake/src/aac";
const TEXTS: [&str; 2] = ["NOTICE", "LICENSE-LGPL-2.1"];

/// What decides the result, beside the sources of the npm package.
pub(crate) fn inputs(workspace: &Workspace) -> [PathBuf; 2] {
    // npm's copy is the version that the package names; the lock file holds its digest.
    [workspace.at("crate/xtask/src/aac.rs"), workspace.at("www/onetake/package.json")]
}

/// Puts the module, its names and the licences into `dist/aac`, where tsc has put our script.
pub(crate) fn put(workspace: &Workspace) -> Result<()> {
    let package = [PACKAGE.to_owned(), format!("www/onetake/{PACKAGE}")];
    let package = package.iter().find(|folder| workspace.has(folder)).context("npm has not installed it")?;
    let read = |name: &str| {
        let path = workspace.at(package).join(name);
        fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))
    };
    let about: Value = serde_json::from_str(&read("package.json")?).context("package.json")?;
    let version = about["version"].as_str().context("package.json has no version")?;
    let glue = read(GLUE)?;
    let out = workspace.at(OUT);
    make_folder(&out)?;
    let write = |name: &str, bytes: &[u8]| {
        let path = out.join(name);
        fs::write(&path, bytes).with_context(|| format!("writing {}", path.display()))
    };
    let what = || format!("{package}/{GLUE} of version {version} reads otherwise than expected");
    write("aac.wasm", &module(&glue).with_context(what)?)?;
    write("names.js", names(&glue, version).with_context(what)?.as_bytes())?;
    write("LICENSE-MPL-2.0", read("LICENSE")?.as_bytes())?;
    for name in TEXTS {
        let text = fs::read(workspace.at(OURS).join(name)).with_context(|| format!("reading {OURS}/{name}"))?;
        write(name, &text)?;
    }
    Ok(())
}

/// The module in the glue: a string with a letter a byte, U+0100 for zero.
fn module(glue: &str) -> Result<Vec<u8>> {
    let (_, text) = glue.split_once("return binaryDecode(").context("no module in a string")?;
    let mut letters = text.chars();
    let quote = letters.next().context("the string is cut off")?;
    let mut bytes = Vec::new();
    loop {
        let letter = match letters.next().context("the string does not end")? {
            letter if letter == quote => break,
            '\\' => match letters.next().context("the string is cut off")? {
                'n' => '\n',
                'r' => '\r',
                same @ ('\\' | '\'' | '"') => same,
                other => anyhow::bail!("an escape \\{other}"),
            },
            letter => letter,
        };
        ensure!(u32::from(letter) <= 0x100, "a letter beyond U+0100");
        bytes.push((u32::from(letter) & 0xff) as u8);
    }
    ensure!(bytes.starts_with(b"\0asm"), "the string is no wasm module");
    Ok(bytes)
}

/// A script that says what the module's imports and exports are called.
fn names(glue: &str, version: &str) -> Result<String> {
    let between = |start: &str, end: &str| {
        let (_, rest) = glue.split_once(start).with_context(|| format!("no `{start}`"))?;
        Ok::<_, anyhow::Error>(rest.split_once(end).with_context(|| format!("no `{end}` after `{start}`"))?.0)
    };
    let module = between("imports = { ", ": wasmImports }")?;
    let mut imports = Map::new();
    for import in between("wasmImports = { ", " }")?.split(", ") {
        let (letter, name) = import.split_once(": ").with_context(|| format!("an import `{import}`"))?;
        imports.insert(letter.to_owned(), json!(name.trim_start_matches('_')));
    }
    let mut exports = Map::new();
    for export in glue.split("Module[\"_").skip(1) {
        let export =
            export.split_once("\"] = wasmExports[\"").and_then(|(name, rest)| Some((name, rest.split_once('"')?.0)));
        if let Some((name, letter)) = export.filter(|(name, _)| !name.contains('"')) {
            exports.insert(name.to_owned(), json!(letter));
        }
    }
    exports.insert("memory".to_owned(), json!(between("memory = wasmMemory = wasmExports[\"", "\"]")?));
    exports.insert("start".to_owned(), json!(between("runtimeInitialized = true; wasmExports[\"", "\"]")?));
    for (name, value) in [("module", json!(module)), ("exports", json!(exports)), ("imports", json!(imports))] {
        ensure!(value != json!({}) && value != json!(""), "no {name} are named");
    }
    let constants = [
        ("VERSION", json!(version)),
        ("MODULE", json!(module)),
        ("IMPORTS", json!(imports)),
        ("EXPORTS", json!(exports)),
    ];
    Ok(constants.map(|(name, value)| format!("export const {name} = {value};\n")).concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GLUE: &str = r#"
        function initRuntime() { runtimeInitialized = true; wasmExports["s"](); }
        function findWasmBinary() { return binaryDecode('Āasm\n\\\'Āÿ'); }
        function getWasmImports() { var imports = { a: wasmImports }; return imports; }
        function assignWasmExports(wasmExports) { _init_encoder = Module["_init_encoder"] = wasmExports["t"]; _free = Module["_free"] = wasmExports["z"]; memory = wasmMemory = wasmExports["r"]; }
        var wasmImports = { a: ___syscall_fcntl64, m: _emscripten_resize_heap };"#;

    #[test]
    fn the_module_comes_out_of_its_string_byte_for_byte() {
        assert_eq!(module(GLUE).unwrap(), b"\0asm\n\\'\0\xff");
        assert!(module(&GLUE.replace("binaryDecode(", "otherwise(")).is_err());
        assert!(module(&GLUE.replace("asm", "\\x61sm")).is_err());
    }

    #[test]
    fn imports_and_exports_get_their_names_back() {
        let names = names(GLUE, "1.2.3").unwrap();
        assert!(names.contains("export const VERSION = \"1.2.3\";\nexport const MODULE = \"a\";\n"));
        assert!(names.contains(r#"IMPORTS = {"a":"syscall_fcntl64","m":"emscripten_resize_heap"}"#));
        assert!(names.contains(r#"EXPORTS = {"free":"z","init_encoder":"t","memory":"r","start":"s"}"#));
        assert!(super::names("", "1.2.3").is_err());
    }
}
