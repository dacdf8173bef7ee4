//! Injuries: one place of a sound pair is hurt, in the text or across the two templates, as an editor, a formatter or an
//! attacker would. What the validation lets pass must be equal, or harmless for a reason that somebody reviewed.

use serde_json::Value;

use crate::evaluate::parse;

/// A sequence of numbers that a seed decides (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    /// A number below `count`.
    pub fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % count.max(1) as u64) as usize
    }
}

/// A sound pair with its monolith.
#[derive(Clone)]
pub struct Sound {
    pub name: String,
    pub monolith: String,
    pub iam: String,
    pub app: String,
}

/// A pair that was hurt.
pub struct Hurt {
    /// What was done, and to what line.
    pub what: String,
    pub iam: String,
    pub app: String,
}

const KINDS: [&str; 9] = ["delete", "change", "unquote", "quote", "retag", "swap", "repeat", "move", "cut"];

/// Hurts one place. `None` where the dice chose a place that the kind of injury does not fit.
pub fn hurt(sound: &Sound, dice: &mut Dice) -> Option<Hurt> {
    let kind = KINDS[dice.below(KINDS.len())];
    let of_iam = dice.below(2) == 0;
    let (text, other) = if of_iam { (&sound.iam, &sound.app) } else { (&sound.app, &sound.iam) };
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut lines: Vec<String> = text.split(newline).map(str::to_owned).collect();
    let mut others: Vec<String> = other.split(newline).map(str::to_owned).collect();
    let at = dice.below(lines.len());
    let line = lines[at].clone();
    let trimmed = line.trim();
    if trimmed.is_empty() || trimmed.starts_with('#') {
        return None;
    }
    match kind {
        "delete" => {
            lines.drain(at..block(&lines, at));
        }
        "cut" => {
            lines.remove(at);
        }
        "change" => lines[at] = changed(&line, dice)?,
        "unquote" => {
            let quote = if line.contains('\'') { '\'' } else { '"' };
            let start = line.find(quote)?;
            let end = start + 1 + line[start + 1..].find(quote)?;
            lines[at] = format!("{}{}{}", &line[..start], &line[start + 1..end], &line[end + 1..]);
        }
        "quote" => {
            let (key, value) = line.split_once(": ")?;
            if value.is_empty()
                || value.starts_with(['\'', '"', '!', '[', '{', '|', '>', '&', '*'])
                || value.contains('#')
            {
                return None;
            }
            lines[at] = format!("{key}: '{}'", value.trim_end_matches(','));
        }
        "retag" => {
            let tags = ["!Ref", "!GetAtt", "!Sub", "!Equals", "!And", "!Or", "!If", "!ImportValue"];
            let tag = tags.iter().find(|tag| line.contains(&format!("{tag} ")))?;
            let new = tags[dice.below(tags.len())];
            if new == *tag {
                return None;
            }
            lines[at] = line.replacen(tag, new, 1);
        }
        "swap" => {
            let first = block(&lines, at);
            let indent = indentation(&line);
            if first >= lines.len() || indentation(&lines[first]) != indent || lines[first].trim().is_empty()
            {
                return None;
            }
            let second = block(&lines, first);
            let mut both: Vec<String> = lines[first..second].to_vec();
            both.extend_from_slice(&lines[at..first]);
            lines.splice(at..second, both);
        }
        "repeat" => {
            let copy: Vec<String> = lines[at..block(&lines, at)].to_vec();
            lines.splice(at..at, copy);
        }
        _ => {
            // An entry of a section goes to the same section of the other template.
            if indentation(&line) != 2 {
                return None;
            }
            let section = lines[..at].iter().rev().find(|line| !line.is_empty() && indentation(line) == 0)?;
            let place = others.iter().position(|other| other.trim_end() == section.trim_end())? + 1;
            let moved: Vec<String> = lines.drain(at..block(&lines, at)).collect();
            others.splice(place..place, moved);
        }
    }
    let (text, other) = (lines.join(newline), others.join(newline));
    let (iam, app) = if of_iam { (text, other) } else { (other, text) };
    let which = if of_iam { "iam" } else { "app" };
    (iam != sound.iam || app != sound.app).then(|| Hurt {
        what: format!("{} {which} line {}: {kind} `{trimmed}`", sound.name, at + 1),
        iam,
        app,
    })
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Where what a line begins ends: at the next line that is not deeper.
fn block(lines: &[String], at: usize) -> usize {
    let indent = indentation(&lines[at]);
    let is_item = lines[at].trim_start().starts_with("- ");
    let mut end = at + 1;
    while end < lines.len() {
        let line = &lines[end];
        let inside = line.trim().is_empty()
            || indentation(line) > indent
            || (!is_item && indentation(line) == indent && line.trim_start().starts_with("- "));
        if !inside {
            break;
        }
        end += 1;
    }
    end
}

/// A line with another value in it.
fn changed(line: &str, dice: &mut Dice) -> Option<String> {
    let words: Vec<(usize, &str)> = line
        .match_indices(|c: char| c.is_ascii_alphanumeric())
        .filter(|(at, _)| *at == 0 || !line[..*at].ends_with(|c: char| c.is_ascii_alphanumeric()))
        .collect();
    let (start, _) = *words.get(dice.below(words.len()))?;
    let rest = &line[start..];
    let end = start + rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
    let new = match &line[start..end] {
        "Allow" => "Deny".to_owned(),
        "Deny" => "Allow".to_owned(),
        "true" => "false".to_owned(),
        "false" => "true".to_owned(),
        word if word.bytes().all(|byte| byte.is_ascii_digit()) => format!("{word}1"),
        word => format!("{word}X"),
    };
    Some(format!("{}{new}{}", &line[..start], &line[end..]))
}

/// The places in which two templates differ, as paths.
pub fn changes(before: &str, after: &str) -> Vec<String> {
    let mut found = Vec::new();
    differ(&parse(before), &parse(after), String::new(), &mut found);
    found
}

fn differ(before: &Value, after: &Value, path: String, found: &mut Vec<String>) {
    match (before, after) {
        (a, b) if a == b => {}
        (Value::Object(a), Value::Object(b)) => {
            let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let value =
                    |map: &serde_json::Map<String, Value>| map.get(key).cloned().unwrap_or(Value::Null);
                differ(&value(a), &value(b), format!("{path}/{key}"), found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (at, (a, b)) in a.iter().zip(b).enumerate() {
                differ(a, b, format!("{path}/{at}"), found);
            }
        }
        _ => found.push(path),
    }
}
