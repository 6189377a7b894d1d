#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| consentry_fuzz::targets::coding(input));
