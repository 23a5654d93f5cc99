//! Any bytes as a file, and everything that is computed from its index.
#![no_main]

libfuzzer_sys::fuzz_target!(|file: &[u8]| {
    onetake_tests::hostile::index_anything(file);
});
