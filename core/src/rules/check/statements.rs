//! Rules on statements as they are written: everything on everything, wildcards, scopes.

use super::{One, each, shown};
use crate::expression::Expr;
use crate::policy::{managed, written};
use crate::roles::{is_every_action, is_everything};
use crate::rules::fit::{Fit, meet, within};
use crate::rules::{Check, Rule};
use crate::template::Template;

impl<'r> One<'_, 'r, '_, '_, '_> {
    /// What managed policies from elsewhere say counts as what is written out: one of them allows everything, and of the
    /// others nobody knows here.
    pub(super) fn attached(&mut self, rule: &'r Rule, name: &str) {
        let key = "ManagedPolicyArns";
        for item in &self.elsewhere(name) {
            let policy = managed(item);
            let (broken, what) = match policy.as_str() {
                "AWSDenyAll" => continue,
                "AdministratorAccess" => {
                    (true, format!("`{name}` has `{policy}`, which allows everything on everything"))
                }
                _ => (
                    false,
                    format!(
                        "`{name}` has the managed policy `{policy}`: what it says is not in the template"
                    ),
                ),
            };
            let place = self.item_place(name, key, item).or_else(|| self.place(name, key));
            let help = if broken {
                Vec::new()
            } else {
                vec!["a managed policy that somebody has read may stand under `reviewed_policies`".to_owned()]
            };
            self.found_at(rule, name, place, broken, what, help);
        }
    }

    pub(super) fn statements(&mut self, rule: &'r Rule, name: &str) {
        let (judge, template) = (self.judge, self.asked.template);
        let statements = match judge.statements(name) {
            Ok(statements) => statements,
            Err(what) => {
                let what = format!("`{name}` has a policy that is not written out: `{}`", shortened(&what));
                self.push(rule, name, "", false, what, "write the statements out");
                return;
            }
        };
        for statement in statements.iter().filter(|one| one.allows != Some(false)) {
            let text = |expr: &&Expr| match expr {
                Expr::Text(text) => Some(text.clone()),
                _ => None,
            };
            let (actions, but) = &statement.actions;
            let (resources, but_resources) = &statement.resources;
            let mut tell = |broken: bool, what: String| {
                let place = statement.place.or_else(|| self.place(name, ""));
                let broken = broken && statement.allows == Some(true);
                self.found_at(rule, name, place, broken, what, Vec::new());
            };
            match &rule.check {
                Check::Star => {
                    let every = |list: &[&Expr], is: &dyn Fn(&str) -> bool| {
                        list.iter().any(|item| text(item).is_some_and(|text| is(&text)))
                    };
                    let (of_actions, of_resources) = (
                        every(actions, &is_every_action),
                        resources.iter().any(|one| is_everything(&written(one))),
                    );
                    let unknown = |list: &[&Expr]| list.iter().any(|item| text(item).is_none());
                    let all_actions = *but != of_actions;
                    let all_resources = *but_resources != of_resources;
                    if all_actions && all_resources {
                        tell(true, format!("`{name}` allows everything on everything"));
                    } else if (all_actions || unknown(actions)) && (all_resources || whole_value(resources)) {
                        tell(
                            false,
                            format!("`{name}` allows everything on everything where a value says so"),
                        );
                    }
                }
                Check::Scope { widest, services } => {
                    let of_services = services.iter().flatten().any(|service| {
                        let is_of =
                            |action: &&Expr| text(action).is_none_or(|action| may_be_of(&action, service));
                        *but || actions.iter().any(is_of)
                    });
                    if services.is_some() && !of_services {
                        continue;
                    }
                    if *but_resources {
                        if !widest.iter().any(|one| one == "*") {
                            tell(true, format!("`{name}` allows on all resources but some (`NotResource`)"));
                        }
                        continue;
                    }
                    for resource in resources.iter().flat_map(|one| each(one)).flatten() {
                        let is_pattern = is_pattern(template, resource);
                        match is_pattern.then(|| within(resource, widest)) {
                            None | Some(Fit::Yes) => {}
                            Some(Fit::No) => tell(
                                true,
                                format!(
                                    "`{name}` allows on `{}`, which is wider than {}",
                                    written(resource),
                                    shown(widest)
                                ),
                            ),
                            Some(Fit::Unknown) => tell(
                                false,
                                format!(
                                    "`{name}` allows on `{}`: a value decides whether that is within {}",
                                    written(resource),
                                    shown(widest)
                                ),
                            ),
                        }
                    }
                }
                Check::Wildcards(services) => {
                    for service in services {
                        let (mut wild, mut unknown) = (Vec::new(), false);
                        for action in actions {
                            match text(action) {
                                Some(action) if is_wild(&action, service) => wild.push(action),
                                Some(_) => {}
                                None => unknown = true,
                            }
                        }
                        // All but some actions of a service is a wildcard over the rest of them.
                        let all_of_it = format!("{service}:*");
                        let excepts = |action: &&Expr| {
                            text(action)
                                .is_some_and(|text| text == "*" || text.eq_ignore_ascii_case(&all_of_it))
                        };
                        if *but && !actions.iter().any(excepts) {
                            tell(true, format!("`{name}` allows actions of `{service}` by `NotAction`"));
                        } else if !*but && !wild.is_empty() {
                            tell(
                                true,
                                format!(
                                    "`{name}` allows {}, a wildcard over actions of `{service}`",
                                    shown(&wild)
                                ),
                            );
                        } else if unknown {
                            tell(false, format!("`{name}` allows actions that a value decides"));
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

/// Whether a resource of a statement has a wildcard, or a value of a parameter's, which may have one.
fn is_pattern(template: &Template<'_, '_>, resource: &Expr) -> bool {
    let mut may = false;
    resource.walk(&mut |part| {
        may |= match part {
            Expr::Text(text) => text.contains(['*', '?']),
            // The application stack's name is bounded: it has letters, digits and dashes.
            Expr::Ref(name) => {
                template.parameters.contains_key(name.as_str()) && template.stack_parameter() != Some(name)
            }
            Expr::Call(..) | Expr::Unary(..) => true,
            _ => false,
        };
    });
    may
}

/// Whether one of them is a value as a whole, which may be `*`.
fn whole_value(list: &[&Expr]) -> bool {
    list.iter().any(|item| matches!(item, Expr::Ref(name) if !name.starts_with("AWS::")))
        || list.iter().any(|item| matches!(item, Expr::Call(..) | Expr::Unary(..)))
}

/// Whether an action is, or may be, one of a service.
fn may_be_of(action: &str, service: &str) -> bool {
    meet(&action.to_ascii_lowercase(), &format!("{}:*", service.to_ascii_lowercase()))
}

/// Whether an action has a wildcard and may be one of a service.
fn is_wild(action: &str, service: &str) -> bool {
    action.contains(['*', '?']) && may_be_of(action, service)
}

/// The beginning of a long text.
fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}
