//! The core's functions for JavaScript.
