//! Sound templates made of bytes: every pair that is handed over passes every check.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| iam_split_tests::fuzz::generated(bytes));
