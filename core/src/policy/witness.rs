//! A request as people read it: a real action, a resource that looks like one, the shortest context.

use std::collections::BTreeMap;

use super::assume::{ASSUMING, calls, of_principal};
use super::condition::Held;
use super::decide::{Fixed, Powers, Request, allowed, applies};
use super::release::{Question, Witness};
use super::subject::{Asked, Query};
use super::value::Values;
use super::words;
use super::world::{Choice, Which, World};
use crate::expression::Expr;

/// A request that was found, and what it was found in.
pub(super) struct Found<'f> {
    pub(super) old: &'f Powers,
    pub(super) new: &'f Powers,
    pub(super) world: &'f World,
    pub(super) request: &'f Request,
    /// What policy variables are taken to be: the context has to hold these.
    pub(super) fixed: &'f Fixed,
    /// Whether it has to hold whatever is not known; else it may.
    pub(super) sure: bool,
}

impl Found<'_> {
    fn holds(&self, request: &Request) -> bool {
        let (now, before) = (allowed(self.new, request), allowed(self.old, request));
        if self.sure {
            now == Some(true) && before == Some(false)
        } else {
            now != Some(false) && before != Some(true)
        }
    }

    /// Takes the change where the request still holds.
    fn takes(&self, request: &mut Request, change: impl FnOnce(&mut Request)) -> bool {
        let mut other = request.clone();
        change(&mut other);
        // The context tells of the principal that asks, and no other.
        let is_one = other.context.iter().all(|(key, held)| {
            of_principal(key, &other.target).is_none_or(|value| *held == Held::Values(vec![value]))
        });
        let is_called = !self.new.trust || calls(&other.target, &other.action);
        let holds = is_one && is_called && self.holds(&other);
        if holds {
            *request = other;
        }
        holds
    }

    /// The shortest context.
    fn shorten(&self, request: &mut Request) {
        // Every request of a principal of an account tells of it.
        let is_told = self.new.trust && request.target.starts_with("AWS:");
        let of_who = |key: &str| is_told && ["aws:principalaccount", "aws:principalarn"].contains(&key);
        let keys: Vec<String> = request
            .context
            .keys()
            .filter(|key| !self.fixed.contains_key(*key) && !of_who(key))
            .cloned()
            .collect();
        for key in keys {
            self.takes(request, |request| drop(request.context.remove(&key)));
        }
    }

    /// A real action.
    fn action(&self, request: &mut Request, asked: &Asked<'_>) {
        // What the template writes out comes first.
        let written =
            self.new.statements.iter().filter(|one| one.meaning.allow).flat_map(|one| &one.written.actions.1);
        let written = written.filter_map(|action| match action {
            Expr::Text(action) if !action.contains(['*', '?']) => Some(action.to_lowercase()),
            _ => None,
        });
        let usual = USUAL.map(str::to_lowercase).into_iter().chain(ASSUMING.map(str::to_owned));
        if written.chain(usual).any(|action| self.takes(request, |request| request.action = action)) {
            return;
        }
        let Some(catalogue) = asked.catalogue else { return };
        // First those of the service that was found, then all.
        let own = request.action.split(':').next().unwrap_or_default().to_owned();
        let of_service =
            catalogue.service(&own).unwrap_or_default().iter().map(|name| format!("{own}:{name}"));
        let mut all = of_service.chain(catalogue.actions()).map(|action| action.to_lowercase());
        all.any(|action| self.takes(request, |request| request.action = action));
    }

    fn target(&self, request: &mut Request, trust: bool) {
        let service = request.action.split(':').next().unwrap_or_default().to_owned();
        let list = if trust { self.principals() } else { self.targets(&service) };
        let _ = list.into_iter().any(|target| self.takes(request, |request| request.target = target));
    }

    /// Principals that look like some: those that the statements name first.
    fn principals(&self) -> Vec<String> {
        let allows = self
            .new
            .statements
            .iter()
            .filter(|one| one.meaning.allow && one.written.targets.0 == "Principal");
        let named = allows.flat_map(|one| &one.written.targets.1).filter_map(|target| match target {
            Expr::Text(text) if !text.contains('*') => Some(match text.strip_prefix("AWS ") {
                Some(account) if account.len() == 12 && !account.contains(':') => {
                    format!("AWS:arn:aws:iam::{account}:root")
                }
                _ => text.replacen(' ', ":", 1),
            }),
            _ => None,
        });
        let others = [
            "AWS:arn:aws:iam::999988887777:root",
            "Service:ec2.amazonaws.com",
            "Federated:accounts.google.com",
        ];
        named.chain(others.map(str::to_owned)).collect()
    }

    /// Resources that look like some: those that the statements name, with `example` for what is open.
    fn targets(&self, service: &str) -> Vec<String> {
        let mut list = Vec::new();
        let both = self.new.statements.iter().chain(&self.old.statements);
        for target in both.flat_map(|one| &one.written.targets.1) {
            if let Expr::Text(text) = target
                && text.starts_with("arn:")
            {
                list.push(text.replace('*', "example").replace('?', "x"));
            }
        }
        list.push(if service == "s3" {
            "arn:aws:s3:::example/example".to_owned()
        } else {
            format!("arn:aws:{service}:us-east-1:111122223333:example")
        });
        list.push("*".to_owned());
        list
    }

    /// A key as the statements write it.
    fn key(&self, key: &str) -> String {
        let mut written = None;
        for condition in self
            .new
            .statements
            .iter()
            .chain(&self.old.statements)
            .filter_map(|one| one.written.condition.as_ref())
        {
            condition.walk(&mut |part| {
                if let Expr::Map(entries) = part {
                    let found = entries.iter().find(|(name, _)| name.to_lowercase() == key);
                    written = written.take().or_else(|| found.map(|(name, _)| name.clone()));
                }
            });
        }
        written.unwrap_or_else(|| key.to_owned())
    }
}

/// Actions that everyone knows.
const USUAL: [&str; 4] = ["s3:GetObject", "iam:PassRole", "sts:AssumeRole", "ec2:RunInstances"];

impl Asked<'_> {
    /// The request, checked once more by itself; `None` where it does not hold.
    pub(super) fn witness(
        &self,
        query: &Query<'_>,
        found: &Found<'_>,
        values: &mut Values,
    ) -> Option<Witness> {
        let mut request = found.request.clone();
        if !found.holds(&request) {
            return None;
        }
        let lines =
            found.new.statements.iter().chain(&found.old.statements).flat_map(|one| &one.meaning.lines);
        for line in lines {
            if let Some(value) = found.fixed.get(&line.key) {
                let value = value.as_ref().map(|value| Held::Values(vec![value.clone()]));
                request.context.entry(line.key.clone()).or_insert(value.unwrap_or(Held::Absent));
            }
        }
        let trust = query.question == Question::Trust;
        found.shorten(&mut request);
        found.action(&mut request, self);
        found.target(&mut request, trust);
        let statement = found
            .new
            .statements
            .iter()
            .find(|one| one.meaning.allow && applies(&one.meaning, &request) == Some(true));
        for (about, choice) in found.world.choices.values() {
            if let (Expr::Ref(name), Choice::Not(_) | Choice::Given(true)) = (about, choice) {
                // One that fits none is left out.
                let _ = values.reference(self.both, name);
            }
        }
        let context: BTreeMap<String, Vec<String>> = request
            .context
            .iter()
            .filter_map(|(key, held)| match held {
                Held::Values(held) => Some((found.key(key), held.clone())),
                Held::Absent => None,
            })
            .collect();
        let (principal, resource) = if trust {
            (request.target.replacen(':', " ", 1), query.principal.clone())
        } else {
            (query.principal.clone(), request.target.clone())
        };
        Some(Witness {
            principal,
            action: self.spelled(&request.action, found.new),
            resource,
            context,
            parameters: values.parameters.clone(),
            given: given(found.world, false),
            statement: statement.map(|one| self.place(one, Which::New)),
        })
    }

    /// The action as the template or AWS writes it.
    fn spelled(&self, action: &str, new: &Powers) -> String {
        let written = new.statements.iter().flat_map(|one| &one.written.actions.1);
        let mut written = written.filter_map(|one| match one {
            Expr::Text(text) => Some(text.as_str()),
            _ => None,
        });
        if let Some(written) = written
            .find(|written| written.to_lowercase() == action)
            .or_else(|| USUAL.into_iter().find(|usual| usual.eq_ignore_ascii_case(action)))
        {
            return written.to_owned();
        }
        let known = self.catalogue.zip(action.split_once(':')).and_then(|(catalogue, (service, name))| {
            let names = catalogue.service(service)?;
            let known = names.iter().find(|known| known.eq_ignore_ascii_case(name))?;
            Some(format!("{service}:{known}"))
        });
        known.unwrap_or_else(|| action.to_owned())
    }
}

/// What a case says, in words; the values of parameters only where they are asked for.
pub(super) fn given(world: &World, parameters: bool) -> Vec<String> {
    let one = |(about, choice): &(Expr, Choice)| match (about, choice) {
        (about, Choice::Holds(true)) => Some(words::value(about)),
        (about, Choice::Holds(false)) => Some(format!("not {}", words::value(about))),
        (Expr::Ref(name), Choice::Given(false)) => Some(format!("{name} has its default")),
        (Expr::Ref(_), _) if !parameters => None,
        (about, Choice::Is(text)) => Some(format!("{} is `{text}`", words::value(about))),
        (about, Choice::Not(texts)) => {
            let texts: Vec<String> = texts.iter().map(|text| format!("`{text}`")).collect();
            Some(format!("{} is not {}", words::value(about), words::list(&texts)))
        }
        _ => None,
    };
    world.choices.values().filter_map(one).collect()
}
