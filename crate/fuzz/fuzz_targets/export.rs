//! Any bytes as a clip of a film, between whole ones and twice by itself.
#![no_main]

libfuzzer_sys::fuzz_target!(|file: &[u8]| {
    onetake_tests::hostile::export_anything(file);
});
