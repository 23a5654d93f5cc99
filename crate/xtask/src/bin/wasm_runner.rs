//! The browser runner of wasm-bindgen-test. `cargo xtask test` names it as cargo's runner for wasm32, so that no tool
//! has to be installed and its version is the one in our lock file.

#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    match wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(std::env::args_os()) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wasm-runner: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}
