#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| vcsso_fuzz::json_call(bytes));
