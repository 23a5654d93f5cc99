//! Any bytes as a recording: the scan reads or refuses them, and what it found holds together.
#![no_main]

libfuzzer_sys::fuzz_target!(|file: &[u8]| {
    onetake_tests::hostile::scan_anything(file);
});
