//! Prints the table of the shipped filters: `cargo run -p onetake-core --features ts --example filters`.

fn main() {
    print!("{}", onetake_core::filter::typescript());
}
