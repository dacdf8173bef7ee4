//! The thinking of iam-split.
pub mod api;
pub mod config;
pub mod diagnostic;
pub mod document;
pub mod edit;
pub mod expression;
pub mod facts;
pub mod plan;
pub mod syntax;
pub mod template;
pub mod text;
pub mod writer;
