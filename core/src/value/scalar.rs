//! Plain scalars, as YAML 1.1 reads them.

use super::Value;

/// A scalar without quotes that YAML may read as something else than text.
///
/// A date stays a text in CloudFormation (`Version: 2012-10-17` is what AWS's own documents write).
/// Source of the forms: yaml.org/type, "Language-Independent Types for YAML Version 1.1".
#[must_use]
pub fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" => return Value::Bool(true),
        "false" => return Value::Bool(false),
        _ => {}
    }
    if is_date(text) {
        return Value::Text(text.to_owned());
    }
    if is_shortest_number(text) {
        return Value::Number(text.to_owned());
    }
    Value::Odd(text.to_owned())
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    matches!(parts.as_slice(), [year, month, day] if [(year, 4), (month, 2), (day, 2)]
        .iter()
        .all(|(part, length)| part.len() == *length && part.bytes().all(|byte| byte.is_ascii_digit())))
}

/// Whether a number reads back as it is written: no sign but a minus, no zeros in front or at the end, no exponent,
/// and not more digits than a double keeps.
fn is_shortest_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) =
        digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(|fraction| is_digits(fraction) && !fraction.ends_with('0'))
        && digits.len() <= 15
        && text != "-0"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reads_back_differently_is_told_apart() {
        for odd in
            ["yes", "NO", "on", "True", "0123", "001234567012", "9.10", "1e3", "1_000", "+1", "1:30", "-0"]
        {
            assert_eq!(plain(odd), Value::Odd(odd.to_owned()));
        }
        for number in ["0", "10", "-3", "1.5", "123456789012"] {
            assert_eq!(plain(number), Value::Number(number.to_owned()));
        }
        assert_eq!(plain("2012-10-17"), Value::Text("2012-10-17".to_owned()));
        assert_eq!(plain("~"), Value::Null);
    }
}
