//! Names that CloudFormation generates, as patterns.

use super::Generated;
use crate::expression::Expr;

/// `deployment.yaml` admits names of 20 characters: a pattern should hold for all of them.
const USUAL_STACK_NAME: usize = 20;

/// `-` and 12 random characters at the end, and one separator between the parts of longer names.
const RANDOM: usize = 13;
const SEPARATOR_FROM: usize = 17;

/// A pattern that every name of the kind matches, and what the stack's name must be for that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratedPattern {
    /// The pattern; `*` stands for what is not known.
    pub pattern: Expr,
    /// The longest stack name with which the pattern is sound; `None` where it does not matter.
    pub longest_stack_name: Option<usize>,
    /// Whether the stack's name must be lower case, since the service lower-cases the name.
    pub lower_case: bool,
    /// Whether the pattern is bounded by the stack's name.
    pub bounded: bool,
}

/// How many characters each of two texts gets of `available`: AWS's `fairSplit`.
/// Source: `IdentifierUtils.java`, aws-cloudformation/cloudformation-cli-java-plugin.
#[must_use]
pub fn fair_split(available: usize, stack: usize, logical: usize) -> (usize, usize) {
    let wanted = [stack, logical];
    let mut given = [0_usize; 2];
    let mut left = available;
    while left > 0 && given != wanted {
        let share = if left < 2 { 1 } else { left / 2 };
        for (given, wanted) in given.iter_mut().zip(wanted) {
            let more = share.min(wanted - *given).min(left);
            *given += more;
            left -= more;
        }
    }
    let [stack, logical] = given;
    (stack, logical)
}

/// The pattern of a generated name, where one is sound. `stack` gives the stack's name.
#[must_use]
pub fn generated_pattern(rule: Generated, logical: &str, stack: &Expr) -> Option<GeneratedPattern> {
    match rule {
        Generated::StackLogical { max, lower } => {
            Some(stack_and_logical(usize::from(max), lower, logical, stack))
        }
        Generated::Logical { keep, lower } => Some(unbounded("", usize::from(keep), &case(logical, lower))),
        // `CFN-` and 13 random characters leave 23 of the handler's 40.
        Generated::CfnLogical => Some(unbounded("CFN-", 23, logical)),
        Generated::None => None,
    }
}

fn unbounded(prefix: &str, keep: usize, logical: &str) -> GeneratedPattern {
    let kept: String = logical.chars().take(keep).collect();
    let end = if kept.len() == logical.len() { "-*" } else { "*" };
    let pattern = Expr::Text(format!("{prefix}{kept}{end}"));
    GeneratedPattern { pattern, longest_stack_name: None, lower_case: false, bounded: false }
}

fn case(logical: &str, lower: bool) -> String {
    if lower { logical.to_lowercase() } else { logical.to_owned() }
}

fn stack_and_logical(max: usize, lower: bool, logical: &str, stack: &Expr) -> GeneratedPattern {
    let available = max.saturating_sub(RANDOM + usize::from(max > SEPARATOR_FROM));
    let length = logical.len();
    let whole = available.saturating_sub(length);
    // A short type with a long logical id cuts one of the two. We may let the logical id be cut, as
    // a prefix of it still matches, but never the stack's name: it bounds the scope.
    let longest = if whole >= USUAL_STACK_NAME {
        whole
    } else {
        whole.max(USUAL_STACK_NAME.min(available.div_ceil(2)))
    };
    let (_, kept) = fair_split(available, longest, length);
    let kept = kept.min(length);
    let written: String = case(logical, lower).chars().take(kept).collect();
    let end = if kept == length { "-*" } else { "*" };
    GeneratedPattern {
        pattern: Expr::concat([stack.clone(), Expr::text(format!("-{written}{end}"))]),
        longest_stack_name: Some(longest),
        lower_case: lower,
        bounded: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_those_of_real_names() {
        // S3 leaves 25/24, a role 25/25 where both are long.
        assert_eq!(fair_split(63 - 14, 90, 90), (25, 24));
        assert_eq!(fair_split(64 - 14, 90, 90), (25, 25));
        assert_eq!(fair_split(49, 10, 90), (10, 39));
        assert_eq!(fair_split(49, 90, 9), (40, 9));
        assert_eq!(fair_split(49, 10, 9), (10, 9));
    }

    /// The name that AWS's rule gives, with a fixed random part.
    fn real_name(max: usize, stack: &str, logical: &str) -> String {
        let (a, b) = fair_split(max - 14, stack.len(), logical.len());
        format!("{}-{}-abcDEF123456", stack.get(..a).unwrap(), logical.get(..b).unwrap())
    }

    #[test]
    fn every_stack_name_up_to_the_bound_matches_its_pattern() {
        for max in [32, 63, 64, 80, 128, 255] {
            for length in [1, 5, 9, 20, 24, 25, 40, 64, 200] {
                let logical = "L".repeat(length);
                let rule = Generated::StackLogical { max, lower: false };
                let found = generated_pattern(rule, &logical, &Expr::text("@")).unwrap();
                let Expr::Text(pattern) = found.pattern else { panic!("not a text") };
                let longest = found.longest_stack_name.unwrap();
                assert!(longest >= 9, "{max} {length}");
                for size in 1..=longest {
                    let stack = "s".repeat(size);
                    let name = real_name(usize::from(max), &stack, &logical);
                    let prefix = pattern.replace('@', &stack);
                    assert!(name.starts_with(prefix.trim_end_matches('*')), "{name} {prefix}");
                }
                let beyond = "s".repeat(longest + 1);
                let name = real_name(usize::from(max), &beyond, &logical);
                let prefix = pattern.replace('@', &beyond);
                let still = name.starts_with(prefix.trim_end_matches('*'));
                assert!(
                    !still || longest >= 20 || longest + 1 > usize::from(max - 14) - length,
                    "{max} {length} {longest}"
                );
            }
        }
    }
}
