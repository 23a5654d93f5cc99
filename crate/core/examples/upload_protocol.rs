//! Prints the TypeScript twin of `protocol::upload`: `cargo run -p onetake-core --features ts --example upload_protocol`.

fn main() {
    print!("{}", onetake_core::protocol::upload::typescript());
}
