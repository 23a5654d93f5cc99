//! Any bytes as what servers, token endpoints and stores give to an upload. Its seeds: `crate/fuzz/seeds/upload`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    onetake_tests::uploads::answer_anything(input);
});
