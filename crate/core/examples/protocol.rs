//! Prints the TypeScript twin of `protocol`: `cargo run -p onetake-core --features ts --example protocol`.

fn main() {
    print!("{}", onetake_core::protocol::typescript());
}
