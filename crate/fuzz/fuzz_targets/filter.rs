//! Any text as a filter of a user's own: refused with a line that it has, or fused. Its seeds: `crate/fuzz/seeds/filter`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    onetake_tests::looks::define_anything(input);
});
