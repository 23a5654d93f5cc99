//! From a cdylib package to the files that a worker imports: cargo, wasm-bindgen as a library, wasm-opt from npm.

use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::{env, fs, mem, thread};

use anyhow::{Context as _, Result, ensure};
use wasm_bindgen_cli_support::{Bindgen, Output};

use crate::build::package_folder;
use crate::manifest::Entry;
use crate::shell::{self, cargo, make_folder, program};
use crate::stamp::{Stamp, files};
use crate::workspace::Workspace;

/// Builds those of `entries` that anything has changed for. Cargo compiles one after the other; what is done with a module then
/// takes one core, so that each has its own.
pub(crate) fn build(workspace: &Workspace, entries: &[&Entry]) -> Result<()> {
    thread::scope(|scope| {
        let mut begun = Vec::new();
        let compiled = entries.iter().try_for_each(|entry| {
            let stamp = stamp(workspace, entry)?;
            let types = workspace.at(&entry.types).join(format!("{}.d.ts", entry.name));
            let out = workspace.at(&entry.out);
            let results = [out.join(format!("{}.js", entry.name)), out.join(format!("{}_bg.wasm", entry.name)), types];
            if stamp.is_fresh(&results) {
                return Ok(());
            }
            let module = shell::step(&format!("compiling the {} wasm", entry.name), || compile(workspace, entry))?;
            begun.push(scope.spawn(move || {
                let finish = || finish(workspace, entry, &module, &out);
                shell::step(&format!("shrinking the {} wasm", entry.name), finish).and_then(|()| stamp.store())
            }));
            Ok(())
        });
        let finished = begun.into_iter().map(|one| one.join().unwrap_or_else(|panic| resume_unwind(panic)));
        // All are waited for, and each that failed is told; the first is the answer.
        let failed = finished.chain([compiled]).filter_map(Result::err).collect::<Vec<anyhow::Error>>();
        failed.iter().skip(1).for_each(|error| eprintln!("xtask: {error:#}"));
        failed.into_iter().next().map_or(Ok(()), Err)
    })
}

fn stamp(workspace: &Workspace, entry: &Entry) -> Result<Stamp> {
    Stamp::of(workspace, &format!("wasm-{}", entry.name), &inputs(workspace, entry), &format!("{entry:?}"))
}

/// From what cargo made to what is served.
fn finish(workspace: &Workspace, entry: &Entry, module: &Path, out: &Path) -> Result<()> {
    let bound = bind(workspace, entry, module)?;
    shrink(workspace, entry, &bound)?;
    minify(workspace, entry, &bound)?;
    put_types(entry, &bound, &workspace.at(&entry.types))?;
    put(&bound, out)
}

fn inputs(workspace: &Workspace, entry: &Entry) -> Vec<PathBuf> {
    let sources = ["crate/core", "shaders", "Cargo.toml", "Cargo.lock", ".cargo/config.toml"];
    // wasm-opt's version stands in package.json.
    let tools = ["rust-toolchain.toml", "package.json", "crate/xtask/src/wasm.rs"];
    let mut inputs = sources.iter().chain(&tools).map(|name| workspace.at(name)).collect::<Vec<_>>();
    inputs.push(workspace.at(package_folder(&entry.package)));
    inputs
}

fn compile(workspace: &Workspace, entry: &Entry) -> Result<PathBuf> {
    let mut build = cargo(workspace, &["build", "--lib", "--target", "wasm32-unknown-unknown", "--profile", "wasm"]);
    build.args(["--package", &entry.package, "--no-default-features", "--features", &entry.features.join(",")]);
    build.args(["--config", &private_paths(workspace)?]);
    shell::run(&mut build, &format!("compiling {} for wasm32", entry.package))?;
    let file = format!("{}.wasm", entry.package.replace('-', "_"));
    // The next one of the same package takes its place.
    let own = workspace.scratch("wasm").join(format!("{}.wasm", entry.name));
    make_folder(&workspace.scratch("wasm"))?;
    fs::copy(workspace.target("wasm32-unknown-unknown/wasm").join(&file), &own)
        .with_context(|| format!("copying {file}"))?;
    Ok(own)
}

/// Keeps this machine's folders out of the panic messages. Cargo adds a `--config` list to that of its files.
fn private_paths(workspace: &Workspace) -> Result<String> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")));
    let home = home.context("neither CARGO_HOME nor a home folder is known")?;
    let mut names = vec![(home.clone(), "/cargo"), (workspace.root().to_owned(), "/onetake")];
    // The last match counts: a crate's file is named `postcard-1.1.3/src/varint.rs`, wherever cargo put it.
    if let Ok(registries) = fs::read_dir(home.join("registry/src")) {
        let mut folders = registries.filter_map(|entry| Some(entry.ok()?.path())).collect::<Vec<_>>();
        folders.sort();
        names.extend(folders.into_iter().map(|folder| (folder, "")));
    }
    let flags = names.iter().map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()));
    let flags = flags.collect::<Vec<_>>();
    // An array of strings reads the same in JSON and in TOML.
    Ok(format!("target.wasm32-unknown-unknown.rustflags={}", serde_json::json!(flags)))
}

fn bind(workspace: &Workspace, entry: &Entry, module: &Path) -> Result<PathBuf> {
    let folder = workspace.scratch("wasm").join(&entry.name);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("emptying {}", folder.display()))?;
    }
    make_folder(&folder)?;
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).web(true)?.typescript(true).out_name(&entry.name);
    // The command line tool's default, not the library's: without it `init()` has no address to load.
    bindgen.omit_default_module_path(false);
    let mut output = bindgen.generate_output().with_context(|| format!("wasm-bindgen on {}", module.display()))?;
    let renamed = shorten_imports(&mut output);
    output.emit(&folder)?;
    let glue = folder.join(format!("{}.js", entry.name));
    let mut text = fs::read_to_string(&glue)?;
    for (long, short) in renamed {
        let (long, short) = (format!("        {long}: "), format!("        {short}: "));
        ensure!(text.matches(&long).count() == 1, "the glue does not define {long:?} once");
        text = text.replace(&long, &short);
    }
    fs::write(&glue, text)?;
    Ok(folder)
}

/// Gives every import a name of a letter or two: wasm-bindgen's end in 16 random digits, which no gzip makes smaller,
/// here and in the glue.
fn shorten_imports(output: &mut Output) -> Vec<(String, String)> {
    let letter = |number: u8| char::from(b'a' + number);
    let names = (0..26).map(|last| letter(last).to_string());
    let mut names =
        names.chain((0..26 * 26).map(|n: u16| [letter((n / 26) as u8), letter((n % 26) as u8)].iter().collect()));
    let imports = output.wasm_mut().imports.iter_mut();
    imports.filter_map(|import| names.next().map(|name| (mem::replace(&mut import.name, name.clone()), name))).collect()
}

fn shrink(workspace: &Workspace, entry: &Entry, folder: &Path) -> Result<()> {
    let module = folder.join(format!("{}_bg.wasm", entry.name));
    let mut wasm_opt = program(workspace, workspace.npm_program("wasm-opt")?);
    wasm_opt.args(&entry.wasm_opt).arg(&module).arg("-o").arg(&module);
    shell::run(&mut wasm_opt, "wasm-opt")
}

/// The glue without comments and long names, by the bundler that Vite brings along. It keeps `new URL(..)` as it is.
fn minify(workspace: &Workspace, entry: &Entry, folder: &Path) -> Result<()> {
    let glue = folder.join(format!("{}.js", entry.name));
    let small = folder.join("small.js");
    let mut rolldown = program(workspace, workspace.npm_program("rolldown")?);
    rolldown.arg(&glue).args(["--minify", "--format", "esm", "--logLevel", "silent", "-o"]).arg(&small);
    shell::run(&mut rolldown, "rolldown")?;
    fs::rename(&small, &glue).with_context(|| format!("writing {}", glue.display()))
}

/// tsc resolves the workers' `../wasm/studio.js` here; the compiled workers find the file itself in `dist`.
fn put_types(entry: &Entry, folder: &Path, types: &Path) -> Result<()> {
    make_folder(types)?;
    let name = format!("{}.d.ts", entry.name);
    fs::copy(folder.join(&name), types.join(&name)).with_context(|| format!("writing {}", types.display()))?;
    Ok(())
}

/// Replaces all of `out`'s files of this artefact at the end, so that no half-made pair is ever served.
fn put(folder: &Path, out: &Path) -> Result<()> {
    for file in files(folder)? {
        let to = out.join(file.strip_prefix(folder)?);
        if let Some(parent) = to.parent() {
            make_folder(parent)?;
        }
        fs::copy(&file, &to).with_context(|| format!("writing {}", to.display()))?;
    }
    Ok(())
}
