//! Any bytes laid out in fragments, and these read again.
#![no_main]

libfuzzer_sys::fuzz_target!(|file: &[u8]| {
    onetake_tests::hostile::fragment_anything(file);
});
