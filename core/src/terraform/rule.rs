//! A parameter's own constraints as conditions of Terraform, so that a plan says what CloudFormation would.

use super::hcl::{list, quoted};
use crate::deployment::contents::Declared;

/// A condition that a value must meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// An expression of HCL.
    pub condition: String,
    /// What is said where it does not hold.
    pub message: String,
}

/// How a parameter's value is written in Terraform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// As a text, numbers too: `007` stays what it is.
    Text,
    /// As a list of texts.
    List,
}

impl Kind {
    /// The kind of a parameter.
    ///
    /// Source: CloudFormation User Guide, "Parameters": the types. What a parameter of Systems Manager holds may
    /// be a list; what is given is its name.
    #[must_use]
    pub fn of(declared: &Declared) -> Self {
        let kind = declared.kind.as_str();
        if kind == "CommaDelimitedList" || kind.starts_with("List<") { Self::List } else { Self::Text }
    }
}

/// The rules of a parameter for the expression that names its value, which may be null.
#[must_use]
pub fn rules(name: &str, declared: &Declared, value: &str) -> Vec<Rule> {
    let mut rules = Vec::new();
    let said = declared.constraint.as_deref();
    let mut rule = |condition: String, otherwise: String| {
        let message = said.map_or(otherwise, |said| format!("{name}: {said}"));
        rules.push(Rule { condition: format!("{value} == null ? true : {condition}"), message });
    };
    let list_of = Kind::of(declared) == Kind::List;
    if list_of {
        rule(
            format!("!anytrue([for item in {value} : strcontains(item, \",\")])"),
            format!("An item of {name} cannot hold a comma."),
        );
    }
    if !declared.allowed_values.is_empty() {
        let allowed = list(declared.allowed_values.iter().map(String::as_str));
        let condition = if list_of {
            format!("alltrue([for item in {value} : contains({allowed}, item)])")
        } else {
            format!("contains({allowed}, {value})")
        };
        rule(condition, format!("{name} is one of {}.", declared.allowed_values.join(", ")));
    }
    match declared.kind.as_str() {
        "Number" => {
            rule(format!("can(tonumber({value}))"), format!("{name} is a number."));
            for (bound, sign, words) in
                [(&declared.range.0, ">=", "at least"), (&declared.range.1, "<=", "at most")]
            {
                if let Some(bound) = bound.as_deref().filter(|bound| bound.parse::<f64>().is_ok()) {
                    rule(
                        format!("try(tonumber({value}) {sign} tonumber({}), false)", quoted(bound)),
                        format!("{name} is {words} {bound}."),
                    );
                }
            }
        }
        "String" => {
            for (bound, sign, words) in
                [(declared.length.0, ">=", "least"), (declared.length.1, "<=", "most")]
            {
                if let Some(bound) = bound {
                    rule(
                        format!("length({value}) {sign} {bound}"),
                        format!("{name} has at {words} {bound} characters."),
                    );
                }
            }
            if let Some(pattern) = declared.allowed_pattern.as_deref().filter(|pattern| is_portable(pattern))
            {
                rule(
                    format!("can(regex({}, {value}))", quoted(&whole(pattern))),
                    format!("{name} must match {pattern}"),
                );
            }
        }
        _ => {}
    }
    rules
}

/// A pattern for the whole value.
fn whole(pattern: &str) -> String {
    format!("^(?:{pattern})$")
}

/// Whether a pattern in Java's dialect means the same in Terraform's (RE2). One of which that is not certain is
/// left to CloudFormation.
///
/// Source: RE2's syntax (no lookaround, no possessive repetition, 1,000 repetitions at most); Terraform's
/// documentation of `regex`; `java.util.regex.Pattern`.
#[must_use]
pub fn is_portable(pattern: &str) -> bool {
    let mut chars = pattern.chars().peekable();
    let (mut class, mut before) = (false, ' ');
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('d' | 'D' | 'w' | 'W' | 's' | 'S') => {}
                Some(other) if other.is_ascii_punctuation() => {}
                _ => return false,
            },
            '[' if class => return false,
            '[' => class = true,
            ']' => class = false,
            '&' if class && before == '&' => return false,
            '(' if !class && chars.peek() == Some(&'?') => {
                chars.next();
                if chars.next() != Some(':') {
                    return false;
                }
            }
            // `a++` is possessive in Java.
            '+' if !class && matches!(before, '+' | '*' | '?' | '}') => return false,
            '{' if !class => {
                let inside: String = chars.by_ref().take_while(|c| *c != '}').collect();
                let small =
                    |number: &str| number.is_empty() || number.parse::<u32>().is_ok_and(|n| n <= 1_000);
                if inside.is_empty() || !inside.split(',').all(small) {
                    return false;
                }
                before = '}';
                continue;
            }
            _ => {}
        }
        before = if c == '\\' { ' ' } else { c };
    }
    regex_lite::Regex::new(&whole(pattern)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_means_the_same_is_carried_over() {
        for pattern in [
            "^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
            "^$|^arn:aws[a-z0-9-]*:iam::[0-9]{12}:role/[!-~]+$",
            r"\d+\.\d{1,3}",
            "",
        ] {
            assert!(is_portable(pattern), "{pattern}");
        }
        for pattern in
            [r"(?!x).*", r"\p{L}+", "[a-z&&[^x]]", "a++", "x{1,2000}", "(?i)x", r"\Qx\E", "[", r"\u0041"]
        {
            assert!(!is_portable(pattern), "{pattern}");
        }
    }

    #[test]
    fn constraints_become_conditions() {
        let declared = Declared {
            kind: "Number".to_owned(),
            range: (Some("1".to_owned()), None),
            allowed_values: vec!["1".to_owned(), "${2}".to_owned()],
            ..Declared::default()
        };
        let conditions: Vec<String> =
            rules("Size", &declared, "var.Size").into_iter().map(|rule| rule.condition).collect();
        assert_eq!(
            conditions,
            [
                "var.Size == null ? true : contains([\"1\", \"$${2}\"], var.Size)",
                "var.Size == null ? true : can(tonumber(var.Size))",
                "var.Size == null ? true : try(tonumber(var.Size) >= tonumber(\"1\"), false)",
            ]
        );
    }
}
