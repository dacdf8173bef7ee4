//! Rules on what is written as a property: boundaries, paths, names, tags, sessions, managed policies.

use std::collections::BTreeMap;

use super::{One, each, shown};
use crate::expression::Expr;
use crate::policy::written;
use crate::rules::Rule;
use crate::rules::fit::{Fit, fit};

impl<'r> One<'_, 'r, '_, '_, '_> {
    pub(super) fn boundary(&mut self, rule: &'r Rule, name: &str, allow: &[String]) {
        let key = "PermissionsBoundary";
        let like = if allow.iter().any(|one| one.contains(['*', '?'])) { "one like " } else { "" };
        let help = format!("add `{key}`: {like}{}", shown(allow));
        let Some(value) = self.judge.boundary(name) else {
            self.push(rule, name, "", true, format!("`{name}` has no permissions boundary"), &help);
            return;
        };
        if each(&value).iter().any(Option::is_none) {
            let never = each(&value).iter().all(Option::is_none);
            let on =
                if never { "no permissions boundary" } else { "a permissions boundary on a condition only" };
            self.push(rule, name, key, never, format!("`{name}` has {on}"), &help);
        }
        self.one_of(rule, name, key, &value, "", allow);
    }

    /// A value, each that an `If` may choose, is one of those that a rule names. `absent` stands for none at all.
    pub(super) fn one_of(
        &mut self,
        rule: &'r Rule,
        name: &str,
        key: &str,
        value: &Expr,
        absent: &str,
        allow: &[String],
    ) {
        let absent = Expr::text(absent);
        for value in each(value) {
            let is_absent = value.is_none();
            let value = value.unwrap_or(&absent);
            if is_absent && key == "PermissionsBoundary" {
                continue;
            }
            let text = written(value);
            match fit(value, allow) {
                Fit::Yes => {}
                Fit::No => {
                    let what = format!("`{name}` has the `{key}` `{text}`, and not {}", shown(allow));
                    self.push(rule, name, key, true, what, "");
                }
                Fit::Unknown => {
                    let what = format!(
                        "`{name}` has the `{key}` `{text}`: a value decides whether that is {}",
                        shown(allow)
                    );
                    self.push(
                        rule,
                        name,
                        key,
                        false,
                        what,
                        "write it out, or name the value in the rule as `${NAME}`",
                    );
                }
            }
        }
    }

    pub(super) fn tags(&mut self, rule: &'r Rule, name: &str, require: &BTreeMap<String, String>) {
        let value = self.judge.property(name, "Tags").cloned().unwrap_or_else(|| Expr::List(Vec::new()));
        let entry = |tag: &Expr, key: &str| crate::policy::entry(tag, key).cloned();
        let is_sure = |tag: &&Expr| matches!(tag, Expr::Map(_));
        let Expr::List(items) = &value else {
            let what = format!("`{name}` has the tags `{}`: a value decides", written(&value));
            self.push(rule, name, "Tags", false, what, "write the tags out");
            return;
        };
        for (key, like) in require {
            let is_it = |tag: &&Expr| entry(tag, "Key") == Some(Expr::text(&**key));
            let all: Vec<&Expr> = items.iter().flat_map(each).flatten().collect();
            let sure = items.iter().filter(is_sure).find(is_it);
            let perhaps = all
                .iter()
                .copied()
                .any(|tag| is_it(&tag) || !matches!(entry(tag, "Key"), Some(Expr::Text(_))));
            match sure.map(|tag| entry(tag, "Value").unwrap_or_else(|| Expr::text(""))) {
                Some(value) => self.one_of(rule, name, "Tags", &value, "", std::slice::from_ref(like)),
                None if perhaps => {
                    let what = format!("`{name}` has the tag `{key}` where a value or a condition says so");
                    self.push(rule, name, "Tags", false, what, "write the tag out");
                }
                None => {
                    let what = format!("`{name}` has no tag `{key}`");
                    self.push(
                        rule,
                        name,
                        "Tags",
                        true,
                        what,
                        &format!("add the tag: its value is like `{like}`"),
                    );
                }
            }
        }
    }

    pub(super) fn session(&mut self, rule: &'r Rule, name: &str, most: u32) {
        let key = "MaxSessionDuration";
        let Some(value) = self.judge.property(name, key) else { return };
        for value in each(value).into_iter().flatten() {
            let seconds = match value {
                Expr::Text(text) | Expr::Plain(text) => text.parse::<u32>().ok(),
                _ => None,
            };
            match seconds {
                Some(seconds) if seconds <= most => {}
                Some(seconds) => {
                    let what = format!("`{name}` has sessions of {seconds} s, and {most} s are permitted");
                    self.push(rule, name, key, true, what, "");
                }
                None => {
                    let what = format!("`{name}` has sessions as long as a value says: `{}`", written(value));
                    self.push(rule, name, key, false, what, "write the seconds out");
                }
            }
        }
    }

    pub(super) fn managed(
        &mut self,
        rule: &'r Rule,
        name: &str,
        allow: Option<&[String]>,
        refuse: &[String],
    ) {
        let key = "ManagedPolicyArns";
        for item in &self.elsewhere(name) {
            let text = written(item);
            let refused = fit(item, refuse);
            let allowed = allow.map_or(Fit::Yes, |allow| fit(item, allow));
            let (broken, what) = match (refused, allowed) {
                (Fit::No, Fit::Yes) => continue,
                (Fit::Yes, _) => {
                    (true, format!("`{name}` has the managed policy `{text}`, which is refused"))
                }
                (_, Fit::No) => (
                    true,
                    format!(
                        "`{name}` has the managed policy `{text}`, which is none of those that are allowed"
                    ),
                ),
                _ => (
                    false,
                    format!("`{name}` has the managed policy `{text}`: a value decides which that is"),
                ),
            };
            let place = self.item_place(name, key, item).or_else(|| self.place(name, key));
            self.found_at(rule, name, place, broken, what, Vec::new());
        }
    }
}
