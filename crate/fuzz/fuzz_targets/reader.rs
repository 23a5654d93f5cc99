//! Any bytes as a file: the reader takes or refuses them, and what it found holds together.
#![no_main]

libfuzzer_sys::fuzz_target!(|file: &[u8]| {
    onetake_tests::hostile::read_anything(file);
});
