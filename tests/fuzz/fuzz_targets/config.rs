#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| orm_hostile::config(input));
