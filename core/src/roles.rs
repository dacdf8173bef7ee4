//! Roles as a reviewer reads them: who may assume each, what it may do, who uses it, and what of that is wide.
//!
//! A card has what is written, as it is written: no value is computed. What cannot be read is said on the card, and
//! weighs like what is wide.

mod escalation;
mod flag;
mod read;
mod told;
mod trust;

pub use escalation::{METHODS, Method};
pub(crate) use flag::{is_every_action, is_everything};
pub use told::headline;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::diagnostic::Source;
use crate::expression::{Expr, lower};
use crate::policy::managed;
use crate::syntax::Node;
use crate::template::{
    Owner, Target, Template, call, generated_iam, is_module, is_understood, references, sites,
};
use crate::text::{LineIndex, Span};
use read::Reader;

/// What somebody is, or a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A role.
    Role,
    /// A user.
    User,
    /// A group.
    Group,
    /// A managed policy.
    ManagedPolicy,
}

impl Kind {
    fn of_type(kind: &str) -> Option<Self> {
        Some(match kind {
            "AWS::IAM::Role" => Self::Role,
            "AWS::IAM::User" => Self::User,
            "AWS::IAM::Group" => Self::Group,
            "AWS::IAM::ManagedPolicy" => Self::ManagedPolicy,
            _ => return None,
        })
    }

    /// In words.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::User => "user",
            Self::Group => "group",
            Self::ManagedPolicy => "managed policy",
        }
    }

    fn name_property(self) -> &'static str {
        match self {
            Self::Role => "RoleName",
            Self::User => "UserName",
            Self::Group => "GroupName",
            Self::ManagedPolicy => "ManagedPolicyName",
        }
    }
}

/// Which of the templates holds something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The IAM template, or the only one.
    Iam,
    /// The application template.
    App,
}

/// An item of a list, as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Item {
    /// Its text.
    pub text: String,
    /// The conditions of the template on which it is there.
    pub only_if: Vec<String>,
}

impl std::fmt::Display for Item {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)?;
        if self.only_if.is_empty() {
            return Ok(());
        }
        write!(f, " (only if {})", self.only_if.join(" and "))
    }
}

/// A statement, as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Grant {
    /// `Allow` or `Deny`, or as it is computed.
    pub effect: String,
    /// The actions.
    pub actions: Vec<Item>,
    /// Whether all actions but those are meant (`NotAction`).
    pub not_actions: bool,
    /// The resources; in a trust the principals, each with its kind: `Service lambda.amazonaws.com`.
    pub targets: Vec<Item>,
    /// Whether all but those are meant (`NotResource`, `NotPrincipal`).
    pub not_targets: bool,
    /// Its conditions, one a key: `StringEquals aws:SourceAccount = !Ref AWS::AccountId`.
    pub conditions: Vec<String>,
    /// The conditions of the template on which it is there.
    pub only_if: Vec<String>,
    /// The policy that has it.
    pub policy: String,
    /// Which template has it.
    pub part: Part,
    /// The line where it begins.
    pub line: u32,
}

/// How much a flag matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// Worth knowing.
    Wide,
    /// To be asked about.
    High,
    /// Whoever has it may have everything, or is not known.
    Grave,
}

impl Weight {
    /// In a word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Wide => "wide",
            Self::High => "high",
            Self::Grave => "grave",
        }
    }
}

/// Something to look at, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Flag {
    /// How much it matters.
    pub weight: Weight,
    /// What it is, and why it is to be looked at.
    pub text: String,
    /// The policy that has it; empty for what the card itself has.
    pub policy: String,
    /// Which template has it.
    pub part: Part,
    /// The line.
    pub line: u32,
}

/// A role, user, group or managed policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Card {
    /// The logical id; in a loop with the loop's variables in it.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Which template declares it.
    pub part: Part,
    /// The line that declares it.
    pub line: u32,
    /// Its explicit name.
    pub physical_name: Option<String>,
    /// The condition on which it exists.
    pub condition: Option<String>,
    /// Who may assume it: for a role.
    pub trust: Vec<Grant>,
    /// Its permissions boundary.
    pub boundary: Option<String>,
    /// Managed policies that are not in the template.
    pub managed: Vec<Item>,
    /// What it may do, with the policies of the template that are attached to it.
    pub grants: Vec<Grant>,
    /// Resources that use it.
    pub used_by: Vec<String>,
    /// For a managed policy, whom it is attached to.
    pub attached_to: Vec<String>,
    /// Scopes that the split widened in it; 0 where nothing was compared.
    pub wider: usize,
    /// What to look at, the gravest first.
    pub flags: Vec<Flag>,
}

impl Card {
    /// The place in the order of cards: what is grave first, then what has most.
    fn rank(&self) -> (std::cmp::Reverse<Option<Weight>>, std::cmp::Reverse<usize>, Part, u32) {
        use std::cmp::Reverse;
        (Reverse(self.flags.first().map(|flag| flag.weight)), Reverse(self.flags.len()), self.part, self.line)
    }
}

/// One template, with what its parameters stand for.
pub struct Side<'s, 'd, 't> {
    /// Which it is.
    pub part: Part,
    /// The template.
    pub template: &'s Template<'d, 't>,
    /// Parameters that hold a resource of the other template.
    pub wires: &'s BTreeMap<String, String>,
}

/// What each parameter of the application holds: the resource whose output it takes.
#[must_use]
pub fn wires<'w>(
    iam: &Template<'_, '_>,
    wiring: impl IntoIterator<Item = (&'w String, &'w String)>,
) -> BTreeMap<String, String> {
    let resource = |output: &str| {
        let mut found = None;
        lower(iam.outputs.get(output)?.value.get("Value")?).walk(&mut |part| {
            if let Expr::Ref(name) | Expr::GetAtt(name, _) = part
                && iam.resources.contains_key(name.as_str())
            {
                found.get_or_insert_with(|| name.clone());
            }
        });
        found
    };
    let held =
        wiring.into_iter().filter_map(|(parameter, output)| Some((parameter.clone(), resource(output)?)));
    held.collect()
}

/// The cards of all roles, users, groups and managed policies, the gravest first.
#[must_use]
pub fn roles(sides: &[Side<'_, '_, '_>]) -> Vec<Card> {
    let mut cards: Vec<Card> = Vec::new();
    for side in sides {
        declared(side, &mut cards);
    }
    let mut links = Links::default();
    for side in sides {
        attached(side, &mut cards, &mut links);
        used(side, &mut cards);
    }
    fold(&mut cards, &links);
    for card in &mut cards {
        flag::flags(card);
    }
    cards.sort_by_key(Card::rank);
    cards
}

/// Whoever the text does not show: what transforms, modules and nested stacks make beside it.
#[must_use]
pub fn unseen(template: &Template<'_, '_>) -> Vec<String> {
    unseen_parts(template).into_iter().map(|part| part.what).collect()
}

/// A part of the template that is not in the text.
pub(crate) struct Unseen {
    /// Its logical id; empty for a transform of the whole.
    pub(crate) name: String,
    /// What it is, in words.
    pub(crate) what: String,
    /// Where it is asked for.
    pub(crate) place: Option<Span>,
    /// How to look at it.
    pub(crate) help: &'static str,
}

/// How to look at what a transform or macro writes.
pub(crate) const PROCESSED: &str =
    "give the processed template: `aws cloudformation get-template --template-stage Processed`";

/// The same, each with its place and what helps.
pub(crate) fn unseen_parts(template: &Template<'_, '_>) -> Vec<Unseen> {
    let mut found = Vec::new();
    for (name, node) in template.transforms() {
        if !is_understood(name) {
            found.push(Unseen {
                name: String::new(),
                what: format!("the transform `{name}` may write roles that are not in the text"),
                place: Some(node.span()),
                help: PROCESSED,
            });
        }
    }
    for made in generated_iam(template) {
        found.push(Unseen {
            name: made.site.name.to_owned(),
            what: format!("the transform makes `{}` for `{}`", made.name, made.site.name),
            place: made.site.value.key().map(Node::span),
            help: PROCESSED,
        });
    }
    for finding in crate::facts::strange(template, Source::Template) {
        let name = finding.message.split('`').nth(1).unwrap_or_default().to_owned();
        let near = finding
            .help
            .first()
            .filter(|help| help.starts_with("did"))
            .map_or(String::new(), |help| format!(": {help}"));
        found.push(Unseen {
            name,
            what: format!("{}{near}", finding.message),
            place: finding.labels.first().map(|label| label.span),
            help: "correct the name: nothing that stands there is read",
        });
    }
    for site in sites(template) {
        let name = site.name;
        let (what, help) = match site.kind {
            "AWS::CloudFormation::Stack" | "AWS::Serverless::Application" => {
                (format!("`{name}` is a stack of its own"), "look at the template of that stack by itself")
            }
            "AWS::SSO::PermissionSet" => (
                format!("`{name}` makes a role in every account that it is assigned to"),
                "read the permission set: no role of this template has what it allows",
            ),
            "AWS::RolesAnywhere::Profile" => (
                format!("`{name}` lets whoever has a certificate assume its roles"),
                "read the profile and its trust anchor: who has a certificate is in no template",
            ),
            kind if is_module(kind) => {
                (format!("`{name}` is a module"), "look at the template that the module is made of")
            }
            _ => continue,
        };
        let place = site.value.key().map(Node::span);
        found.push(Unseen { name: name.to_owned(), what, place, help });
    }
    found
}

/// Policies of the template and whom they are attached to: both ways round.
type Links = BTreeSet<(String, String)>;

fn declared(side: &Side<'_, '_, '_>, cards: &mut Vec<Card>) {
    let lines = LineIndex::new(side.template.document.text());
    for site in sites(side.template) {
        let Some(kind) = Kind::of_type(site.kind) else { continue };
        let reader = Reader { part: side.part, lines: &lines };
        let properties = site.value.get("Properties").map(Node::resolved);
        let property = |name: &str| properties.and_then(|all| all.get(name)).map(Node::resolved);
        let mut card = Card {
            name: site.name.to_owned(),
            kind,
            part: side.part,
            line: site.value.key().map_or(0, |key| lines.line(key.span().start)),
            physical_name: property(kind.name_property()).map(read::words),
            condition: site.condition.map(str::to_owned),
            trust: Vec::new(),
            boundary: property("PermissionsBoundary")
                .map(read::words)
                .filter(|boundary| boundary != "!Ref AWS::NoValue"),
            managed: Vec::new(),
            grants: Vec::new(),
            used_by: Vec::new(),
            attached_to: Vec::new(),
            wider: 0,
            flags: Vec::new(),
        };
        if let Some(document) = property("AssumeRolePolicyDocument") {
            reader.document(document, "its trust", &[], &mut card.trust, &mut card.flags);
        }
        if let Some(document) = property("PolicyDocument") {
            reader.document(document, site.name, &[], &mut card.grants, &mut card.flags);
        }
        if let Some(policies) = property("Policies") {
            for (only_if, policy) in read::items(policies, &[]) {
                let name = policy.get("PolicyName").map_or("an inline policy".to_owned(), read::words);
                match policy.get("PolicyDocument") {
                    Some(document) => {
                        reader.document(
                            document.resolved(),
                            &name,
                            &only_if,
                            &mut card.grants,
                            &mut card.flags,
                        );
                    }
                    None => reader.unread(policy, "its inline policies", &mut card.flags),
                }
            }
        }
        if let Some(all) = properties.filter(|all| call(*all).is_some()) {
            reader.unread(all, "its properties", &mut card.flags);
        }
        cards.push(card);
    }
}

/// What a node names of the cards: by reference, or through a parameter.
fn named_in(side: &Side<'_, '_, '_>, node: Node<'_, '_>, cards: &[Card]) -> Vec<String> {
    let mut found = BTreeSet::new();
    let is_card = |name: &str| cards.iter().any(|card| card.name == name);
    lower(node).walk(&mut |part| {
        let (Expr::Ref(name) | Expr::GetAtt(name, _)) = part else { return };
        let name = side.wires.get(name).unwrap_or(name);
        if is_card(name) {
            found.insert(name.clone());
        }
    });
    found.into_iter().collect()
}

/// Types of policies that are part of those whom they name.
const DOCUMENTS: [&str; 4] =
    ["AWS::IAM::Policy", "AWS::IAM::RolePolicy", "AWS::IAM::UserPolicy", "AWS::IAM::GroupPolicy"];

/// The properties in which policies name whom they are attached to.
const HOLDERS: [(&str, Kind); 6] = [
    ("Roles", Kind::Role),
    ("RoleName", Kind::Role),
    ("Users", Kind::User),
    ("UserName", Kind::User),
    ("Groups", Kind::Group),
    ("GroupName", Kind::Group),
];

/// The card of someone who is named and not declared: what else they may do is not known.
fn outside(name: &str, kind: Kind, part: Part, line: u32) -> Card {
    let flag = Flag {
        weight: Weight::High,
        text: format!("this {} is named and not declared: what else it may do is not known", kind.noun()),
        policy: String::new(),
        part,
        line,
    };
    Card {
        name: format!("{name}, not in the template"),
        kind,
        part,
        line,
        physical_name: Some(name.to_owned()),
        condition: None,
        trust: Vec::new(),
        boundary: None,
        managed: Vec::new(),
        grants: Vec::new(),
        used_by: Vec::new(),
        attached_to: Vec::new(),
        wider: 0,
        flags: vec![flag],
    }
}

/// Policies that stand apart, and managed ones that are attached.
fn attached(side: &Side<'_, '_, '_>, cards: &mut Vec<Card>, links: &mut Links) {
    let lines = LineIndex::new(side.template.document.text());
    let reader = Reader { part: side.part, lines: &lines };
    for site in sites(side.template) {
        let properties = site.value.get("Properties").map(Node::resolved);
        let property = |name: &str| properties.and_then(|all| all.get(name)).map(Node::resolved);
        let mut holders: Vec<(Vec<String>, String)> = Vec::new();
        for (key, kind) in HOLDERS {
            for (only_if, item) in property(key).into_iter().flat_map(|node| read::items(node, &[])) {
                let named = named_in(side, item, cards);
                if !named.is_empty() {
                    holders.extend(named.into_iter().map(|name| (only_if.clone(), name)));
                    continue;
                }
                // A name that is no reference may be that of a card.
                let text = read::words(item);
                let called = |card: &&Card| card.kind == kind && card.physical_name.as_ref() == Some(&text);
                let known = cards.iter().find(called).map(|card| card.name.clone());
                if known.is_none() && DOCUMENTS.contains(&site.kind) {
                    let card = outside(&text, kind, side.part, reader.line(item));
                    holders.push((only_if, card.name.clone()));
                    cards.push(card);
                } else {
                    holders.push((only_if, known.unwrap_or(text)));
                }
            }
        }
        match site.kind {
            kind if DOCUMENTS.contains(&kind) => {
                let Some(document) = property("PolicyDocument") else { continue };
                for (only_if, holder) in holders {
                    let only_if: Vec<String> =
                        site.condition.map(str::to_owned).into_iter().chain(only_if).collect();
                    if let Some(card) = cards.iter_mut().find(|card| card.name == holder) {
                        reader.document(document, site.name, &only_if, &mut card.grants, &mut card.flags);
                    }
                }
            }
            "AWS::IAM::ManagedPolicy" => {
                links.extend(holders.into_iter().map(|(_, holder)| (site.name.to_owned(), holder)));
            }
            "AWS::IAM::UserToGroupAddition" => {
                let users = property("Users").into_iter().flat_map(|list| read::items(list, &[]));
                let users: Vec<String> = users.flat_map(|(_, item)| named_in(side, item, cards)).collect();
                let group = property("GroupName").map(read::words).unwrap_or_default();
                let named: Vec<String> =
                    property("GroupName").map(|node| named_in(side, node, cards)).unwrap_or_default();
                for user in users {
                    member(&user, &named, &group, cards, links);
                }
            }
            "AWS::IAM::Role" | "AWS::IAM::User" | "AWS::IAM::Group" => {
                let groups = property("Groups").filter(|_| site.kind == "AWS::IAM::User");
                for (_, item) in groups.into_iter().flat_map(|list| read::items(list, &[])) {
                    let mut named = named_in(side, item, cards);
                    let text = read::words(item);
                    let called = |card: &&Card| {
                        card.kind == Kind::Group && card.physical_name.as_deref() == Some(&*text)
                    };
                    named.extend(cards.iter().find(called).map(|card| card.name.clone()));
                    member(site.name, &named, &text, cards, links);
                }
                let Some(list) = property("ManagedPolicyArns") else { continue };
                for (only_if, item) in read::items(list, &[]) {
                    let mut own = named_in(side, item, cards);
                    // By the ARN of one of the template's own, whose name is written out.
                    let ends = read::words(item);
                    let called = |card: &&Card| {
                        let name = card.physical_name.as_deref().map(|name| format!("/{name}"));
                        card.kind == Kind::ManagedPolicy
                            && name.is_some_and(|name| ends.trim_end_matches('\'').ends_with(&name))
                            && !ends.contains(":iam::aws:policy/")
                    };
                    own.extend(cards.iter().find(called).map(|card| card.name.clone()));
                    own.retain(|name| {
                        let is_policy = |card: &Card| card.name == *name && card.kind == Kind::ManagedPolicy;
                        cards.iter().any(is_policy)
                    });
                    if own.is_empty() {
                        let text = managed(&lower(item));
                        if let Some(card) = cards.iter_mut().find(|card| card.name == site.name) {
                            card.managed.push(Item { text, only_if });
                        }
                    }
                    links.extend(own.into_iter().map(|policy| (policy, site.name.to_owned())));
                }
            }
            _ => {}
        }
    }
}

/// A user is in a group: what that has, the user has.
fn member(user: &str, groups: &[String], written: &str, cards: &mut [Card], links: &mut Links) {
    if groups.is_empty()
        && let Some(card) = cards.iter_mut().find(|card| card.name == user)
    {
        let flag = Flag {
            weight: Weight::High,
            text: format!(
                "it is in the group `{written}`, which is not declared: what that may do is not known"
            ),
            policy: String::new(),
            part: card.part,
            line: card.line,
        };
        card.flags.push(flag);
    }
    links.extend(groups.iter().map(|group| (group.clone(), user.to_owned())));
}

/// Who refers to whom.
fn used(side: &Side<'_, '_, '_>, cards: &mut [Card]) {
    let kinds: BTreeMap<&str, &str> =
        sites(side.template).into_iter().map(|site| (site.entry, site.kind)).collect();
    for reference in references(side.template) {
        let (Owner::Resource(owner), Target::Name(target)) = (reference.owner, reference.target) else {
            continue;
        };
        let target = side.wires.get(target).map_or(target, String::as_str);
        let kind = kinds.get(owner).copied().unwrap_or_default();
        // Policies are folded into whom they are attached to; those who carry one stand in `attached_to`.
        let is_policy = kind.starts_with("AWS::IAM::") && kind.ends_with("Policy");
        let Some(card) = cards.iter_mut().find(|card| card.name == target && target != owner) else {
            continue;
        };
        let carries = card.kind == Kind::ManagedPolicy && Kind::of_type(kind).is_some();
        let text = owner.to_owned();
        if !is_policy && !carries && !card.used_by.contains(&text) {
            card.used_by.push(text);
        }
    }
}

/// Opens the template's own managed policies in whom they are attached to.
fn fold(cards: &mut [Card], links: &Links) {
    // What a group has is known before what its members have of it.
    let is_group = |name: &str| cards.iter().any(|card| card.name == name && card.kind == Kind::Group);
    let (of_groups, others): (Vec<_>, Vec<_>) = links.iter().partition(|(from, _)| is_group(from));
    for (policy, holder) in others.into_iter().chain(of_groups) {
        let Some(from) = cards.iter().find(|card| card.name == *policy) else { continue };
        let managed = if from.kind == Kind::Group { from.managed.clone() } else { Vec::new() };
        let grants: Vec<Grant> =
            from.grants.iter().map(|grant| Grant { policy: policy.clone(), ..grant.clone() }).collect();
        let unread: Vec<Flag> = from.flags.clone();
        if let Some(to) = cards.iter_mut().find(|card| card.name == *holder) {
            to.grants.extend(grants);
            to.managed.extend(managed);
            to.flags.extend(unread);
        }
        if let Some(from) = cards.iter_mut().find(|card| card.name == *policy) {
            from.attached_to.push(holder.clone());
        }
    }
}

#[cfg(test)]
mod tests;
