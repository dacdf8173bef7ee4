//! The application being created: what services check then is permitted by then.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::rc::Rc;

use super::Proof;
use super::attachments::Attachment;
use super::side::Side;
use super::system::Unit;
use crate::condition::Cond;
use crate::diagnostic::{Code, Diagnostic, Severity, Source};
use crate::expression::{Expr, lower};
use crate::facts::{
    Beside, CreationCheck, HANDLE, LAUNCHES, On, Strength, Through, beside, called_by, creation_checks,
    name_property,
};
use crate::text::Span;
use crate::value::Value;

/// A statement that allows something, and what it is about.
pub(super) struct Permission {
    /// The resource that holds it: a role, or a policy.
    pub(super) owner: String,
    /// Its actions; `*` where they are not known.
    pub(super) actions: Vec<String>,
    /// What it is about.
    pub(super) target: Value,
}

impl Permission {
    /// What a statement of a resource permits on a target.
    pub(super) fn of(owner: &str, statement: &Value, target: Value) -> Self {
        let mut actions = Vec::new();
        if let Some(value) = statement.get("Action") {
            value.walk(&mut |part| {
                if let Value::Text(action) = part {
                    actions.push(action.clone());
                }
            });
        }
        if actions.is_empty() {
            actions.push("*".to_owned());
        }
        Self { owner: owner.to_owned(), actions, target }
    }

    /// What all the statements in a value permit.
    pub(super) fn all(owner: &str, value: &Value) -> Vec<Self> {
        let mut found = Vec::new();
        value.walk(&mut |part| {
            if part.get("Effect").is_some_and(|effect| *effect != Value::Text("Deny".to_owned())) {
                found.push(Self::of(owner, part, part.clone()));
            }
        });
        found
    }
}

/// A resource that acts as a role while it is created.
struct Act<'a> {
    name: &'a str,
    role: String,
    check: &'static CreationCheck,
    /// What the check is about; `None` where it may be anything.
    about: Option<Vec<Value>>,
}

/// Names consumers that need a permission when they are created which comes only after the application stands.
/// Returns which of them act on which resources of the application, whenever the permission comes.
pub(super) fn creation(
    whole: &Side<'_>,
    iam: &Side<'_>,
    app: &Side<'_>,
    later: &[Permission],
    attached: &[Attachment],
    proof: &mut Proof,
) -> Acting {
    let acts = acts(app, iam);
    // Most templates have nothing that is checked.
    let grants = if acts.is_empty() { Grants(BTreeMap::new()) } else { Grants::of([app, iam]) };
    let mut told = BTreeSet::new();
    for act in &acts {
        let Some(missing) = grants.permissions(&act.role, later).find(|later| concerns(act, later, whole))
        else {
            continue;
        };
        let action =
            missing.actions.iter().find(|action| act.check.asks(action)).cloned().unwrap_or_default();
        let fails = match act.check.strength {
            Strength::Refused => "cannot be created",
            Strength::MayFail => "may fail to be created",
        };
        let message = format!(
            "the application {fails}: `{}` needs `{action}` for `{}`, which comes only after it",
            app.system.declaration(act.name).map_or(act.name, |(_, unit)| &unit.shown),
            act.role
        );
        if !told.insert(message.clone()) {
            continue;
        }
        let place = app.system.declaration(act.name).map_or(Span::at(0), |(_, unit)| unit.place);
        let finding = Diagnostic::new(Code::PRF007, message)
            .label(Source::App, place, format!("checked when it is created ({})", act.check.source))
            .help(format!("resolve the reference in `{}` by `exact`, `pattern` or `attach`", missing.owner));
        proof.faults.push(match act.check.strength {
            Strength::Refused => finding,
            Strength::MayFail => finding.with_severity(Severity::Warning),
        });
    }
    let all = permissions(whole, iam);
    // Where a check is about what the resource does not have, nothing is checked.
    let checked = acts.iter().filter(|act| act.about.as_ref().is_none_or(|about| !about.is_empty()));
    let roles = checked.map(|act| (act.name.to_owned(), act.role.clone())).collect();
    let mut pairs = BTreeSet::new();
    for act in &acts {
        for permission in
            grants.permissions(&act.role, &all).filter(|permission| concerns(act, permission, whole))
        {
            let targets = named(&permission.target).into_iter();
            pairs.extend(
                targets
                    .filter(|target| app.system.declaration(target).is_some() && target != act.name)
                    .map(|target| (act.name.to_owned(), target)),
            );
        }
    }
    let mut asks = BTreeSet::new();
    for policy in attached {
        let permissions = policy.permissions();
        let asking = acts.iter().filter(|act| {
            act.role == policy.role && permissions.iter().any(|permission| concerns(act, permission, whole))
        });
        asks.extend(asking.map(|act| (act.name.to_owned(), policy.name.clone())));
    }
    Acting { on: pairs, roles, asks }
}

/// What acts while the application is created, where a service refuses it without the permission.
pub(super) struct Acting {
    /// A resource, and another that it acts on.
    pub(super) on: BTreeSet<(String, String)>,
    /// A resource, and the role that it acts as.
    pub(super) roles: BTreeSet<(String, String)>,
    /// A resource, and a policy that the application attaches to its role, with a permission that it is asked for.
    pub(super) asks: BTreeSet<(String, String)>,
}

fn concerns(act: &Act<'_>, permission: &Permission, whole: &Side<'_>) -> bool {
    permission.actions.iter().any(|action| act.check.asks(action))
        && act.about.as_ref().is_none_or(|about| share_a_resource(about, &permission.target, whole))
}

/// The resources of the application that act while they are created, each with the roles that they act as.
fn acts<'a>(app: &'a Side<'_>, iam: &Side<'_>) -> Vec<Act<'a>> {
    let mut acts = Vec::new();
    for (name, unit) in app.system.declarations() {
        let mut resource = None;
        for check in creation_checks(unit.kind()) {
            let resource = resource.get_or_insert_with(|| app.resource(unit, app.exists(unit)));
            let globals = globals(app, unit.kind());
            let properties: Vec<&Value> = resource.get("Properties").into_iter().chain(&globals).collect();
            let below = |path: &[&str]| -> Vec<Value> {
                properties.iter().flat_map(|properties| at(properties, path)).collect()
            };
            let applies = match check.when {
                [] => true,
                ["Properties", path @ ..] => !below(path).is_empty(),
                path => !at(resource, path).is_empty(),
            };
            let is_waited_for = applies || (check.is_signalled() && signals(unit, app, 0));
            if !is_waited_for {
                continue;
            }
            let about = match check.on {
                On::Property(path) => Some(below(path)),
                On::Any => None,
            };
            let mut roles: BTreeSet<String> = below(check.role)
                .into_iter()
                .flat_map(|value| roles_of(&value, check.through, app, iam))
                .collect();
            if check.role == ["Role"] && has_made_role(app, unit) {
                roles.insert(name.to_owned());
            }
            acts.extend(roles.into_iter().map(|role| Act { name, role, check, about: about.clone() }));
        }
    }
    acts
}

/// Whether a resource is told the handle of a wait condition, or starts by what is told it.
fn signals(unit: &Unit, app: &Side<'_>, depth: usize) -> bool {
    let mut found = false;
    unit.expr.walk(&mut |part| {
        let (Expr::Ref(name) | Expr::GetAtt(name, _)) = part else { return };
        let Some((_, other)) = app.system.declaration(name) else { return };
        found |= other.kind() == HANDLE
            || (depth == 0 && LAUNCHES.contains(&other.kind()) && signals(other, app, depth + 1));
    });
    found
}

/// What SAM's section `Globals` says of every resource of a type.
fn globals(side: &Side<'_>, kind: &str) -> Option<Value> {
    let kind = kind.strip_prefix("AWS::Serverless::")?;
    let globals = side.system.template.section("Globals")?.get(kind)?;
    Some(side.form().value(&lower(globals), Cond::ALWAYS))
}

/// What the monolith's statements permit of what moved.
fn permissions(whole: &Side<'_>, iam: &Side<'_>) -> Vec<Permission> {
    let mut found = Vec::new();
    for name in iam.system.resources.keys() {
        let Some(unit) = whole.system.resources.get(name) else { continue };
        found.extend(Permission::all(name, &whole.resource(unit, whole.exists(unit))));
    }
    found
}

/// The values at a path: `*` is every item or key, and every alternative is looked into.
fn at(value: &Value, path: &[&str]) -> Vec<Value> {
    match (value, path) {
        (Value::Choice(all), _) => all.iter().flat_map(|(_, value)| at(value, path)).collect(),
        (Value::List(items), ["*", rest @ ..]) => items.iter().flat_map(|item| at(item, rest)).collect(),
        (Value::List(items), _) => items.iter().flat_map(|item| at(item, path)).collect(),
        (Value::Map(entries), ["*", rest @ ..]) => {
            entries.iter().flat_map(|(_, value)| at(value, rest)).collect()
        }
        (_, ["*", rest @ ..]) => at(value, rest),
        (_, []) => vec![value.clone()],
        (value, [name, rest @ ..]) => value.get(name).map_or_else(Vec::new, |value| at(value, rest)),
    }
}

/// The resources that a value names.
fn named(value: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    value.walk(&mut |part| {
        if let Value::Ref(name) | Value::GetAtt(name, _) = part {
            names.insert(name.clone());
        }
    });
    names
}

/// The roles whose permissions are checked.
fn roles_of(value: &Value, through: Through, app: &Side<'_>, iam: &Side<'_>) -> BTreeSet<String> {
    let mut roles = BTreeSet::new();
    let mut open = vec![(value.clone(), through)];
    let mut seen = BTreeSet::new();
    while let Some((value, through)) = open.pop() {
        let names = named(&value);
        if through == Through::Role {
            // A parameter in a role's name is no role.
            let is_resource =
                |name: &String| [app, iam].iter().any(|side| side.system.declaration(name).is_some());
            roles.extend(names.into_iter().filter(is_resource));
            roles.extend(called(&value, iam, &|kind| kind == "AWS::IAM::Role"));
            continue;
        }
        let by_name = called(&value, app, &|kind| called_by(kind).is_some());
        for name in names.into_iter().chain(by_name).filter(|name| seen.insert(name.clone())) {
            for side in [app, iam] {
                let Some((name, unit)) = side.system.declaration(&name).or_else(|| made_by_sam(side, &name))
                else {
                    continue;
                };
                if has_made_role(side, unit) {
                    roles.insert(name.to_owned());
                }
                for (path, through) in through.steps(unit.kind()) {
                    let Some((property, rest)) = path.split_first() else { continue };
                    let value = unit.property(property).map(|expr| side.form().value(expr, Cond::ALWAYS));
                    let found = value.map_or_else(Vec::new, |value| at(&value, rest));
                    open.extend(found.into_iter().map(|value| (value, through)));
                }
                if let Some(beside) = beside(unit.kind()) {
                    let led = led_by(name, &beside, side).into_iter();
                    open.extend(led.map(|value| (value, beside.to.unwrap_or(through))));
                }
            }
        }
    }
    roles
}

/// The serverless function of which an alias or a version is named that the transform makes.
///
/// Source: AWS SAM Developer Guide, "Reference generated CloudFormation resources": `Function.Alias`, `Function.Version`,
/// `FunctionAliaslive`.
fn made_by_sam<'s>(side: &'s Side<'_>, name: &str) -> Option<(&'s str, &'s Unit)> {
    side.system.declarations().find(|(own, unit)| {
        let rest = name.strip_prefix(own).unwrap_or_default();
        let rest = rest.strip_prefix('.').unwrap_or(rest);
        unit.kind() == "AWS::Serverless::Function"
            && (rest.starts_with("Alias") || rest.starts_with("Version"))
    })
}

/// The resources of some types that a text calls by their explicit names: the name or an ARN that ends in it, perhaps with
/// a version or an alias behind it.
pub(super) fn called(value: &Value, side: &Side<'_>, is_meant: &dyn Fn(&str) -> bool) -> Vec<String> {
    let texts = spelled(value, side);
    let mut found = Vec::new();
    for (name, unit) in side.system.declarations().filter(|(_, unit)| is_meant(unit.kind())) {
        for explicit in explicit(name, unit, side).iter() {
            let ends = |text: &str| {
                text == explicit
                    || text.strip_suffix(explicit.as_str()).is_some_and(|rest| rest.ends_with([':', '/']))
            };
            let is_called =
                |text: &String| ends(text) || text.rsplit_once(':').is_some_and(|(before, _)| ends(before));
            if texts.iter().any(is_called) {
                found.push(name.to_owned());
            }
        }
    }
    found
}

/// What the explicit name of a resource may come to.
fn explicit(name: &str, unit: &Unit, side: &Side<'_>) -> Rc<[String]> {
    let Some(property) = called_by(unit.kind()).or_else(|| name_property(unit.kind())) else {
        return Rc::default();
    };
    if let Some(known) = side.explicit.borrow().get(name) {
        return Rc::clone(known);
    }
    let value = unit.property(property).map(|expr| side.form().value(expr, Cond::ALWAYS));
    let texts = value.map_or_else(Vec::new, |value| spelled(&value, side));
    let texts: Rc<[String]> = texts.into_iter().filter(|text| !text.is_empty()).collect();
    side.explicit.borrow_mut().insert(name.to_owned(), Rc::clone(&texts));
    texts
}

/// Whether a resource calls another by its explicit name somewhere: then it needs it, whatever it does with it.
pub(super) fn calls(unit: &Unit, other: &Unit, side: &Side<'_>) -> bool {
    let Some(property) = name_property(other.kind()) else { return false };
    let Some(explicit) = other.property(property) else { return false };
    let explicit = side.form().value(explicit, Cond::ALWAYS);
    let names: Vec<String> = spelled(&explicit, side).into_iter().filter(|name| !name.is_empty()).collect();
    // Its own name is no other's.
    let own = name_property(unit.kind());
    let whole = side.resource(unit, Cond::ALWAYS);
    let properties = match whole.get("Properties") {
        Some(Value::Map(entries)) => entries.as_slice(),
        _ => return false,
    };
    let mut found = false;
    let mut look = |part: &Value| {
        for text in spelled(part, side) {
            found |= names.iter().any(|name| {
                text == *name
                    || text.match_indices(name.as_str()).any(|(at, _)| {
                        let before = text.get(..at).unwrap_or_default();
                        let after = text.get(at + name.len()..).unwrap_or_default();
                        before.ends_with([':', '/']) && (after.is_empty() || after.starts_with([':', '/']))
                    })
            });
        }
    };
    for (_, value) in properties.iter().filter(|(key, _)| own != Some(key.as_str())) {
        whole_texts(value, &mut look);
    }
    found
}

/// Calls `visit` on the texts of a value, each as a whole: what a text is put together of is none by itself.
fn whole_texts(value: &Value, visit: &mut dyn FnMut(&Value)) {
    match value {
        Value::Text(_) | Value::Concat(_) | Value::Ref(_) => visit(value),
        Value::List(items) => items.iter().for_each(|item| whole_texts(item, visit)),
        Value::Map(entries) => entries.iter().for_each(|(_, value)| whole_texts(value, visit)),
        Value::Choice(all) => all.iter().for_each(|(_, value)| whole_texts(value, visit)),
        Value::Call(_, inner) => whole_texts(inner, visit),
        _ => {}
    }
}

/// The texts that a value may come to, with what is no text in it between marks: the same value is the same there.
fn spelled(value: &Value, side: &Side<'_>) -> Vec<String> {
    fn add(value: &Value, text: &mut String) {
        match (value, value.as_text()) {
            (Value::Concat(parts), _) => parts.iter().for_each(|part| add(part, text)),
            (_, Some(part)) => text.push_str(&part),
            (other, None) => {
                let _ = write!(text, "\u{1}{other:?}\u{2}");
            }
        }
    }
    let spell = |(_, value): (Cond, Value)| {
        let mut text = String::new();
        add(&value, &mut text);
        text
    };
    side.form().alternatives(value, Cond::ALWAYS).into_iter().map(spell).collect()
}

/// Where others say that a resource leads.
fn led_by(name: &str, beside: &Beside, side: &Side<'_>) -> Vec<Value> {
    let all = side.system.declarations().map(|(_, unit)| unit).filter(|unit| unit.kind() == beside.kind);
    let value = |unit: &Unit, property: &str| {
        unit.property(property).map(|expr| side.form().value(expr, Cond::ALWAYS))
    };
    let is_of = |unit: &&Unit| {
        let of = value(unit, beside.of).map_or_else(Vec::new, |value| at(&value, &[]));
        of.iter().any(|value| named(value).contains(name))
    };
    all.filter(is_of)
        .flat_map(|unit| beside.paths.iter().filter_map(move |path| Some((unit, path.split_first()?))))
        .filter_map(|(unit, (property, rest))| Some(at(&value(unit, property)?, rest)))
        .flatten()
        .collect()
}

/// The policies that are attached to each role, by either template.
struct Grants(BTreeMap<String, BTreeSet<String>>);

impl Grants {
    fn of(sides: [&Side<'_>; 2]) -> Self {
        let is_declared = |name: &String| sides.iter().any(|side| side.system.declaration(name).is_some());
        let meant = |value: &Value| -> BTreeSet<String> {
            let mut names: BTreeSet<String> = named(value).into_iter().filter(is_declared).collect();
            for item in at(value, &["*"]) {
                names.extend(
                    sides.iter().flat_map(|side| called(&item, side, &|kind| kind.starts_with("AWS::IAM::"))),
                );
            }
            names
        };
        let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for side in sides {
            for (name, unit) in side.system.declarations() {
                let is_made = has_made_role(side, unit);
                if !is_made && !unit.kind().starts_with("AWS::IAM::") {
                    continue;
                }
                let mentions = |property: &str| {
                    unit.property(property)
                        .map_or_else(BTreeSet::new, |expr| meant(&side.form().value(expr, Cond::ALWAYS)))
                };
                let globals = globals(side, unit.kind());
                for property in GRANTING.into_iter().filter(|property| is_made || *property != "Policies") {
                    let of_globals = globals.iter().filter_map(|all| all.get(property)).flat_map(meant);
                    let granted: BTreeSet<String> =
                        mentions(property).into_iter().chain(of_globals).collect();
                    all.entry(name.to_owned()).or_default().extend(granted);
                }
                for role in ["Roles", "RoleName"].into_iter().flat_map(mentions) {
                    all.entry(role).or_default().insert(name.to_owned());
                }
            }
        }
        Self(all)
    }

    /// Those of a list that a role has: its own, and that of the policies that are attached to it.
    fn permissions<'l>(&self, role: &str, list: &'l [Permission]) -> impl Iterator<Item = &'l Permission> {
        let attached = self.0.get(role);
        list.iter().filter(move |permission| {
            permission.owner == role || attached.is_some_and(|policies| policies.contains(&permission.owner))
        })
    }
}

/// Properties of a role by which it has what a policy permits, or as much of it as a boundary leaves; `Policies` are those
/// of a serverless resource for which the transform makes a role.
///
/// Source: AWS SAM Developer Guide, `AWS::Serverless::Function`, `Policies`.
const GRANTING: [&str; 3] = ["ManagedPolicyArns", "PermissionsBoundary", "Policies"];

/// Whether the transform makes the role of a serverless resource.
fn has_made_role(side: &Side<'_>, unit: &Unit) -> bool {
    unit.kind().starts_with("AWS::Serverless::")
        && unit.property("Role").is_none()
        && globals(side, unit.kind()).is_none_or(|all| all.get("Role").is_none())
}

/// Whether what is checked and what comes later are about the same resource. What names none may be about any.
fn share_a_resource(about: &[Value], target: &Value, whole: &Side<'_>) -> bool {
    let resources = |value: &Value| -> BTreeSet<String> {
        named(value).into_iter().filter(|name| whole.system.resources.contains_key(name)).collect()
    };
    let targets = resources(target);
    about.iter().any(|value| {
        let mut names = resources(value);
        names.extend(called(value, whole, &|_| true));
        // A text that is written out and is no name of the template's is something else.
        if names.is_empty() && value.as_text().is_some() {
            return targets.is_empty();
        }
        names.is_empty() || targets.is_empty() || !names.is_disjoint(&targets)
    })
}
