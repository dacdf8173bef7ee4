//! `AllowedPattern`: regular expressions that CloudFormation reads in Java's dialect.

use regex_lite::Regex;

/// A pattern that matches the whole of a value, as CloudFormation asks; `None` where it cannot be read, or where Java
/// reads it in another way than the engine that stands in for it here.
/// Source: CloudFormation User Guide, "Parameters", `AllowedPattern` (the whole value); Java's `java.util.regex.Pattern`.
#[must_use]
pub fn whole_pattern(pattern: &str) -> Option<Regex> {
    if is_another_in_java(pattern) {
        return None;
    }
    Regex::new(&format!("^(?:{pattern})$")).ok()
}

/// Whether a pattern has something that Java reads otherwise: possessive quantifiers, look-around, groups named in
/// Python's way, classes within classes.
fn is_another_in_java(pattern: &str) -> bool {
    let mut chars = pattern.chars().peekable();
    let mut in_class = false;
    let mut quantified = false;
    while let Some(c) = chars.next() {
        let was_quantified = std::mem::take(&mut quantified);
        match c {
            '\\' => match chars.next() {
                // Classes and boundaries of Java's own.
                Some('h' | 'H' | 'R' | 'X' | 'Q' | 'E' | 'G' | 'Z' | 'p' | 'P' | 'k') | None => return true,
                Some(_) => {}
            },
            '[' if in_class => return true,
            '[' => {
                in_class = true;
                // A bracket that comes first is one of the class's characters.
                if chars.peek() == Some(&'^') {
                    chars.next();
                }
                if chars.peek() == Some(&']') {
                    return true;
                }
            }
            ']' => in_class = false,
            '&' | '-' | '~' if in_class && chars.peek() == Some(&c) => return true,
            _ if in_class => {}
            '(' if chars.peek() == Some(&'?') => {
                let mut ahead = chars.clone();
                ahead.next();
                if !matches!(ahead.next(), Some(':' | 'i' | 's')) {
                    return true;
                }
            }
            '+' if was_quantified => return true,
            '*' | '+' | '?' | '}' => quantified = true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_java_reads_otherwise_is_not_read() {
        for pattern in [
            "^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
            "arn:aws[a-z0-9-]*:iam::[0-9]{12}:role/[!-~]+",
            "a+?b",
            "(?:a|b)",
        ] {
            assert!(whole_pattern(pattern).is_some(), "{pattern}");
        }
        for pattern in
            ["[[:lower:]]", "[!-~]++/x", "(?P<n>a)", "a{2}+", "(?=a)", "[a&&b]", "[a--b]", "\\p{Lower}", "("]
        {
            assert!(whole_pattern(pattern).is_none(), "{pattern}");
        }
        assert!(whole_pattern("a").is_some_and(|read| !read.is_match("ab")));
    }
}
