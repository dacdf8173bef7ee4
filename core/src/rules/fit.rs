//! Whether a value is one of those that a rule names, as far as the template tells.

use crate::expression::Expr;

/// Whether a value fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// Whatever its parts are.
    Yes,
    /// Whatever its parts are.
    No,
    /// What is not in the template decides.
    Unknown,
}

/// A character, or a value that is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Char(char),
    Value(String),
    Any,
    One,
}

/// Whether a value fits one of the patterns: `*` and `?` as in IAM, `${Name}` for a value that the template computes.
pub(super) fn fit(value: &Expr, patterns: &[String]) -> Fit {
    let mut text = Vec::new();
    of_value(value, &mut text);
    among(&text, patterns)
}

fn among(text: &[Part], patterns: &[String]) -> Fit {
    let patterns: Vec<Vec<Part>> = patterns.iter().map(|pattern| of_pattern(pattern)).collect();
    if patterns.iter().any(|pattern| covers(pattern, text, &|_| false)) {
        return Fit::Yes;
    }
    let is_free = |part: &Part| matches!(part, Part::Value(_));
    if patterns.iter().any(|pattern| covers(pattern, text, &is_free)) { Fit::Unknown } else { Fit::No }
}

/// Whether all that a pattern of the template matches one of the given patterns matches too.
pub(super) fn within(value: &Expr, patterns: &[String]) -> Fit {
    let mut text = Vec::new();
    of_value(value, &mut text);
    for part in &mut text {
        match part {
            Part::Char('*') => *part = Part::Any,
            Part::Char('?') => *part = Part::One,
            _ => {}
        }
    }
    among(&text, patterns)
}

/// Whether two patterns have a text in common.
pub(super) fn meet(one: &str, other: &str) -> bool {
    covers(&of_pattern(one), &of_pattern(other), &|part| matches!(part, Part::Any | Part::Value(_)))
}

fn of_value(value: &Expr, parts: &mut Vec<Part>) {
    match value {
        Expr::Text(text) | Expr::Plain(text) if text.contains("{{resolve:") => {
            parts.push(Part::Value(text.clone()));
        }
        Expr::Text(text) | Expr::Plain(text) => parts.extend(text.chars().map(Part::Char)),
        Expr::Concat(inner) => inner.iter().for_each(|part| of_value(part, parts)),
        Expr::Ref(name) => parts.push(Part::Value(name.clone())),
        Expr::GetAtt(name, attribute) => parts.push(Part::Value(format!("{name}.{attribute}"))),
        other => parts.push(Part::Value(crate::policy::written(other))),
    }
}

fn of_pattern(pattern: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        if let Some((name, after)) = rest.strip_prefix("${").and_then(|inner| inner.split_once('}')) {
            parts.push(Part::Value(name.to_owned()));
            rest = after;
            continue;
        }
        parts.push(match c {
            '*' => Part::Any,
            '?' => Part::One,
            c => Part::Char(c),
        });
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    parts
}

/// Whether a pattern and a text have something in common; where nothing of the text is free: whether the pattern covers
/// it, whatever its values are.
fn covers(pattern: &[Part], text: &[Part], is_free: &dyn Fn(&Part) -> bool) -> bool {
    // Which places of the text are reached, pattern part by pattern part.
    let spread = |reached: &mut Vec<bool>| {
        // What is free may be nothing.
        for at in 0..text.len() {
            if reached.get(at) == Some(&true) && text.get(at).is_some_and(is_free) {
                reached.splice(at + 1..at + 2, [true]);
            }
        }
    };
    let mut reached = vec![false; text.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    spread(&mut reached);
    for part in pattern {
        let mut next = vec![false; text.len() + 1];
        for at in (0..=text.len()).filter(|at| reached.get(*at) == Some(&true)) {
            let mut reach = |at: usize| {
                if let Some(place) = next.get_mut(at) {
                    *place = true;
                }
            };
            match (part, text.get(at)) {
                (Part::Any, _) => (at..=text.len()).for_each(&mut reach),
                // What is free goes on.
                (_, Some(free)) if is_free(free) => {
                    reach(at);
                    reach(at + 1);
                }
                (Part::One, Some(Part::Char(_) | Part::One)) => reach(at + 1),
                // One character of a pattern may be this one, where a text in common is asked for.
                (Part::Char(_), Some(Part::One)) if is_free(&Part::Any) => reach(at + 1),
                (one, Some(other)) if one == other => reach(at + 1),
                _ => {}
            }
        }
        spread(&mut next);
        reached = next;
    }
    reached.last() == Some(&true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::from_sub_text;

    #[test]
    fn what_is_computed_fits_only_where_every_value_does() {
        let is = |text: &str, pattern: &str| fit(&from_sub_text(text), &[pattern.to_owned()]);
        assert_eq!(is("arn:aws:iam::1:policy/Team", "arn:*:iam::*:policy/Team"), Fit::Yes);
        assert_eq!(
            is("arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/Team", "arn:*:iam::*:policy/Team"),
            Fit::Yes
        );
        assert_eq!(is("${Boundary}", "arn:*:iam::*:policy/Team"), Fit::Unknown);
        assert_eq!(is("${Boundary}", "${Boundary}"), Fit::Yes);
        assert_eq!(is("arn:aws:iam::1:policy/${Name}", "arn:*:iam::*:policy/Team"), Fit::Unknown);
        assert_eq!(is("/x/${Name}/", "/y/*"), Fit::No);
        assert_eq!(is("/${Env}/", "/?/"), Fit::Unknown);
        assert_eq!(is("${AWS::StackName}-role", "team-*"), Fit::Unknown);
        assert_eq!(is("", "*"), Fit::Yes);
        assert_eq!(is("", "?*"), Fit::No);
    }

    #[test]
    fn a_pattern_is_within_another_where_all_that_it_matches_is() {
        let is = |text: &str, pattern: &str| within(&from_sub_text(text), &[pattern.to_owned()]);
        assert_eq!(is("arn:aws:s3:::team-a*", "arn:*:s3:::team-*"), Fit::Yes);
        assert_eq!(is("arn:aws:s3:::team-?", "arn:*:s3:::team-*"), Fit::Yes);
        assert_eq!(is("arn:aws:s3:::*", "arn:*:s3:::team-*"), Fit::No);
        assert_eq!(is("arn:aws:s3:::team-*", "arn:*:s3:::team-?"), Fit::No);
        assert_eq!(is("arn:aws:s3:::team-?", "arn:*:s3:::team-a"), Fit::No);
        assert_eq!(is("*", "*"), Fit::Yes);
        assert_eq!(is("*", "?*"), Fit::No);
        assert_eq!(is("arn:${AWS::Partition}:s3:::${Stack}-*", "arn:*:s3:::${Stack}-*"), Fit::Yes);
        assert_eq!(is("arn:aws:s3:::${Bucket}", "arn:*:s3:::team-*"), Fit::Unknown);
    }

    #[test]
    fn patterns_meet_where_a_text_fits_both() {
        assert!(meet("/a/*", "*/b/"));
        assert!(meet("/team/", "/*"));
        assert!(!meet("/a/*", "/b/*"));
        assert!(meet("a?", "?b"));
        assert!(!meet("a", "ab"));
    }
}
