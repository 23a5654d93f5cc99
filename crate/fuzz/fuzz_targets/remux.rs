//! Any bytes as a film by themselves, between whole clips, and twice.
#![no_main]

libfuzzer_sys::fuzz_target!(|file: &[u8]| {
    onetake_tests::hostile::remux_anything(file);
});
