//! One of the templates in one world: what its names stand for there.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use crate::condition::{Cond, Conditions};
use crate::expression::Expr;
use crate::facts::{iam_type, is_list_attribute};
use crate::plan::name_index;
use crate::template::Template;
use crate::value::{Form, Names, Value};

use super::system::{System, Unit};

/// What the three templates have in common.
pub(super) struct Common<'p> {
    pub(super) monolith: &'p Template<'p, 'p>,
    pub(super) conditions: Conditions<Value>,
    /// The index of the name in the ARN of the monolith's IAM resources.
    indices: BTreeMap<&'p str, usize>,
}

impl<'p> Common<'p> {
    pub(super) fn new(monolith: &System<'p>) -> Self {
        let conditions = Conditions::default();
        let template = monolith.template;
        for (name, parameter) in &monolith.parameters {
            if let Some(Expr::List(values)) = parameter.entry("AllowedValues")
                && !is_list_parameter(parameter)
                && !is_from_store(parameter)
            {
                let texts = values.iter().map(|value| match value {
                    Expr::Text(text) => Some(text.clone()),
                    Expr::Plain(text) => crate::value::plain(text).as_text(),
                    _ => None,
                });
                if let Some(texts) = texts.collect::<Option<Vec<String>>>()
                    && !texts.is_empty()
                {
                    conditions.declare(Value::Ref(name.clone()), texts);
                }
            }
        }
        let indices = template
            .resources
            .values()
            .filter_map(|resource| {
                let index = iam_type(resource.kind).and_then(|row| name_index(row, resource))?;
                Some((resource.name, index))
            })
            .collect();
        Self { monolith: template, conditions, indices }
    }
}

/// Whether what a parameter is given names an entry of the parameter store, whose value is the parameter's.
/// Source: CloudFormation User Guide, "CloudFormation-supplied parameter types", `AWS::SSM::Parameter::Value`.
fn is_from_store(parameter: &Unit) -> bool {
    parameter.text("Type").is_some_and(|kind| kind.starts_with("AWS::SSM::Parameter::Value<"))
}

/// Whether a parameter takes a list, so that no text holds its value.
///
/// Source: CloudFormation User Guide, "CloudFormation-supplied parameter types".
fn is_list_parameter(parameter: &Unit) -> bool {
    parameter.text("Type").is_some_and(|kind| {
        kind == "CommaDelimitedList" || kind.contains("List<") || kind.contains("<CommaDelimitedList>")
    })
}

/// One template in one world.
pub(super) struct Side<'p> {
    pub(super) common: &'p Common<'p>,
    pub(super) system: &'p System<'p>,
    /// Parameters and pseudo parameters that stand for something else.
    stands: BTreeMap<String, Value>,
    /// What the other stack gives out: the function that reads it, its argument, and what it gives.
    exports: Vec<(&'static str, Value, Value)>,
    pub(super) conditions: BTreeMap<String, Cond>,
    /// Whether a resource exists, for those that are conditional.
    exists: BTreeMap<String, Cond>,
    /// Conditions that name each other in a circle.
    pub(super) circular: Vec<String>,
    /// What the explicit names that were asked for come to, by the resource.
    pub(super) explicit: RefCell<HashMap<String, Rc<[String]>>>,
}

impl<'p> Side<'p> {
    pub(super) fn new(
        common: &'p Common<'p>,
        system: &'p System<'p>,
        stands: BTreeMap<String, Value>,
        exports: Vec<(&'static str, Value, Value)>,
    ) -> Self {
        let mut side = Self {
            common,
            system,
            stands,
            exports,
            conditions: BTreeMap::new(),
            exists: BTreeMap::new(),
            circular: Vec::new(),
            explicit: RefCell::new(HashMap::new()),
        };
        side.read_conditions();
        let exists: Vec<(String, Cond)> = system
            .resources
            .iter()
            .filter_map(|(name, unit)| Some((name.clone(), side.condition_of(unit.condition()?))))
            .collect();
        side.exists = exists.into_iter().collect();
        side
    }

    /// Conditions name each other in any order and to any depth; what they name is read before them.
    fn read_conditions(&mut self) {
        let system = self.system;
        let mut open: Vec<(&str, bool)> =
            system.conditions.keys().rev().map(|name| (name.as_str(), false)).collect();
        let mut entered: BTreeSet<&str> = BTreeSet::new();
        while let Some((name, is_ready)) = open.pop() {
            if self.conditions.contains_key(name) {
                continue;
            }
            let Some((name, unit)) = system.conditions.get_key_value(name) else { continue };
            if !is_ready && entered.insert(name) {
                open.push((name, true));
                let mut named = Vec::new();
                names_of_conditions(&unit.expr, &mut |other| named.push(other));
                for other in named {
                    match system.conditions.get_key_value(other) {
                        Some((other, _)) if !self.conditions.contains_key(other.as_str()) => {
                            if entered.contains(other.as_str())
                                && open.iter().any(|(name, ready)| *ready && name == other)
                            {
                                self.circular.push(other.clone());
                            }
                            open.push((other, false));
                        }
                        _ => {}
                    }
                }
                continue;
            }
            let cond = if unit.is_loop {
                let what = self.form().value(&unit.expr, Cond::ALWAYS);
                self.common.conditions.asked(Value::Call("loop".to_owned(), Box::new(what)))
            } else {
                self.form().condition(&unit.expr)
            };
            self.conditions.insert(name.clone(), cond);
        }
    }

    pub(super) fn form(&self) -> Form<'_> {
        Form { conditions: &self.common.conditions, names: self }
    }

    /// What a `Condition` attribute says.
    pub(super) fn condition_of(&self, expr: &Expr) -> Cond {
        self.form().condition(&Expr::Unary("Condition".to_owned(), Box::new(expr.clone())))
    }

    /// When a resource or an output exists.
    pub(super) fn exists(&self, unit: &Unit) -> Cond {
        unit.condition().map_or(Cond::ALWAYS, |condition| self.condition_of(condition))
    }

    /// A resource as one value: all of it but its waits, which are a graph, and its condition, which is its care.
    pub(super) fn resource(&self, unit: &Unit, care: Cond) -> Value {
        let Expr::Map(entries) = &unit.expr else { return self.form().value(&unit.expr, care) };
        let mut entries: Vec<(String, Value)> = entries
            .iter()
            .filter(|(key, _)| unit.is_loop || !matches!(key.as_str(), "Condition" | "DependsOn"))
            .map(|(key, value)| (key.clone(), self.form().value(value, care)))
            .filter(|(_, value)| *value != Value::Absent)
            .collect();
        entries.sort();
        Value::Map(entries)
    }
}

/// The conditions that a condition names.
fn names_of_conditions<'e>(expr: &'e Expr, found: &mut impl FnMut(&'e str)) {
    match expr {
        Expr::Unary(call, inner) if call == "Condition" => {
            if let Expr::Text(name) = inner.as_ref() {
                found(name);
            }
        }
        Expr::Unary(_, inner) | Expr::Named(_, inner) => names_of_conditions(inner, found),
        Expr::Call(call, arguments) => {
            if let ("If", Some(Expr::Text(name))) = (call.as_str(), arguments.first()) {
                found(name);
            }
            arguments.iter().for_each(|argument| names_of_conditions(argument, found));
        }
        Expr::Concat(parts) | Expr::List(parts) => {
            parts.iter().for_each(|part| names_of_conditions(part, found));
        }
        Expr::Map(entries) => entries.iter().for_each(|(_, value)| names_of_conditions(value, found)),
        Expr::Text(_) | Expr::Plain(_) | Expr::Source(_) | Expr::Ref(_) | Expr::GetAtt(..) => {}
    }
}

impl Names for Side<'_> {
    fn reference(&self, name: &str, attribute: Option<&str>, care: Cond) -> Option<Value> {
        if attribute.is_none()
            && let Some(stand) = self.stands.get(name)
        {
            let alternatives = self.form().alternatives(stand, care);
            return Some(self.form().choice(alternatives));
        }
        // Where `Ref` is the ARN, the attribute that is the ARN says the same.
        let row = self.common.monolith.resources.get(name).and_then(|resource| iam_type(resource.kind));
        let attribute =
            attribute.filter(|attribute| !row.is_some_and(|row| row.ref_is_arn && row.is_arn(attribute)));
        let itself = || match attribute {
            Some(attribute) => Value::GetAtt(name.to_owned(), attribute.to_owned()),
            None => Value::Ref(name.to_owned()),
        };
        let Some(exists) = self.exists.get(name) else { return Some(itself()) };
        let all = &self.common.conditions;
        Some(self.form().choice(vec![
            (all.and(care, *exists), itself()),
            (all.and(care, all.not(*exists)), Value::Impossible),
        ]))
    }

    fn condition(&self, name: &str) -> Option<Cond> {
        self.conditions.get(name).copied().or_else(|| Cond::from_name(name))
    }

    fn in_mapping(&self, mapping: &str, first: &str, second: &str) -> Option<Expr> {
        let entry = |expr: &Expr, wanted: &str| match expr {
            Expr::Map(entries) => {
                entries.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.clone())
            }
            _ => None,
        };
        entry(&entry(&self.system.mappings.get(mapping)?.expr, first)?, second)
    }

    fn is_list(&self, name: &str, attribute: Option<&str>) -> bool {
        match attribute {
            None => {
                self.system.parameters.get(name).is_some_and(is_list_parameter)
                    || name == "AWS::NotificationARNs"
            }
            Some(attribute) => {
                let kind = self.common.monolith.resources.get(name).map_or("", |resource| resource.kind);
                is_list_attribute(kind, attribute)
            }
        }
    }

    fn is_never_empty(&self, name: &str, attribute: Option<&str>) -> bool {
        // Pseudo parameters have values, but for that which stands for none and the list of topics.
        if let Some(pseudo) = name.strip_prefix("AWS::") {
            return !matches!(pseudo, "NoValue" | "NotificationARNs");
        }
        let Some(resource) = self.common.monolith.resources.get(name) else { return false };
        // Outputs of nested stacks and what custom resources answer may be empty.
        attribute.is_none()
            || resource.kind.starts_with("AWS::") && !resource.kind.starts_with("AWS::CloudFormation::")
    }

    fn name_index(&self, name: &str) -> Option<usize> {
        self.common.indices.get(name).copied()
    }

    fn outside(&self, function: &str, argument: &Value, care: Cond) -> Option<Value> {
        let (.., value) =
            self.exports.iter().find(|(reads, name, _)| *reads == function && name == argument)?;
        let alternatives = self.form().alternatives(value, care);
        Some(self.form().choice(alternatives))
    }
}
