//! Any bytes repaired, and a film made of what was saved.
#![no_main]

libfuzzer_sys::fuzz_target!(|file: &[u8]| {
    onetake_tests::hostile::repair_anything(file);
});
