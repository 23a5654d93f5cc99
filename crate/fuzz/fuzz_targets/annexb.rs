//! Any bytes as an access unit, with lengths and with start codes, to the other and back. Its seeds: `crate/fuzz/seeds/annexb`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    onetake_tests::hostile::convert_anything(input);
});
