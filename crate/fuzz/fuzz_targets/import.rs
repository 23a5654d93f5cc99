//! Any bytes as what a browser's recorder wrote, made a segment.
#![no_main]

libfuzzer_sys::fuzz_target!(|file: &[u8]| {
    onetake_tests::hostile::import_anything(file);
});
