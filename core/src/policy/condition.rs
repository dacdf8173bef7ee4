//! The condition of a statement: IAM's operators as a table, and what a context holds.
//!
//! Source: IAM User Guide, "IAM JSON policy elements: Condition operators", "Multivalued context keys".

use super::glob::{Classes, Glob, Token, matches};

/// How many values of a context key are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Quantifier {
    /// The key has one value.
    Single,
    /// `ForAllValues:`
    All,
    /// `ForAnyValue:`
    Some,
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Operator {
    /// Texts, with wildcards or without (`String…`, `Arn…`, `Binary…`): the values are globs.
    Text,
    /// Numbers.
    Number(Order),
    /// Points in time.
    Date(Order),
    /// `true` and `false`.
    Bool,
    /// Addresses in ranges.
    Address,
    /// Whether the key is absent.
    Null,
}

/// How numbers and dates are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A value of a condition.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Wanted {
    /// As a set of texts.
    pub(super) glob: Glob,
    /// As it is, where it is known.
    pub(super) text: Option<String>,
}

/// An operator, a key and its values: all lines of a condition must hold.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Line {
    pub(super) quantifier: Quantifier,
    pub(super) operator: Operator,
    pub(super) negated: bool,
    pub(super) if_exists: bool,
    /// The key in lower case: keys know no case.
    pub(super) key: String,
    /// Sorted.
    pub(super) wanted: Vec<Wanted>,
    /// What it is, where it is not understood; it may hold or not.
    pub(super) unknown: Option<String>,
}

/// How texts of an operator are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    Exact,
    Folded,
    Wild,
    Arn,
}

/// An operator's name taken apart; `None` for one that IAM does not have.
pub(super) fn operator(name: &str) -> Option<(Quantifier, Operator, bool, bool, Reading)> {
    let (quantifier, rest) = match name.split_once(':') {
        Some(("ForAllValues", rest)) => (Quantifier::All, rest),
        Some(("ForAnyValue", rest)) => (Quantifier::Some, rest),
        Some(_) => return None,
        None => (Quantifier::Single, name),
    };
    let (rest, if_exists) = rest.strip_suffix("IfExists").map_or((rest, false), |rest| (rest, true));
    let (operator, negated, reading) = match rest {
        "StringEquals" => (Operator::Text, false, Reading::Exact),
        "StringNotEquals" => (Operator::Text, true, Reading::Exact),
        "StringEqualsIgnoreCase" => (Operator::Text, false, Reading::Folded),
        "StringNotEqualsIgnoreCase" => (Operator::Text, true, Reading::Folded),
        "StringLike" => (Operator::Text, false, Reading::Wild),
        "StringNotLike" => (Operator::Text, true, Reading::Wild),
        "ArnEquals" | "ArnLike" => (Operator::Text, false, Reading::Arn),
        "ArnNotEquals" | "ArnNotLike" => (Operator::Text, true, Reading::Arn),
        "BinaryEquals" => (Operator::Text, false, Reading::Exact),
        "NumericEquals" => (Operator::Number(Order::Equal), false, Reading::Exact),
        "NumericNotEquals" => (Operator::Number(Order::Equal), true, Reading::Exact),
        "NumericLessThan" => (Operator::Number(Order::Less), false, Reading::Exact),
        "NumericLessThanEquals" => (Operator::Number(Order::LessOrEqual), false, Reading::Exact),
        "NumericGreaterThan" => (Operator::Number(Order::Greater), false, Reading::Exact),
        "NumericGreaterThanEquals" => (Operator::Number(Order::GreaterOrEqual), false, Reading::Exact),
        "DateEquals" => (Operator::Date(Order::Equal), false, Reading::Exact),
        "DateNotEquals" => (Operator::Date(Order::Equal), true, Reading::Exact),
        "DateLessThan" => (Operator::Date(Order::Less), false, Reading::Exact),
        "DateLessThanEquals" => (Operator::Date(Order::LessOrEqual), false, Reading::Exact),
        "DateGreaterThan" => (Operator::Date(Order::Greater), false, Reading::Exact),
        "DateGreaterThanEquals" => (Operator::Date(Order::GreaterOrEqual), false, Reading::Exact),
        "Bool" => (Operator::Bool, false, Reading::Exact),
        "IpAddress" => (Operator::Address, false, Reading::Exact),
        "NotIpAddress" => (Operator::Address, true, Reading::Exact),
        "Null" if !if_exists && quantifier == Quantifier::Single => (Operator::Null, false, Reading::Exact),
        _ => return None,
    };
    Some((quantifier, operator, negated, if_exists, reading))
}

/// What a context holds under a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Held {
    /// Nothing.
    Absent,
    /// Values; one for most keys.
    Values(Vec<String>),
}

/// Whether a line holds: `None` where it depends on what is not known.
pub(super) fn holds(line: &Line, held: &Held) -> Option<bool> {
    if line.unknown.is_some() {
        return None;
    }
    let values = match held {
        Held::Values(values) => values.as_slice(),
        Held::Absent => &[],
    };
    if line.operator == Operator::Null {
        // Several values are read as alternatives.
        let mut known =
            line.wanted.iter().map(|wanted| match wanted.text.as_deref()?.to_ascii_lowercase().as_str() {
                "true" => Some(values.is_empty()),
                "false" => Some(!values.is_empty()),
                _ => None,
            });
        return known.try_fold(false, |any, one| one.map(|one| any || one));
    }
    if values.is_empty() {
        return Some(
            line.if_exists
                || match line.quantifier {
                    Quantifier::Single => line.negated,
                    Quantifier::All => true,
                    Quantifier::Some => false,
                },
        );
    }
    let one = |value: &String| {
        let any = any(line.wanted.iter().map(|wanted| fits(line.operator, wanted, value)));
        any.map(|any| any != line.negated)
    };
    match line.quantifier {
        Quantifier::All => any(values.iter().map(|value| one(value).map(|holds| !holds))).map(|fails| !fails),
        Quantifier::Some => any(values.iter().map(one)),
        Quantifier::Single => {
            let fits = any(values
                .iter()
                .map(|value| any(line.wanted.iter().map(|wanted| fits(line.operator, wanted, value)))));
            fits.map(|fits| fits != line.negated)
        }
    }
}

/// Whether any is true; unknown where none is and some are unknown.
pub(super) fn any(list: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut all_known = true;
    for one in list {
        match one {
            Some(true) => return Some(true),
            Some(false) => {}
            None => all_known = false,
        }
    }
    all_known.then_some(false)
}

/// Whether all are true.
pub(super) fn all(list: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    any(list.map(|one| one.map(|one| !one))).map(|one| !one)
}

/// What a value is to be for an operator, where it is none.
pub(super) fn misfit(operator: Operator, value: &str) -> Option<&'static str> {
    let (fits, what) = match operator {
        Operator::Text | Operator::Null => return None,
        Operator::Number(_) => (value.parse::<f64>().is_ok(), "a number"),
        Operator::Date(_) => (seconds(value).is_some(), "a date"),
        Operator::Bool => {
            (["true", "false"].iter().any(|word| value.eq_ignore_ascii_case(word)), "`true` or `false`")
        }
        Operator::Address => (range(value).is_some(), "an address"),
    };
    (!fits).then_some(what)
}

fn fits(operator: Operator, wanted: &Wanted, value: &str) -> Option<bool> {
    if operator == Operator::Text {
        return matches(&wanted.glob, value);
    }
    let text = wanted.text.as_deref()?;
    let ordered = |a: f64, order: Order, b: f64| match order {
        Order::Equal => a == b,
        Order::Less => a < b,
        Order::LessOrEqual => a <= b,
        Order::Greater => a > b,
        Order::GreaterOrEqual => a >= b,
    };
    Some(match operator {
        Operator::Number(order) => match (value.parse::<f64>(), text.parse::<f64>()) {
            (Ok(a), Ok(b)) => ordered(a, order, b),
            _ => false,
        },
        Operator::Date(order) => match (seconds(value), seconds(text)) {
            (Some(a), Some(b)) => ordered(a, order, b),
            _ => false,
        },
        Operator::Bool => value.eq_ignore_ascii_case(text),
        Operator::Address => match (range(value), range(text)) {
            (Some((is_v6, low, high)), Some((wanted_v6, first, last))) => {
                is_v6 == wanted_v6 && first <= low && high <= last
            }
            _ => false,
        },
        Operator::Text | Operator::Null => false,
    })
}

/// Seconds since 1970 of an ISO 8601 date or a number of seconds.
pub(crate) fn seconds(text: &str) -> Option<f64> {
    if let Ok(number) = text.parse::<f64>() {
        // A year alone is a date, too.
        if text.len() != 4 {
            return Some(number);
        }
    }
    let (date, time) = text.split_once('T').map_or((text, None), |(date, time)| (date, Some(time)));
    let mut parts = date.split('-').map(str::parse::<i64>);
    let year = parts.next()?.ok()?;
    let month = parts.next().unwrap_or(Ok(1)).ok().filter(|month| (1..=12).contains(month))?;
    let day = parts.next().unwrap_or(Ok(1)).ok().filter(|day| (1..=31).contains(day))?;
    if parts.next().is_some() {
        return None;
    }
    let mut rest = 0.0;
    if let Some(time) = time {
        let (clock, offset) = match time.find(['Z', '+', '-']) {
            Some(at) => (time.get(..at)?, time.get(at..)?),
            None => (time, "Z"),
        };
        for (part, unit) in clock.split(':').zip([3_600.0, 60.0, 1.0]) {
            rest += part.parse::<f64>().ok()? * unit;
        }
        if offset != "Z" {
            let sign = if offset.starts_with('-') { 1.0 } else { -1.0 };
            let digits: String = offset.chars().filter(char::is_ascii_digit).collect();
            let hours = digits.get(..2)?.parse::<f64>().ok()?;
            let minutes = digits.get(2..4).unwrap_or("0").parse::<f64>().ok()?;
            rest += sign * (hours * 3_600.0 + minutes * 60.0);
        }
    }
    // Days from a civil date, after Howard Hinnant's algorithm.
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    #[expect(clippy::cast_precision_loss, reason = "days of a calendar are small")]
    let days = days as f64;
    Some(days * 86_400.0 + rest)
}

/// Seconds since 1970 as an ISO 8601 date, to the thousandth of a second.
fn date(seconds: f64) -> Option<String> {
    // Years of four digits.
    if !(-62_135_596_800.0..253_402_300_800.0).contains(&seconds) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "it is within the bounds above")]
    let (thousandths, seconds) = ((seconds.rem_euclid(1.0) * 1_000.0).floor() as i64, seconds.floor() as i64);
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    let (hours, minutes, seconds) = (rest / 3_600, rest / 60 % 60, rest % 60);
    let fraction = if thousandths == 0 { String::new() } else { format!(".{thousandths:03}") };
    Some(format!("{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}{fraction}Z"))
}

/// An address or a range of them: whether it is of version 6, its first and its last.
pub(super) fn range(text: &str) -> Option<(bool, u128, u128)> {
    let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
    let (is_v6, number, width) = match address.parse::<std::net::IpAddr>().ok()? {
        std::net::IpAddr::V4(v4) => (false, u128::from(u32::from(v4)), 32),
        std::net::IpAddr::V6(v6) => (true, u128::from(v6), 128),
    };
    let bits = bits.map_or(Ok(width), str::parse::<u32>).ok().filter(|bits| *bits <= width)?;
    let free = width - bits;
    let mask = if free == 128 { u128::MAX } else { (1_u128 << free) - 1 };
    Some((is_v6, number & !mask, number | mask))
}

/// An address as text.
fn address(is_v6: bool, number: u128) -> Option<String> {
    if is_v6 {
        return Some(std::net::Ipv6Addr::from(number).to_string());
    }
    u32::try_from(number).ok().map(|number| std::net::Ipv4Addr::from(number).to_string())
}

/// Values of a key that make every difference that these lines can make; `None` where there are too many.
///
/// Texts are those that the same values match; numbers, dates and addresses the bounds and what is beside them.
pub(super) fn representatives(lines: &[&Line], fixed: Option<&str>) -> Option<Vec<Held>> {
    if fixed.is_none() && !are_alike(lines) {
        return None;
    }
    let quantified = lines.iter().any(|line| line.quantifier != Quantifier::Single);
    let mut values: Vec<String> = Vec::new();
    match fixed {
        Some(value) => values.push(value.to_owned()),
        // These are never anything else.
        None if lines.first().is_some_and(|line| TRUTHS.contains(&line.key.as_str())) => {
            values = vec!["true".to_owned(), "false".to_owned()];
        }
        None => values = candidates(lines)?,
    }
    values.sort();
    values.dedup();
    let one = |value: &String| Held::Values(vec![value.clone()]);
    let mut list = Vec::new();
    let key = lines.first().map_or("", |line| line.key.as_str());
    if fixed.is_none() && !ALWAYS.contains(&key) {
        list.push(Held::Absent);
    }
    if !quantified || lines.first().is_some_and(|line| has_one_value(&line.key)) {
        list.extend(values.iter().map(one));
        return Some(list);
    }
    // Of values that all lines treat alike one stands for all: a set of values is what its members are.
    let mut seen: Vec<Vec<Option<bool>>> = Vec::new();
    values.retain(|value| {
        let told: Vec<Option<bool>> = lines.iter().map(|line| holds(line, &one(value))).collect();
        let is_new = told.contains(&None) || !seen.contains(&told);
        seen.push(told);
        is_new
    });
    if values.len() > 8 {
        return None;
    }
    for chosen in 1_u32..(1 << values.len()) {
        let of = values.iter().enumerate().filter(|(at, _)| chosen >> at & 1 == 1);
        list.push(Held::Values(of.map(|(_, value)| value.clone()).collect()));
    }
    Some(list)
}

/// Keys that every request has.
/// Source: IAM User Guide, "AWS global condition context keys": "This key is always included in the request context", of the
/// account "for all requests, including anonymous requests".
const ALWAYS: [&str; 6] = [
    "aws:currenttime",
    "aws:epochtime",
    "aws:principalaccount",
    "aws:requestedregion",
    "aws:securetransport",
    "aws:viaawsservice",
];

/// Keys whose numbers are whole ones.
/// Source: IAM User Guide, "AWS global condition context keys", `aws:MultiFactorAuthAge` (seconds); Amazon S3 API Reference,
/// `ListObjectsV2`, `max-keys` ("Integer"); STS API Reference, `AssumeRole`, `DurationSeconds` ("Integer").
const WHOLE: [&str; 3] = ["aws:multifactorauthage", "s3:max-keys", "sts:durationseconds"];

/// Keys whose values are `true` and `false`.
/// Source: IAM User Guide, "AWS global condition context keys" ("Data type: Boolean").
const TRUTHS: [&str; 4] =
    ["aws:multifactorauthpresent", "aws:principalisawsservice", "aws:securetransport", "aws:viaawsservice"];

/// Whether a key of AWS's own has one value in every request; of a service's keys that is not known.
/// Source: IAM User Guide, "AWS global condition context keys" ("Value type").
fn has_one_value(key: &str) -> bool {
    let several = [
        "aws:calledvia",
        "aws:principalorgpaths",
        "aws:principalservicenameslist",
        "aws:resourceorgpaths",
        "aws:sourceorgpaths",
        "aws:tagkeys",
        "aws:vpceorgpaths",
    ];
    key.starts_with("aws:") && !several.contains(&key)
}

/// Whether all lines compare values of one kind. Between kinds no values are known that make every difference: an address
/// of a range that a pattern matches as well.
fn are_alike(lines: &[&Line]) -> bool {
    let kind = |line: &&&Line| match line.operator {
        Operator::Text => 0,
        Operator::Number(_) => 1,
        Operator::Date(_) => 2,
        Operator::Bool => 3,
        Operator::Address => 4,
        Operator::Null => 5,
    };
    // Both words of truth are among the candidates, whatever they are compared as.
    let is_truth = |line: &&&Line| {
        let words = ["true", "false"];
        line.operator == Operator::Text
            && line
                .wanted
                .iter()
                .all(|wanted| wanted.text.as_deref().is_some_and(|text| words.contains(&text)))
    };
    let mut kinds: Vec<u8> =
        lines.iter().filter(|line| line.operator != Operator::Null).map(|line| kind(&line)).collect();
    kinds.sort_unstable();
    kinds.dedup();
    match kinds.as_slice() {
        [] | [_] => true,
        [0, 3] => lines.iter().filter(|line| line.operator == Operator::Text).all(|line| is_truth(&line)),
        _ => false,
    }
}

fn candidates(lines: &[&Line]) -> Option<Vec<String>> {
    let mut values: Vec<String> = Vec::new();
    let of = |wanted: &[Operator]| {
        let lines = lines.iter().filter(|line| wanted.contains(&line.operator));
        lines.flat_map(|line| &line.wanted).filter_map(|wanted| wanted.text.as_deref()).collect::<Vec<_>>()
    };
    let has = |is: fn(&Operator) -> bool| lines.iter().any(|line| is(&line.operator));
    let is_typed = has(|operator| !matches!(operator, Operator::Text | Operator::Null));
    let mut globs: Vec<Glob> = Vec::new();
    for line in lines.iter().filter(|line| line.operator == Operator::Text) {
        // What is not known may be any text: what stands around it still makes a difference.
        let open = |token: &Token| if matches!(token, Token::Symbol(_)) { Token::Any } else { *token };
        globs.extend(line.wanted.iter().map(|wanted| wanted.glob.iter().map(open).collect::<Glob>()));
    }
    globs.sort();
    globs.dedup();
    // The empty text is one, too: `s3:prefix` where the root of a bucket is listed, a tag without a value.
    globs.push(vec![Token::Any]);
    let sets: Vec<Vec<u32>> = (0..u32::try_from(globs.len()).ok()?).map(|glob| vec![glob]).collect();
    let shape = [u32::try_from(sets.len()).ok()?.checked_sub(1)?];
    // What is compared as a number has a number as its value, and no other text.
    // Source: IAM User Guide, "IAM JSON policy elements: Condition operators": keys have types.
    for class in Classes::of(&globs, &sets, &shape).filter(|_| !is_typed) {
        values.push(class.ok()?.word);
    }
    let orders = [Order::Equal, Order::Less, Order::LessOrEqual, Order::Greater, Order::GreaterOrEqual];
    let mut numbers: Vec<f64> =
        of(&orders.map(Operator::Number)).iter().filter_map(|text| text.parse().ok()).collect();
    let mut numbers = around(&mut numbers);
    if lines.first().is_some_and(|line| WHOLE.contains(&line.key.as_str())) {
        numbers = numbers.iter().flat_map(|number| [number.floor(), number.ceil()]).collect();
    }
    values.extend(numbers.iter().map(f64::to_string));
    let mut dates: Vec<f64> =
        of(&orders.map(Operator::Date)).iter().filter_map(|text| seconds(text)).collect();
    values.extend(around(&mut dates).iter().filter_map(|seconds| date(*seconds)));
    if lines.iter().any(|line| line.operator == Operator::Bool) {
        values.extend(["true".to_owned(), "false".to_owned()]);
    }
    // One at least where no bound is known, and an address of each kind beside those of the other.
    if values.is_empty() && has(|operator| matches!(operator, Operator::Number(_))) {
        values.push("1".to_owned());
    }
    if values.is_empty() && has(|operator| matches!(operator, Operator::Date(_))) {
        values.push("2026-01-01T00:00:00Z".to_owned());
    }
    if has(|operator| *operator == Operator::Address) {
        // Of the blocks for documentation. Source: RFC 5737, RFC 3849.
        values.extend(["203.0.113.1".to_owned(), "2001:db8::1".to_owned()]);
    }
    for (is_v6, first, last) in of(&[Operator::Address]).iter().filter_map(|text| range(text)) {
        let beside = [Some(first), first.checked_sub(1), Some(last), last.checked_add(1)];
        values.extend(beside.into_iter().flatten().filter_map(|number| address(is_v6, number)));
    }
    Some(values)
}

/// Numbers, what lies between two of them, and what lies beyond.
fn around(numbers: &mut Vec<f64>) -> Vec<f64> {
    numbers.retain(|number| number.is_finite());
    numbers.sort_by(f64::total_cmp);
    numbers.dedup();
    let mut all = numbers.clone();
    all.extend(numbers.iter().zip(numbers.iter().skip(1)).map(|(a, b)| f64::midpoint(*a, *b)));
    all.extend(numbers.first().map(|first| first - 1.0));
    all.extend(numbers.last().map(|last| last + 1.0));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_addresses_are_read() {
        assert_eq!(seconds("1970-01-02"), Some(86_400.0));
        assert_eq!(seconds("2026-11-25T12:00:00Z"), Some(1_795_608_000.0));
        assert_eq!(seconds("2026-11-25T13:00:00+01:00"), Some(1_795_608_000.0));
        assert_eq!(seconds("86400"), Some(86_400.0));
        assert_eq!(date(1_795_608_000.0).as_deref(), Some("2026-11-25T12:00:00Z"));
        assert_eq!(date(-1.0).as_deref(), Some("1969-12-31T23:59:59Z"));
        assert_eq!(range("10.0.0.0/8"), Some((false, 0x0a00_0000, 0x0aff_ffff)));
        assert_eq!(range("nothing"), None);
    }
}
