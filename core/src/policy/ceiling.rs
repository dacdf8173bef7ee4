//! One template, judged: whether its principals stay within what they are permitted at most.
//!
//! The ceiling takes the place of the former release: "more" is a request that the template allows and the ceiling
//! does not.

use std::collections::BTreeMap;

use super::catalogue::Catalogue;
use super::glob::{Glob, Token};
use super::holder::{Kind, Subject, refers};
use super::release::{Decision, Question, both};
use super::side::{Item, MARK, Side};
use super::spelled::spelled;
use super::statement::{Origin, blanket, from_text};
use super::subject::{Asked, Query, branches, outside};
use super::words;
use super::world::{Both, entries};
use crate::expression::Expr;
use crate::template::Template;
use crate::text::{LineIndex, Span};

/// What principals are permitted at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ceiling {
    /// What they may do: a policy document.
    Permissions(serde_json::Value),
    /// Who may assume them: `None` leaves a kind of principal free.
    Trust {
        /// Numbers of accounts; `self` is the one that the stack is in.
        accounts: Option<Vec<String>>,
        /// Services, with `*` and `?`.
        services: Option<Vec<String>>,
        /// Providers of identities, with `*` and `?`.
        federations: Option<Vec<String>>,
    },
}

/// A role, user, group or managed policy; or one that the template names and does not declare.
#[derive(Clone, Debug)]
pub struct Principal {
    /// The logical id, or the name.
    pub name: String,
    /// `role`, `user`, `group` or `managed policy`.
    pub noun: &'static str,
    /// Whether the template declares it.
    pub declared: bool,
    subject: Subject,
}

/// A statement of a policy document, as it is written.
#[derive(Clone, Debug)]
pub struct Written<'j> {
    /// Whether it allows; `None` where that is computed.
    pub allows: Option<bool>,
    /// The actions, and whether all but those are meant.
    pub actions: (Vec<&'j Expr>, bool),
    /// The resources, and whether all but those are meant.
    pub resources: (Vec<&'j Expr>, bool),
    /// Where it stands.
    pub place: Option<Span>,
}

/// A template whose principals are judged.
#[derive(Debug)]
pub struct Judge {
    both: Both,
    lines: [LineIndex; 2],
    /// Boundaries that are policies elsewhere: whether they bound is not known.
    boundaries: BTreeMap<String, Expr>,
}

impl Judge {
    /// Reads a template. `reviewed` tells of a managed policy whether what it says is known to be in order: it counts as
    /// if it said nothing.
    #[must_use]
    pub fn of(template: &Template<'_, '_>, reviewed: &dyn Fn(&str) -> bool) -> Self {
        let mut side = Side::of(template);
        let own: Vec<String> = side
            .resources
            .iter()
            .filter(|(_, item)| Kind::of_type(&item.kind) == Some(Kind::Policy))
            .map(|(name, _)| name.clone())
            .collect();
        let mut boundaries = BTreeMap::new();
        for (name, item) in &mut side.resources {
            for (key, value) in &mut item.properties {
                if key == "ManagedPolicyArns" {
                    without(value, reviewed);
                }
            }
            // What a policy elsewhere bounds is not known to be bounded.
            let is_own = |value: &Expr| own.iter().any(|name| refers(value, name));
            if let Some(at) =
                item.properties.iter().position(|(key, value)| key == BOUNDARY && !is_own(value))
            {
                boundaries.insert(name.clone(), item.properties.remove(at).1);
            }
        }
        let lines = [LineIndex::new(""), LineIndex::new(template.document.text())];
        Self { both: both(Side::default(), side), lines, boundaries }
    }

    /// Everyone whose permissions the template says something of.
    #[must_use]
    pub fn principals(&self) -> Vec<Principal> {
        let mut list: Vec<Principal> = Vec::new();
        for (name, item) in &self.both.new.resources {
            let Some(kind) = Kind::of_type(&item.kind) else { continue };
            let subject = Subject::Own(kind, name.clone());
            list.push(Principal { name: name.clone(), noun: kind.noun(), declared: true, subject });
        }
        for (kind, expr) in outside(&self.both) {
            let name = words::value(&expr);
            let subject = Subject::Outside(kind, expr);
            list.push(Principal { name, noun: kind.noun(), declared: false, subject });
        }
        list
    }

    /// What of the template is not written in it, in words; but for transforms, modules and nested stacks.
    #[must_use]
    pub fn unseen(&self) -> Vec<String> {
        let side = &self.both.new;
        let mut list = Vec::new();
        if side.macros().iter().any(|name| name == "Fn::Transform") {
            list.push("`Fn::Transform` may write what is not in the text".to_owned());
        }
        for (section, _) in side.open_loops().filter(|(section, _)| *section == "Resources") {
            list.push(format!("a loop of `{section}` is over values that are not in the text"));
        }
        for (name, item) in &side.resources {
            if item.rewritten {
                list.push(format!("a macro writes a part of `{name}`"));
            }
        }
        list
    }

    fn item(&self, name: &str) -> Option<&Item> {
        self.both.new.resources.get(name)
    }

    /// The resources of IAM, and their types.
    pub fn resources(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.both.new.resources.iter();
        all.filter(|(_, item)| item.kind.starts_with("AWS::IAM::")).map(|(name, item)| (&**name, &*item.kind))
    }

    /// A property of a resource.
    #[must_use]
    pub fn property(&self, name: &str, key: &str) -> Option<&Expr> {
        self.item(name)?.property(key)
    }

    /// The boundary of a resource; one of the template's own is spelled out where its name is known.
    #[must_use]
    pub fn boundary(&self, name: &str) -> Option<Expr> {
        let value = self.boundaries.get(name).or_else(|| self.property(name, BOUNDARY))?;
        Some(spelled(&self.both.new, value, &|value| Some(value.clone())))
    }

    /// Whether the properties of a resource are computed as a whole.
    #[must_use]
    pub fn is_computed(&self, name: &str) -> bool {
        self.item(name).is_some_and(|item| item.property("Properties").is_some())
    }

    /// Where a resource is declared.
    #[must_use]
    pub fn place(&self, name: &str) -> Option<Span> {
        self.both.new.places.get(&format!("Resources.{name}")).copied()
    }

    /// The statements of the policy documents of a resource, but for its trust; `Err` where one is not written out.
    ///
    /// # Errors
    /// A document, a policy or a statement is computed: which.
    pub fn statements(&self, name: &str) -> Result<Vec<Written<'_>>, String> {
        let Some(item) = self.item(name) else { return Ok(Vec::new()) };
        let mut documents: Vec<&Expr> = item.property("PolicyDocument").into_iter().collect();
        for policy in item.property("Policies").map(branches).unwrap_or_default() {
            match entries(Some(policy)).iter().find(|(key, _)| key == "PolicyDocument") {
                Some((_, document)) => documents.push(document),
                None => return Err(words::value(policy)),
            }
        }
        let mut found = Vec::new();
        for document in documents.into_iter().flat_map(branches) {
            let statement = entries(Some(document)).iter().find(|(key, _)| key == "Statement");
            let Some((_, statements)) = statement else { return Err(words::value(document)) };
            for statement in branches(statements) {
                let get = |key: &str| entries(Some(statement)).iter().find(|(name, _)| name == key);
                let value = |key: &str| get(key).map(|(_, value)| value);
                if !matches!(statement, Expr::Map(_)) {
                    return Err(words::value(statement));
                }
                let either = |plain: &str, but: &str| match (value(plain), value(but)) {
                    (Some(list), _) => (branches(list), false),
                    (None, Some(list)) => (branches(list), true),
                    (None, None) => (Vec::new(), false),
                };
                found.push(Written {
                    allows: match value("Effect") {
                        Some(Expr::Text(effect)) if effect == "Allow" => Some(true),
                        Some(Expr::Text(effect)) if effect == "Deny" => Some(false),
                        _ => None,
                    },
                    actions: either("Action", "NotAction"),
                    resources: either("Resource", "NotResource"),
                    place: value(MARK).and_then(|mark| self.both.new.place_of_mark(mark)),
                });
            }
        }
        Ok(found)
    }

    /// Whether a principal stays within a ceiling.
    #[must_use]
    pub fn decide(&self, principal: &Principal, ceiling: &Ceiling) -> Decision {
        let asked = Asked { both: &self.both, lines: &self.lines, catalogue: Catalogue::built_in() };
        let line = asked.line_of(&format!("Resources.{}", principal.name));
        let (question, of_new) = match (ceiling, &principal.subject) {
            (Ceiling::Trust { .. }, Subject::Own(Kind::Role, _)) => (Question::Trust, principal.name.clone()),
            _ => (Question::Permissions, String::new()),
        };
        let subject = principal.subject.clone();
        let who = subject.who().filter(|_| question != Question::Trust);
        let ceiling = ceiling.clone();
        asked.decide(&Query {
            principal: principal.name.clone(),
            kind: principal.noun.to_owned(),
            question,
            line,
            alone: true,
            who,
            of_old: Box::new(move |case| ceiling.powers(case).map(Some)),
            of_new: Box::new(move |case| match question {
                Question::Trust => case.trust(&of_new),
                _ => case.powers(&subject),
            }),
        })
    }
}

/// Takes the managed policies out of a list whose contents are known to be in order.
fn without(list: &mut Expr, reviewed: &dyn Fn(&str) -> bool) {
    match list {
        Expr::List(items) => {
            items.retain(|item| {
                !matches!(item, Expr::Text(_) | Expr::Concat(_)) || !reviewed(&sub_text(item))
            });
            items.iter_mut().for_each(|item| without(item, reviewed));
        }
        Expr::Call(name, parts) if name == "If" => {
            parts.iter_mut().skip(1).for_each(|part| {
                if matches!(part, Expr::Text(_) | Expr::Concat(_)) && reviewed(&sub_text(part)) {
                    *part = Expr::reference("AWS::NoValue");
                }
                without(part, reviewed);
            });
        }
        _ => {}
    }
}

/// A text with `${Name}` where a value stands, as `Fn::Sub` has it.
fn sub_text(expr: &Expr) -> String {
    match expr {
        Expr::Text(text) => text.clone(),
        Expr::Concat(parts) => parts.iter().map(sub_text).collect(),
        Expr::Ref(name) => format!("${{{name}}}"),
        Expr::GetAtt(name, attribute) => format!("${{{name}.{attribute}}}"),
        other => format!("${{{}}}", words::value(other)),
    }
}

impl Ceiling {
    fn powers(
        &self,
        case: &mut super::holder::Case<'_>,
    ) -> Result<super::decide::Powers, super::holder::Stop> {
        let origin = Origin { policy: "the rule".to_owned(), ..Origin::default() };
        let (document, trust) = match self {
            Self::Permissions(document) => (document.to_string(), false),
            Self::Trust { accounts, .. } => {
                let of = |account: &String| if account == "self" { OWN.to_owned() } else { account.clone() };
                let accounts: Vec<String> = accounts.iter().flatten().map(of).collect();
                let statement =
                    serde_json::json!({"Effect": "Allow", "Action": "*", "Principal": {"AWS": accounts}});
                (serde_json::json!({"Version": "2012-10-17", "Statement": [statement]}).to_string(), true)
            }
        };
        let own = |part: &Expr| match part {
            Expr::Text(text) if text == OWN => Some(Expr::reference("AWS::AccountId")),
            _ => None,
        };
        let document = from_text(&Expr::text(document)).map(|document| document.replaced(&own));
        let mut statements = match document {
            Some(document) => case.document(&document, &origin, trust)?,
            None => vec![blanket(false, &origin)],
        };
        if let (Self::Trust { accounts, services, federations }, Some(first)) = (self, statements.first_mut())
        {
            let free = ["*".to_owned()];
            let lists = [
                ("AWS", accounts.is_none().then_some(&free[..])),
                ("Service", Some(services.as_deref().unwrap_or(&free))),
                ("Federated", Some(federations.as_deref().unwrap_or(&free))),
            ];
            for (kind, names) in lists {
                let globs = names.into_iter().flatten().map(|name| glob(&format!("{kind}:"), name));
                first.meaning.targets.globs.extend(globs);
            }
            first.meaning.targets.globs.sort();
            first.meaning.targets.globs.dedup();
        }
        Ok(super::decide::Powers { statements, trust, ..Default::default() })
    }
}

const BOUNDARY: &str = "PermissionsBoundary";

/// Stands for the number of the stack's account.
const OWN: &str = "\u{1}self";

fn glob(fixed: &str, pattern: &str) -> Glob {
    let wild = pattern.chars().map(|c| match c {
        '*' => Token::Any,
        '?' => Token::One,
        c => Token::Char(c),
    });
    fixed.chars().map(Token::Char).chain(wild).collect()
}
