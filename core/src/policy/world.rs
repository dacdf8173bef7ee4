//! The cases in which two templates are compared: what their conditions turn on, decided one way or the other.
//!
//! A value is computed until something is asked that the case does not say yet; then the case becomes several.

use std::collections::{BTreeMap, BTreeSet};

use super::side::Side;
use super::value::accepts;
use crate::expression::Expr;
use crate::normal::{Names, normal};

/// What a case says of a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Choice {
    /// It is this text.
    Is(String),
    /// It is none of these.
    Not(BTreeSet<String>),
    /// It holds, or does not.
    Holds(bool),
    /// A parameter whose default changed is given, or is not.
    Given(bool),
}

/// A case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct World {
    pub(super) choices: BTreeMap<String, (Expr, Choice)>,
}

/// What a case has to say before the value can be computed.
#[derive(Debug)]
pub(super) struct Need {
    about: Expr,
    key: String,
    options: Vec<Choice>,
}

impl World {
    pub(super) fn with(&self, need: &Need) -> Vec<Self> {
        let one = |choice: &Choice| {
            let mut world = self.clone();
            world.choices.insert(need.key.clone(), (need.about.clone(), choice.clone()));
            world
        };
        need.options.iter().map(one).collect()
    }
}

/// Which of the two templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Which {
    Old,
    New,
}

/// Two templates, and what of their declarations differs.
#[derive(Debug)]
pub(super) struct Both {
    pub(super) old: Side,
    pub(super) new: Side,
    /// Parameters whose defaults differ, both having one.
    pub(super) defaults: BTreeSet<String>,
    /// Parameters that may have values that they could not have before, and why.
    pub(super) loosened: BTreeMap<String, String>,
    /// Mappings that differ.
    pub(super) mappings: BTreeSet<String>,
    /// Resources whose names or other attributes may differ, and why.
    pub(super) renamed: BTreeMap<String, String>,
    /// The partition, where the new template can be deployed in one only.
    pub(super) partition: Option<String>,
    /// What the new template still gives and the update may take away: holders, and what they are given.
    pub(super) perhaps_taken: BTreeSet<(String, String)>,
    /// Resources of the old template that may stand still, as nobody can tell, and why.
    pub(super) left: BTreeMap<String, String>,
}

/// A parameter that may have more values than this is one that may have any.
const MOST_VALUES: usize = 12;

/// Put after a name that does not mean the same in both.
pub(super) const OTHER: char = '\u{1}';

/// What a lookup gives where the mapping has no such entry.
/// Source: CloudFormation Template Reference, "`AWS::LanguageExtensions` transform", `Fn::FindInMap` with `DefaultValue`.
pub(super) fn default_of(parts: &[Expr]) -> Option<&Expr> {
    entries(parts.get(3)).iter().find(|(key, _)| key == "DefaultValue").map(|(_, value)| value)
}

impl Both {
    pub(super) fn side(&self, which: Which) -> &Side {
        match which {
            Which::Old => &self.old,
            Which::New => &self.new,
        }
    }

    /// Whether a value is made of declarations that differ, by however many steps; `condition`: or exists on one.
    pub(super) fn reaches_changes(&self, expr: &Expr, condition: Option<&str>) -> bool {
        let both = self;
        let mut conditions: Vec<String> = condition.into_iter().map(str::to_owned).collect();
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut changed = false;
        let mut look = |expr: &Expr, conditions: &mut Vec<String>| {
            expr.walk(&mut |part| match part {
                Expr::Ref(name) | Expr::GetAtt(name, _) => {
                    changed |= both.defaults.contains(name)
                        || both.loosened.contains_key(name)
                        || both.renamed.contains_key(name)
                        || both.old.parameters.contains_key(name) != both.new.parameters.contains_key(name);
                }
                Expr::Call(name, parts) if name == "If" => {
                    if let Some(Expr::Text(condition)) = parts.first() {
                        conditions.push(condition.clone());
                    }
                }
                Expr::Call(name, parts) if name == "FindInMap" => {
                    changed |= match parts.first() {
                        Some(Expr::Text(mapping)) => both.mappings.contains(mapping),
                        _ => !both.mappings.is_empty(),
                    };
                }
                Expr::Unary(name, inner) if name == "Condition" => {
                    if let Expr::Text(condition) = inner.as_ref() {
                        conditions.push(condition.clone());
                    }
                }
                // The attribute of a resource that a loop makes.
                Expr::Map(entries) => {
                    conditions.extend(entries.iter().filter_map(|(key, value)| match value {
                        Expr::Text(condition) if key == "Condition" => Some(condition.clone()),
                        _ => None,
                    }));
                }
                _ => {}
            });
        };
        look(expr, &mut conditions);
        while let Some(condition) = conditions.pop() {
            if !seen.insert(condition.clone()) {
                continue;
            }
            let of_old = both.old.conditions.get(&condition);
            if of_old != both.new.conditions.get(&condition) {
                return true;
            }
            if let Some(expr) = of_old {
                look(expr, &mut conditions);
            }
        }
        changed
    }

    /// The value in a case, without `If`, in normal form.
    pub(super) fn value(&self, which: Which, expr: &Expr, world: &World) -> Result<Expr, Need> {
        let ground = self.ground(which, expr, world, 0)?;
        let names = Names { substitute: &|_| None, condition: &|_| None, name_index: &|_| None };
        Ok(normal(&ground, &names))
    }

    /// Whether a condition of the template holds in a case.
    pub(super) fn condition(&self, which: Which, name: &str, world: &World) -> Result<bool, Need> {
        self.holds(which, &Expr::Unary("Condition".to_owned(), Box::new(Expr::text(name))), world, 0)
    }

    fn ground(&self, which: Which, expr: &Expr, world: &World, depth: usize) -> Result<Expr, Need> {
        let all = |parts: &[Expr]| {
            parts.iter().map(|part| self.ground(which, part, world, depth)).collect::<Result<Vec<_>, _>>()
        };
        Ok(match expr {
            Expr::Ref(name) if self.defaults.contains(name) => {
                let key = format!("given {name}");
                match world.choices.get(&key) {
                    Some((_, Choice::Given(false))) => {
                        default(self.side(which), name).unwrap_or_else(|| expr.clone())
                    }
                    Some(_) => self.known(which, expr, world),
                    None => {
                        let options = vec![Choice::Given(true), Choice::Given(false)];
                        return Err(Need { about: expr.clone(), key, options });
                    }
                }
            }
            Expr::Ref(_) | Expr::GetAtt(..) => self.known(which, expr, world),
            Expr::Concat(parts) => Expr::concat(all(parts)?),
            Expr::List(items) => {
                // A list in the place of an item is its items: `If` may choose several.
                Expr::List(all(items)?)
            }
            Expr::Map(entries) => {
                let entry = |(key, value): &(String, Expr)| {
                    self.ground(which, value, world, depth).map(|value| (key.clone(), value))
                };
                Expr::Map(entries.iter().map(entry).collect::<Result<Vec<_>, _>>()?)
            }
            Expr::Call(name, parts) if name == "If" => match parts.as_slice() {
                // Source: CloudFormation Template Reference, "Fn::If": the name of a condition.
                [condition @ Expr::Text(_), yes, no] => {
                    let condition = Expr::Unary("Condition".to_owned(), Box::new(condition.clone()));
                    let holds = self.holds(which, &condition, world, depth)?;
                    self.ground(which, if holds { yes } else { no }, world, depth)?
                }
                _ => expr.clone(),
            },
            Expr::Call(name, parts) if name == "FindInMap" => {
                self.find_in_map(which, &all(parts)?, world, depth)?
            }
            Expr::Call(name, parts) => Expr::Call(name.clone(), all(parts)?),
            Expr::Named(_, inner) => self.ground(which, inner, world, depth)?,
            Expr::Unary(name, inner) => {
                Expr::Unary(name.clone(), Box::new(self.ground(which, inner, world, depth)?))
            }
            Expr::Text(_) | Expr::Plain(_) | Expr::Source(_) => expr.clone(),
        })
    }

    /// A reference: the text that the case says, or itself, marked in the new template where it means another thing.
    fn known(&self, which: Which, expr: &Expr, world: &World) -> Expr {
        let marked = match expr {
            Expr::Ref(name) if which == Which::New && self.changed(name) => {
                Expr::Ref(format!("{name}{OTHER}"))
            }
            Expr::GetAtt(name, attribute) if which == Which::New && self.changed(name) => {
                Expr::GetAtt(format!("{name}{OTHER}"), attribute.clone())
            }
            other => other.clone(),
        };
        match world.choices.get(&canonical(&marked)) {
            Some((_, Choice::Is(text))) => Expr::text(text),
            // A parameter with one allowed value has that one.
            _ if matches!(expr, Expr::Ref(name) if name == "AWS::Partition") => {
                self.partition.as_ref().map_or(marked, Expr::text)
            }
            // Source: CloudFormation Template Reference, "Pseudo parameters", `AWS::URLSuffix`.
            _ if matches!(expr, Expr::Ref(name) if name == "AWS::URLSuffix") => {
                match self.partition.as_deref() {
                    Some("aws" | "aws-us-gov") => Expr::text("amazonaws.com"),
                    Some("aws-cn") => Expr::text("amazonaws.com.cn"),
                    _ => marked,
                }
            }
            _ => match self.allowed(which, &marked).as_deref() {
                Some([only]) => Expr::text(only),
                _ => marked,
            },
        }
    }

    fn changed(&self, name: &str) -> bool {
        self.loosened.contains_key(name) || self.renamed.contains_key(name)
    }

    fn find_in_map(&self, which: Which, parts: &[Expr], world: &World, depth: usize) -> Result<Expr, Need> {
        let call = || Expr::call("FindInMap", parts.to_vec());
        let default = default_of(parts);
        let [Expr::Text(mapping), first, second, ..] = parts else {
            // Which mapping is asked, a value decides: where one differs, what comes of it may.
            let mark = if which == Which::New && !self.mappings.is_empty() {
                OTHER.to_string()
            } else {
                String::new()
            };
            return Ok(Expr::call(&format!("FindInMap{mark}"), parts.to_vec()));
        };
        let names = Names { substitute: &|_| None, condition: &|_| None, name_index: &|_| None };
        let (first, second) = (normal(first, &names), normal(second, &names));
        let table = |which: Which| entries(self.side(which).mappings.get(mapping));
        if let (Expr::Text(first), Expr::Text(second)) = (&first, &second) {
            let row = table(which).iter().find(|(key, _)| key == first).map(|(_, row)| row);
            return match entries(row).iter().find(|(key, _)| key == second) {
                Some((_, value)) => self.ground(which, value, world, depth),
                None => default.map_or_else(|| Ok(call()), |value| self.ground(which, value, world, depth)),
            };
        }
        // What stands for a missing entry may be another also where the mapping is not.
        if !self.mappings.contains(mapping) && default.is_none() {
            return Ok(call());
        }
        let tables = [table(Which::Old), table(Which::New)];
        let keys: BTreeSet<&str> = if matches!(first, Expr::Text(_)) {
            tables
                .iter()
                .flat_map(|rows| rows.iter())
                .flat_map(|(_, row)| entries(Some(row)))
                .map(|(key, _)| key.as_str())
                .collect()
        } else {
            tables.iter().flat_map(|rows| rows.iter()).map(|(key, _)| key.as_str()).collect()
        };
        let about = if matches!(first, Expr::Text(_)) { second } else { first };
        let key = canonical(&about);
        let is_none = match world.choices.get(&key) {
            Some((_, Choice::Not(not))) => keys.iter().all(|key| not.contains(*key)),
            _ => keys.is_empty(),
        };
        if let Some(value) = default.filter(|_| is_none) {
            return self.ground(which, value, world, depth);
        }
        if world.choices.contains_key(&key) || keys.is_empty() {
            // It is none of the keys that conditions know: no row is known, and none is the same.
            let mark = if which == Which::New { OTHER.to_string() } else { String::new() };
            return Ok(Expr::call("FindInMap", vec![Expr::text(format!("{mapping}{mark}")), about]));
        }
        let mut options: Vec<Choice> = keys.iter().map(|key| Choice::Is((*key).to_owned())).collect();
        // Without a default a template cannot be deployed where there is no entry.
        if default.is_some() {
            options.push(Choice::Not(keys.into_iter().map(str::to_owned).collect()));
        }
        Err(Need { about, key, options })
    }

    fn holds(&self, which: Which, expr: &Expr, world: &World, depth: usize) -> Result<bool, Need> {
        if depth > 60 && self.old.conditions != self.new.conditions {
            // So deep it is not looked at, and may be another.
            let expr = Expr::Unary(format!("{which:?}"), Box::new(expr.clone()));
            return Self::opaque(&expr, world);
        }
        if depth > 60 {
            return Self::opaque(expr, world);
        }
        let part = |expr: &Expr| self.holds(which, expr, world, depth + 1);
        match expr {
            Expr::Unary(name, inner) if name == "Condition" => match inner.as_ref() {
                Expr::Text(condition) => match self.side(which).conditions.get(condition) {
                    Some(expr) => part(expr),
                    None => Self::opaque(expr, world),
                },
                _ => Self::opaque(expr, world),
            },
            Expr::Call(name, parts) => match (name.as_str(), parts.as_slice()) {
                ("And", parts) => {
                    for one in parts {
                        if !part(one)? {
                            return Ok(false);
                        }
                    }
                    Ok(true)
                }
                ("Or", parts) => {
                    for one in parts {
                        if part(one)? {
                            return Ok(true);
                        }
                    }
                    Ok(false)
                }
                ("Not", [one]) => Ok(!part(one)?),
                ("Equals", [a, b]) => {
                    let names = Names { substitute: &|_| None, condition: &|_| None, name_index: &|_| None };
                    let a = normal(&self.ground(which, a, world, depth + 1)?, &names);
                    let b = normal(&self.ground(which, b, world, depth + 1)?, &names);
                    self.equal(which, a, b, world)
                }
                _ => Self::opaque(&self.ground(which, expr, world, depth + 1)?, world),
            },
            // `!Condition` in a list of its own, or anything that is no condition.
            other => Self::opaque(other, world),
        }
    }

    fn equal(&self, which: Which, a: Expr, b: Expr, world: &World) -> Result<bool, Need> {
        let (value, text) = match (a, b) {
            (a, b) if a == b => return Ok(true),
            (Expr::Text(a), Expr::Text(b)) => return Ok(a == b),
            (Expr::Text(text), value) | (value, Expr::Text(text)) => match without_ends(value, &text) {
                Some(both) => both,
                None => return Ok(false),
            },
            (a, b) => {
                let (a, b) = if canonical(&a) <= canonical(&b) { (a, b) } else { (b, a) };
                return Self::opaque(&Expr::call("Equals", vec![a, b]), world);
            }
        };
        if !self.may_be(which, &value, &text) {
            return Ok(false);
        }
        let key = canonical(&value);
        let mut not = match world.choices.get(&key) {
            Some((_, Choice::Is(is))) => return Ok(*is == text),
            Some((_, Choice::Not(not))) if not.contains(&text) => return Ok(false),
            Some((_, Choice::Not(not))) => not.clone(),
            _ => BTreeSet::new(),
        };
        let before = not.clone();
        not.insert(text.clone());
        let allowed = self.allowed(which, &value);
        let options = match allowed {
            Some(allowed) if !allowed.contains(&text) => return Ok(false),
            Some(allowed) => {
                let rest: Vec<&String> = allowed.iter().filter(|one| !not.contains(*one)).collect();
                let other = match rest.as_slice() {
                    [] => None,
                    [one] => Some(Choice::Is((*one).clone())),
                    _ => Some(Choice::Not(not)),
                };
                std::iter::once(Choice::Is(text)).chain(other).collect()
            }
            None => vec![Choice::Is(text), Choice::Not(not)],
        };
        debug_assert!(options.len() <= 2 && before.len() < 1_000);
        Err(Need { about: value, key, options })
    }

    /// Whether a template accepts a text where a value is a parameter.
    fn may_be(&self, which: Which, value: &Expr, text: &str) -> bool {
        let Expr::Ref(name) = value else { return true };
        let (side, name) = (self.side(which), name.trim_end_matches(OTHER));
        // Of these the constraints are about something else: an entry's name, or each item.
        let is_text = entries(side.parameters.get(name)).iter().any(|(key, kind)| {
            key == "Type" && matches!(kind, Expr::Text(kind) if kind == "String" || kind == "Number")
        });
        !is_text || accepts(side, name, text)
    }

    /// Whether there is such a case: the new template accepts the values, and the region is of the partition.
    ///
    /// Source: AWS Fault Isolation Boundaries, "Partitions"; the SDKs' `partitions.json` (names of regions).
    pub(super) fn is_possible(&self, world: &World) -> bool {
        let is_refused = world.choices.values().any(|(about, choice)| match (about, choice) {
            // One that differs is the new template's where it is marked, and the old one's where not.
            (Expr::Ref(name), Choice::Is(text)) if name.ends_with(OTHER) || !self.changed(name) => {
                !self.may_be(Which::New, about, text)
            }
            _ => false,
        });
        let pseudo =
            |name: &str| world.choices.get(&canonical(&Expr::reference(name))).map(|(_, choice)| choice);
        let of_region = match pseudo("AWS::Region") {
            Some(Choice::Is(region)) => Some(partition_of(region)),
            _ => None,
        };
        let is_apart = of_region.is_some_and(|partition| match pseudo("AWS::Partition") {
            Some(Choice::Is(other)) => other != partition,
            Some(Choice::Not(others)) => others.contains(partition),
            _ => self.partition.as_deref().is_some_and(|other| other != partition),
        });
        !is_refused && !is_apart
    }

    /// The values that a parameter may have, where they are listed.
    pub(super) fn allowed(&self, which: Which, value: &Expr) -> Option<Vec<String>> {
        let Expr::Ref(name) = value else { return None };
        let declaration = self.side(which).parameters.get(name.trim_end_matches(OTHER))?;
        let field = |name: &str| {
            entries(Some(declaration)).iter().find(|(key, _)| key == name).map(|(_, value)| value)
        };
        // There the list has the names of entries, and the value is what the parameter store has under one.
        if matches!(field("Type"), Some(Expr::Text(kind)) if kind.starts_with("AWS::SSM::Parameter::Value<"))
        {
            return None;
        }
        let Some(list) = field("AllowedValues") else {
            let is_text = matches!(field("Type"), Some(Expr::Text(kind)) if kind == "String");
            let Some(Expr::Text(pattern)) = field("AllowedPattern").filter(|_| is_text) else { return None };
            return alternatives(pattern);
        };
        let Expr::List(list) = list else { return None };
        list.iter()
            .map(|item| match item {
                Expr::Text(text) | Expr::Plain(text) => Some(text.clone()),
                _ => None,
            })
            .collect()
    }

    /// The cases of a parameter with a list of values, where both templates have the same one.
    pub(super) fn by_value(&self, name: &str, world: &World) -> Option<Need> {
        let about = Expr::reference(name);
        let listed = self.allowed(Which::New, &about).filter(|list| list.len() <= MOST_VALUES)?;
        if self.changed(name)
            || is_list(&self.new, name)
            || self.allowed(Which::Old, &about) != Some(listed.clone())
        {
            return None;
        }
        let key = canonical(&about);
        let options: Vec<Choice> = match world.choices.get(&key) {
            None | Some((_, Choice::Given(_) | Choice::Holds(_))) => {
                listed.into_iter().map(Choice::Is).collect()
            }
            Some((_, Choice::Is(_))) => return None,
            Some((_, Choice::Not(not))) => {
                listed.into_iter().filter(|text| !not.contains(text)).map(Choice::Is).collect()
            }
        };
        Some(Need { about, key, options })
    }

    /// The cases of a lookup by what is not known: the keys of a mapping that is the same in both templates.
    pub(super) fn by_row(&self, call: &Expr, world: &World) -> Option<Need> {
        const MOST_ROWS: usize = 40;
        let Expr::Call(name, parts) = call else { return None };
        let [Expr::Text(mapping), first, second] = parts.as_slice() else { return None };
        if name != "FindInMap" || self.mappings.contains(mapping) {
            return None;
        }
        let rows = entries(self.new.mappings.get(mapping));
        let keys: BTreeSet<&String> = match (first, second) {
            (Expr::Ref(_), Expr::Text(_)) => rows.iter().map(|(key, _)| key).collect(),
            (Expr::Text(_), Expr::Ref(_)) => {
                rows.iter().flat_map(|(_, row)| entries(Some(row))).map(|(key, _)| key).collect()
            }
            _ => return None,
        };
        let about = if matches!(first, Expr::Text(_)) { second } else { first };
        let key = canonical(about);
        let not = match world.choices.get(&key) {
            Some((_, Choice::Is(_))) => return None,
            Some((_, Choice::Not(not))) => not.clone(),
            _ => BTreeSet::new(),
        };
        // Without such an entry the template cannot be deployed.
        let options: Vec<Choice> =
            keys.into_iter().filter(|key| !not.contains(*key)).map(|key| Choice::Is(key.clone())).collect();
        (options.len() <= MOST_ROWS).then(|| Need { about: about.clone(), key, options })
    }

    fn opaque(expr: &Expr, world: &World) -> Result<bool, Need> {
        let key = canonical(expr);
        match world.choices.get(&key) {
            Some((_, Choice::Holds(holds))) => Ok(*holds),
            _ => {
                let options = vec![Choice::Holds(true), Choice::Holds(false)];
                Err(Need { about: expr.clone(), key, options })
            }
        }
    }

    /// A need for one of the two effects of a statement.
    pub(super) fn effect(value: &Expr, world: &World) -> Option<Need> {
        let key = canonical(value);
        if world.choices.contains_key(&key) {
            return None;
        }
        let options = ["Allow", "Deny"].map(|effect| Choice::Is(effect.to_owned())).to_vec();
        Some(Need { about: value.clone(), key, options })
    }
}

/// The partition of a region.
fn partition_of(region: &str) -> &'static str {
    let known = [
        ("cn-", "aws-cn"),
        ("eu-isoe-", "aws-iso-e"),
        ("eusc-", "aws-eusc"),
        ("us-gov-", "aws-us-gov"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("us-isof-", "aws-iso-f"),
    ];
    known.iter().find(|(start, _)| region.starts_with(start)).map_or("aws", |(_, partition)| partition)
}

/// A value and the text that it is compared with, without what stands at both ends of both; `None` where they differ there.
fn without_ends(value: Expr, text: &str) -> Option<(Expr, String)> {
    let Expr::Concat(mut parts) = value else { return Some((value, text.to_owned())) };
    let mut text = text;
    if let Some(Expr::Text(start)) = parts.first() {
        text = text.strip_prefix(start.as_str())?;
        parts.remove(0);
    }
    if let Some(Expr::Text(end)) = parts.last() {
        text = text.strip_suffix(end.as_str())?;
        parts.pop();
    }
    Some((Expr::concat(parts), text.to_owned()))
}

/// The texts of a pattern that lists them: `^(a|b)$`.
fn alternatives(pattern: &str) -> Option<Vec<String>> {
    let pattern = pattern.strip_prefix('^').unwrap_or(pattern);
    let pattern = pattern.strip_suffix('$').unwrap_or(pattern);
    let inner = pattern.strip_prefix("(?:").or_else(|| pattern.strip_prefix('('))?.strip_suffix(')')?;
    let is_plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "-_/: ".contains(c));
    inner.split('|').map(|text| is_plain(text).then(|| text.to_owned())).collect()
}

/// The entries of a mapping.
pub(super) fn entries(expr: Option<&Expr>) -> &[(String, Expr)] {
    match expr {
        Some(Expr::Map(entries)) => entries,
        _ => &[],
    }
}

/// Whether a parameter is a list.
pub(super) fn is_list(side: &Side, name: &str) -> bool {
    entries(side.parameters.get(name)).iter().any(|(key, value)| {
        key == "Type"
            && matches!(value, Expr::Text(kind) if kind == "CommaDelimitedList" || kind.starts_with("List<"))
    })
}

/// The default of a parameter, as text.
pub(super) fn default(side: &Side, name: &str) -> Option<Expr> {
    let declaration = side.parameters.get(name)?;
    let (_, value) = entries(Some(declaration)).iter().find(|(key, _)| key == "Default")?;
    match value {
        Expr::Text(text) | Expr::Plain(text) if is_list(side, name) => {
            Some(Expr::List(text.split(',').map(|item| Expr::text(item.trim())).collect()))
        }
        Expr::Text(text) | Expr::Plain(text) => Some(Expr::text(text)),
        _ => None,
    }
}

/// What tells one value from another.
pub(super) fn canonical(expr: &Expr) -> String {
    format!("{expr:?}")
}
