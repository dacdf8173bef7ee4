//! Any text: parsing is lossless, and a split never panics nor hands over an unsound pair.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| iam_split_tests::fuzz::text(bytes));
